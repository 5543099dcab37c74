/*
 * What the launcher reads, fed with anything: recorded decisions, and its configuration.
 *
 * With libFuzzer (`clang -fsanitize=fuzzer,address,undefined`) that one brings the inputs. With any
 * other compiler and -DALONE there is a `main` that changes valid inputs at random:
 *
 *     fuzz_launcher RUNS SEED
 *
 * Nothing is asked of the file system: these calls are replaced by functions whose answers are made
 * of the path, so that stamps can be right.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* -- the file system ------------------------------------------------------------------------- */

static int fuzz_stat(const char *path, struct stat *status)
{
    if (path[0] != '/') {
        errno = ENOENT;
        return -1;
    }
    memset(status, 0, sizeof *status);
    status->st_dev = 1;
    status->st_ino = 4;
    status->st_mode = S_IFREG | 0644;
    status->st_mtim.tv_sec = path[1] == 'm' ? INT64_MAX : 1;
    status->st_ctim.tv_nsec = 5;
    return 0;
}

static int fuzz_access(const char *path, int mode)
{
    (void)mode;
    return path[0] == '/' ? 0 : -1;
}

/* Every file holds the same. */
static int fuzz_open(const char *path, int flags)
{
    static FILE *content;
    (void)flags;
    if (content == NULL) {
        content = tmpfile();
        if (content == NULL || fputs("abc", content) < 0 || fflush(content) != 0)
            abort();
    }
    lseek(fileno(content), 0, SEEK_SET);
    return path[0] == '/' ? dup(fileno(content)) : -1;
}

static ssize_t fuzz_readlink(const char *path, char *into, size_t size)
{
    size_t length = strlen(path) < size ? strlen(path) : size;
    memcpy(into, path, length);
    return path[0] == '/' ? (ssize_t)length : -1;
}

static ssize_t fuzz_attribute(const char *path, const char *name, void *into, size_t size)
{
    size_t length = strlen(name) < size ? strlen(name) : size;
    errno = path[0] == '/' ? ENODATA : ERANGE;
    if (path[0] != '/' || name[0] != 'u')
        return -1;
    memcpy(into, name, length);
    return (ssize_t)length;
}

#define stat(path, status) fuzz_stat(path, status)
#define lstat(path, status) fuzz_stat(path, status)
#define access fuzz_access
#define open(path, flags) fuzz_open(path, flags)
#define readlink fuzz_readlink
#define lgetxattr fuzz_attribute

#define FUZZING
#define main launcher_main
#include "../../shims/launcher/launcher.c"
#undef main

/* -- memory: one piece each, freed after each run -------------------------------------------- */

enum { MOST_PIECES = 65536 };

static void *pieces[MOST_PIECES];
static size_t piece_count;

static void *reallocate(void *old, size_t size)
{
    size_t at = 0;
    while (at < piece_count && (old == NULL || pieces[at] != old))
        at++;
    void *memory = at < MOST_PIECES ? realloc(old, size > 0 ? size : 1) : NULL;
    if (memory == NULL)
        abort();
    pieces[at] = memory;
    piece_count = at == piece_count ? piece_count + 1 : piece_count;
    return memory;
}

static void free_all(void)
{
    while (piece_count > 0)
        free(pieces[--piece_count]);
}

/* -- the targets ----------------------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *words[] = {"run", "--no-sync", NULL};
static char *variables[] = {"HOME=/h", "LANG=C", "PATH=/p", "UV_PROJECT=x", NULL};

#define FIELD(text) text "\0"
#define HEAD \
    FIELD(RECORD_MAGIC) FIELD("/s/uv") FIELD("run") FIELD("/d") FIELD("2") FIELD("run") FIELD("--no-sync") \
    FIELD("3") FIELD("UV_PROJECT=x") FIELD("HOME=/h") FIELD("PATH=/p")
#define INPUTS \
    FIELD("10") FIELD("a") FIELD("none") FIELD("e") FIELD("/x") FIELD("s1:4:33188:0:0:1000000000:5") \
    FIELD("/abc") FIELD("k1:4:33188:0") FIELD("/abc") FIELD("xuser.x=757365722e78") FIELD("/x") \
    FIELD("w1") FIELD("/x") FIELD("t/x") FIELD("/x") FIELD("A") FIELD("none") FIELD("r3:6382179") \
    FIELD("/x") \
    FIELD("s1:4:33188:0:0:18446744072709551616:5") FIELD("/m")
#define TAIL \
    FIELD("4") FIELD("UV_PROJECT_ENVIRONMENT=/s/envs/foo-0123456789") FIELD("LANG") \
    FIELD("UVLOCAL_SET_UV_PROJECT_ENVIRONMENT=/s/envs/foo-0123456789") FIELD("PATH=/q") \
    FIELD("/real/uv") FIELD("end")
#define SHORT FIELD("1") FIELD("VIRTUAL_ENV=/a") FIELD("/u") FIELD("end")
#define CONFIGURATION_TEXT "uvlocal 1\npython /p\npackage /q\nuv /u\ncache /c\nsite /x y\n"

/* A failed check is a finding. */
static void check(bool right)
{
    if (!right)
        abort();
}

/* Replays a record, whose first part may be given; nothing may change if it does not hold. */
static void feed_record(const char *head, size_t head_size, const uint8_t *data, size_t size)
{
    char *entries[64] = {0};
    memcpy(entries, variables, sizeof variables);
    environ = entries;
    char *bytes = malloc(head_size + size + 1); /* as `read_file` makes it, but no longer */
    check(bytes != NULL);
    memcpy(bytes, head, head_size);
    memcpy(bytes + head_size, data, size);
    struct key key = {"/s/uv", "run", "/d", words, 2};
    bytes = realloc(bytes, head_size + size > 0 ? head_size + size : 1);
    const char *uv = replay(bytes, head_size + size, &key, environ);
    if (uv == NULL) {
        check(environ == entries && memcmp(entries, variables, sizeof variables) == 0);
    } else {
        check(uv[0] == '/');
        for (char **entry = environ; *entry != NULL; entry++)
            check(strchr(*entry, '=') > *entry);
    }
    free(bytes);
}

static void feed_configuration(const uint8_t *data, size_t size)
{
    char *bytes = malloc(size > 0 ? size : 1);
    check(bytes != NULL);
    memcpy(bytes, data, size);
    struct configuration result = {0};
    struct content content = {bytes, size};
    take_lines(&result, &content);
    check(result.trouble != NULL || (result.python[0] == '/' && result.package[0] == '/'));
    free(bytes);
}

static void feed_passage(const uint8_t *data, size_t size)
{
    char entry[256] = "UVLOCAL_LOOP=";
    memcpy(entry + 13, data, size < 200 ? size : 200);
    char *entries[] = {entry, NULL};
    environ = entries;
    last_passage();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char **own = environ;
    uint8_t target = size > 0 ? data[0] : 0;
    if (size == 0)
        return 0;
    data++;
    size--;
    switch (target % 5) {
    case 0:
        feed_record("", 0, data, size);
        break;
    case 1:
        feed_record(HEAD, sizeof HEAD - 1, data, size);
        break;
    case 2:
        feed_record(HEAD INPUTS, sizeof HEAD INPUTS - 1, data, size);
        break;
    case 3:
        feed_configuration(data, size);
        break;
    default:
        feed_passage(data, size);
        break;
    }
    environ = own;
    free_all();
    return 0;
}

#ifdef ALONE

static uint64_t state;

/* xorshift64*, https://doi.org/10.18637/jss.v008.i14 */
static uint64_t next_random(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1du;
}

static size_t below(size_t limit)
{
    return (size_t)(next_random() % limit);
}

enum { ROOM = 4096 };

static size_t change(uint8_t *data, size_t size)
{
    static const char *const parts[] = {"\0", ":", "=", "s", "9", "18446744073709551616", "/", "x!"};
    size_t at = below(size);
    const char *part = parts[below(sizeof parts / sizeof parts[0])];
    size_t length = part[0] == 0 ? 1 : strlen(part);
    switch (below(7)) {
    case 0:
        data[at] ^= (uint8_t)(1u << below(8));
        return size;
    case 1: /* take some away */
        length = below(size - at) + 1;
        memmove(data + at, data + at + length, size - at - length);
        return size - length > 0 ? size - length : 1;
    case 2: /* say it twice */
        length = below(size - at) + 1;
        if (size + length > ROOM)
            return size;
        memmove(data + at + length, data + at, size - at);
        return size + length;
    case 3:
        return at + 1;
    case 5: /* say it at length */
        length = below(600) + 1;
        if (size + length > ROOM)
            return size;
        memmove(data + at + length, data + at, size - at);
        memset(data + at, data[at + length], length);
        return size + length;
    case 4:
        data[at] = (uint8_t)next_random();
        return size;
    default:
        if (size + length > ROOM)
            return size;
        memmove(data + at + length, data + at, size - at);
        memcpy(data + at, part, length);
        return size + length;
    }
}

int main(int count, char **arguments)
{
    static const struct {
        const char *bytes;
        size_t size;
    } seeds[] = {
        {"\0" HEAD INPUTS TAIL, sizeof "\0" HEAD INPUTS TAIL - 1},
        {"\1" INPUTS TAIL, sizeof "\1" INPUTS TAIL - 1},
        {"\2" TAIL, sizeof "\2" TAIL - 1},
        {"\2" SHORT, sizeof "\2" SHORT - 1},
        {"\3" CONFIGURATION_TEXT, sizeof "\3" CONFIGURATION_TEXT - 1},
        {"\4" "12345:1:2", sizeof "\4" "12345:1:2" - 1},
    };
    unsigned long runs = count > 1 ? strtoul(arguments[1], NULL, 10) : 0;
    state = (count > 2 ? strtoul(arguments[2], NULL, 10) : 0) + 0x9e3779b97f4a7c15u;
    for (size_t at = 0; at < 3; at++) { /* what is whole must hold */
        char *entries[64] = {0};
        memcpy(entries, variables, sizeof variables);
        char **own = environ;
        environ = entries;
        struct key key = {"/s/uv", "run", "/d", words, 2};
        check(replay(HEAD INPUTS TAIL, sizeof HEAD INPUTS TAIL - 1, &key, environ) != NULL);
        environ = own;
        free_all();
    }
    for (unsigned long run = 0; run < runs; run++) {
        uint8_t data[ROOM];
        size_t seed = below(sizeof seeds / sizeof seeds[0]);
        size_t size = seeds[seed].size;
        memcpy(data, seeds[seed].bytes, size);
        for (size_t changes = below(6); changes > 0; changes--)
            size = change(data, size);
        LLVMFuzzerTestOneInput(data, size);
    }
    printf("%lu runs\n", runs);
    return 0;
}

#endif
