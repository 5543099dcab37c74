/*
 * uvlocal's launcher: what stands on PATH as `uv`, or `uv.exe`.
 *
 * It knows no rules. A call goes through these steps, told by `launch` at the end of this file:
 *
 *   1. Find out which file this is, and read the configuration beside it.
 *   2. Stop if this process goes round in circles.
 *   3. Recall what Python decided for the same call earlier, if nothing that it rests on changed:
 *      then become the real uv at once.
 *   4. Become Python with uvlocal's package, which decides and then becomes the real uv.
 *   5. Where that cannot be done: give back the environment that the user had, find the real uv,
 *      become it. Nothing that is wrong with uvlocal may stop uv.
 *
 * "Become" is `execve` where there is one, so that exit codes, signals, terminals and file
 * descriptors are uv's own. Windows has none: there we start the program, wait, and pass on its
 * exit code.
 *
 * Text is `native`: bytes on POSIX, UTF-16 on Windows, and whatever the user gave, never decoded.
 * The first part of the file is the same everywhere; then come the system's calls for POSIX and
 * for Windows, the same functions twice. Memory is not freed: the process is about to become
 * another one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
typedef wchar_t native;
#define N(literal) L##literal
#define UV N("uv.exe")
#define SEPARATOR N('\\')
#define PATH_SEPARATOR N(';')
#define LAUNCH_PY N("\\uvlocal\\shim\\launch.py")
#else
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
/* <sys/xattr.h> is not among the compiler's headers; see getxattr(2). */
ssize_t getxattr(const char *path, const char *name, void *value, size_t size, uint32_t position,
                 int options);
enum { XATTR_NOFOLLOW = 1 };
#else
#include <sys/auxv.h>
#include <sys/xattr.h>
#endif
typedef char native;
#define N(literal) literal
#define UV N("uv")
#define SEPARATOR N('/')
#define PATH_SEPARATOR N(':')
#define LAUNCH_PY N("/uvlocal/shim/launch.py")
#endif

/* What a shell answers for a command that it cannot find. */
enum { NOT_FOUND = 127 };

/* How often one process may pass here, and how deep calls may nest (uv's own limit is 100 too). */
enum { PASSES_ALLOWED = 5, DEPTH_ALLOWED = 100 };

/* The most that is read of the configuration, and of a file that may be a shim of ours. */
enum { CONFIGURATION_LIMIT = 64 * 1024, SHIM_LIMIT = 256 * 1024 };

/* Every shim of ours carries this, so that a copy is known for what it is, wherever it lies. */
static const char MARKER[] = "uvlocal-launcher-marker:1";

/* What Python runs: `main` of `launch.py` or, where that is cut off or broken, of `damaged.py`.
 * By path, as a search for them takes Python longer than running them. `sys.argv` is then -c,
 * PACKAGE, LAUNCHER, FLAGS, ARGV0, ARGUMENTS... */
#define STUB \
    N("import sys;from _frozen_importlib_external import SourceFileLoader as L\n") \
    N("for n in 'launch','damaged':\n") \
    N(" m=type(sys)('uvlocal.shim.'+n)\n") \
    N(" try:L(m.__name__,sys.argv[1]+'/uvlocal/shim/'+n+'.py').exec_module(m);m.main;break\n") \
    N(" except Exception:pass\n") \
    N("m.main()")

/* The variables that uvlocal sets for uv. Beside a variable X, UVLOCAL_SET_X tells what we set it
 * to, and UVLOCAL_HAD_X what the user had, if anything. */
static const native *const OURS[] = {
    N("UV_PROJECT_ENVIRONMENT"), N("VIRTUAL_ENV"),  N("UV_NO_INSTALLER_METADATA"),
    N("UV_PREVIEW_FEATURES"),    N("UV_LINK_MODE"), NULL,
};

/* Text that grows. All zero is empty text; `start` is NUL-terminated once something was added. */
struct text {
    native *start;
    size_t length;
    size_t room;
};

/* A file's content. */
struct content {
    char *bytes;
    size_t size;
};

/* What the file beside the launcher says; NULL where it says nothing. */
struct configuration {
    const native *python;  /* the interpreter */
    const native *package; /* the folder that holds the package `uvlocal` */
    const native *uv;      /* the real uv, as found when the launcher was installed */
    const native *cache;   /* the folder in which decisions are recorded */
    const native *trouble; /* why all this cannot be used, NULL if it can */
};

/* -- the system's calls, defined twice below ------------------------------------------------- */

/* Returns memory, the old content kept; ends the process where there is none. */
static void *reallocate(void *old, size_t size);
/* Writes to standard error. A closed one is no reason to fail, or to die. */
static void write_error(const native *text, size_t length);
static _Noreturn void leave(int code);

/* Returns this file's own absolute path, or NULL. */
static const native *own_path(void);
static uint64_t process_number(void);
static bool is_absolute(const native *path);
/* Says whether a file is there that can be started. */
static bool is_program(const native *path);
/* Says whether a file is there that can be read. */
static bool is_readable(const native *path);
static bool exists(const native *path);
static bool is_same_file(const native *one, const native *other);
/* Reads a regular file of at most `limit` bytes. Returns NULL, or what is wrong with it.
 * `trusted` asks that nobody but this user and root can have written it. */
static const native *read_file(const native *path, size_t limit, bool trusted,
                               struct content *into);
/* Returns UTF-8 text of the configuration as native text, or NULL. */
static const native *to_native(const char *bytes, size_t size);

/* The environment that the next program will get. */
static const native *get_variable(const native *name);
static void set_variable(const native *name, const native *value);
static void unset_variable(const native *name);

/* What a call is, as text of recorded decisions, which is bytes: on Windows UTF-8. */

/* Returns text of a record as native text, or NULL. */
static const native *from_record(const char *text);
/* Returns native text as that of a record, or NULL where it cannot be told in UTF-8. */
static const char *to_record(const native *text);
/* Returns the words after the program's name, or NULL where it is not certain what they are. */
static char **own_words(void);
/* Returns the environment, each entry NAME=value; on Windows with names in capitals. */
static char **own_variables(void);
static const char *current_directory(void);
/* Says whether nobody but this user can have put something into a folder. */
static bool is_private_folder(const native *path);
/* Says whether what a decision rests on is still as its stamp says. */
static bool is_unchanged(const char *stamp, const native *path);
/* Says whether a folder, with the names in it, is still as these numbers say. */
static bool is_same_folder(const char *numbers, const native *path);

/* Become a program. These return only where it could not be started. */
static void become_uv(const native *path);
static void become_python(const struct configuration *configuration, const native *launcher);

/* -- text ------------------------------------------------------------------------------------ */

static size_t length_of(const native *text)
{
    size_t length = 0;
    while (text[length] != 0)
        length++;
    return length;
}

static bool is_equal(const native *one, const native *other)
{
    size_t at = 0;
    while (one[at] != 0 && one[at] == other[at])
        at++;
    return one[at] == other[at];
}

static bool has_bytes(const char *bytes, size_t size, const char *wanted, size_t wanted_size)
{
    for (size_t start = 0; start + wanted_size <= size; start++) {
        size_t at = 0;
        while (at < wanted_size && bytes[start + at] == wanted[at])
            at++;
        if (at == wanted_size)
            return true;
    }
    return false;
}

static void append_some(struct text *text, const native *part, size_t count)
{
    if (text->room - text->length <= count) {
        size_t most = SIZE_MAX / sizeof(native) / 4;
        size_t needed = count < most && text->length < most ? text->length + count + 1 : most;
        text->start = reallocate(text->start, needed * 2 * sizeof(native));
        text->room = needed * 2;
    }
    for (size_t at = 0; at < count; at++)
        /* NOLINTNEXTLINE(clang-analyzer-security.ArrayBound): it does not count through literals */
        text->start[text->length + at] = part[at];
    text->length += count;
    text->start[text->length] = 0;
}

static void append(struct text *text, const native *part)
{
    append_some(text, part, length_of(part));
}

/* As many digits as 2^64 has. */
enum { DIGITS = 20 };

/* Writes a number to the end of `digits`; returns where it begins. */
static size_t write_digits(native digits[DIGITS], uint64_t number)
{
    size_t first = DIGITS;
    do {
        digits[--first] = (native)(N('0') + number % 10);
        number /= 10;
    } while (number != 0);
    return first;
}

static void append_number(struct text *text, uint64_t number)
{
    native digits[DIGITS];
    size_t first = write_digits(digits, number);
    append_some(text, digits + first, DIGITS - first);
}

static const native *join(const native *const *parts)
{
    struct text whole = {0};
    for (append(&whole, N("")); *parts != NULL; parts++)
        append(&whole, *parts);
    return whole.start;
}

#define JOIN(...) join((const native *const[]){__VA_ARGS__, NULL})

/* -- talk ------------------------------------------------------------------------------------ */

/* In one piece, so that the lines of parallel calls do not mix. */
static void say(const native *text)
{
    write_error(text, length_of(text));
}

static _Noreturn void fail(const native *message)
{
    say(message);
    leave(NOT_FOUND);
}

static bool is_set(const native *name)
{
    const native *value = get_variable(name);
    return value != NULL && value[0] != 0;
}

static void warn(const native *trouble, const native *launcher)
{
    if (is_set(N("UVLOCAL_QUIET")))
        return;
    say(JOIN(N("warning: "), trouble, N("; running the real uv unchanged\n"),
             N("hint: run `uvlocal install` to mend this, or delete `"), launcher,
             N("` to be rid of it\n")));
}

/* -- the configuration ----------------------------------------------------------------------- */

static size_t end_of(char wanted, const char *bytes, size_t start, size_t size)
{
    while (start < size && bytes[start] != wanted)
        start++;
    return start;
}

static bool is_key(const char *bytes, size_t size, const char *key)
{
    size_t at = 0;
    while (at < size && key[at] != 0 && bytes[at] == key[at])
        at++;
    return at == size && key[at] == 0;
}

/* Takes one line, `key value`; what is unknown or no absolute path is passed over. */
static void take_line(struct configuration *into, const char *line, size_t size)
{
    size_t key = end_of(' ', line, 0, size);
    if (key == size)
        return;
    const native *value = to_native(line + key + 1, size - key - 1);
    if (value == NULL || !is_absolute(value))
        return;
    if (is_key(line, key, "python"))
        into->python = value;
    else if (is_key(line, key, "package"))
        into->package = value;
    else if (is_key(line, key, "uv"))
        into->uv = value;
    else if (is_key(line, key, "cache"))
        into->cache = value;
}

/* A line counts only with its newline: half a path, left by a full disk, is none. */
static void take_lines(struct configuration *into, const struct content *content)
{
    const char *bytes = content->bytes;
    size_t size = content->size;
    size_t end = end_of('\n', bytes, 0, size);
    bool ours = end < size && is_key(bytes, end, "uvlocal 1");
    if (!ours || end_of(0, bytes, 0, size) < size) {
        into->trouble = N("is damaged");
        return;
    }
    for (size_t start = end + 1; start < size; start = end + 1) {
        end = end_of('\n', bytes, start, size);
        if (end < size)
            take_line(into, bytes + start, end - start);
    }
    if (into->python == NULL || into->package == NULL)
        into->trouble = N("is damaged");
}

static struct configuration read_configuration(const native *launcher)
{
    struct configuration result = {0};
    struct text path = {0};
    size_t folder = length_of(launcher);
    while (folder > 0 && launcher[folder - 1] != SEPARATOR)
        folder--;
    append_some(&path, launcher, folder);
    append(&path, N("uvlocal-launcher.conf"));

    struct content content = {0};
    result.trouble = read_file(path.start, CONFIGURATION_LIMIT, true, &content);
    if (result.trouble == NULL)
        take_lines(&result, &content);
    if (result.trouble != NULL)
        result.trouble = JOIN(N("`"), path.start, N("` "), result.trouble);
    return result;
}

/* -- the real uv ----------------------------------------------------------------------------- */

/* A search for the real uv. */
struct search {
    const native *launcher;
    bool become;            /* become what was found; otherwise only name it */
    const native *found;    /* what was found, if it was only to be named */
    const native *rejected; /* what was wrong with the last place, NULL if nothing is there */
    struct text tried;      /* every place looked at, as lines for people */
};

static bool is_ours(const native *path, const native *launcher)
{
    if (is_same_file(path, launcher))
        return true;
    struct content content = {0};
    return read_file(path, SHIM_LIMIT, false, &content) == NULL
        && has_bytes(content.bytes, content.size, MARKER, sizeof MARKER - 1);
}

/* Looks at one place. Returns true if the real uv is there, and was only to be named. */
static bool try_place(struct search *search, const native *path)
{
    search->rejected = NULL;
    if (!is_program(path))
        search->rejected = exists(path) ? N("is not an executable file") : NULL;
    else if (is_ours(path, search->launcher))
        search->rejected = N("is uvlocal's own shim");
    else if (!search->become) {
        search->found = path;
        return true;
    } else {
        become_uv(path);
        search->rejected = N("cannot be started");
    }
    append(&search->tried, N("\n  "));
    append(&search->tried, path);
    if (search->rejected != NULL) {
        append(&search->tried, N(" ("));
        append(&search->tried, search->rejected);
        append(&search->tried, N(")"));
    }
    return false;
}

/* Takes the next folder off a PATH. Windows allows quotes, in which a separator is none. */
static const native *next_folder(const native *rest, struct text *folder)
{
    bool quoted = false;
    folder->length = 0;
    append(folder, N(""));
    for (; *rest != 0 && (quoted || *rest != PATH_SEPARATOR); rest++) {
        if (PATH_SEPARATOR == N(';') && *rest == N('"'))
            quoted = !quoted;
        else
            append_some(folder, rest, 1);
    }
    return *rest == 0 ? NULL : rest + 1;
}

/* Looks through PATH. A relative folder means the current one, which may be anybody's: no uv is
 * taken from there. */
static bool try_path(struct search *search)
{
    const native separator[] = {SEPARATOR, 0};
    const native *rest = get_variable(N("PATH"));
    struct text folder = {0};
    while (rest != NULL) {
        rest = next_folder(rest, &folder);
        if (!is_absolute(folder.start))
            continue;
        if (folder.start[folder.length - 1] != SEPARATOR)
            append(&folder, separator);
        append(&folder, UV);
        if (try_place(search, folder.start))
            return true;
    }
    return false;
}

static _Noreturn void fail_without_wish(const native *wish, const native *rejected)
{
    const native *why = rejected == NULL ? N("does not exist") : rejected;
    fail(JOIN(N("error: `UVLOCAL_UV` names `"), wish, N("`, which "), why,
              N("\n\nhint: set `UVLOCAL_UV` to the path of the real uv, or unset it\n")));
}

/* Looks where the real uv may be: what the user says, PATH without ourselves, what was recorded.
 * An explicit wish is not silently replaced. */
static void search_uv(struct search *search, const native *recorded)
{
    const native *wish = get_variable(N("UVLOCAL_UV"));
    if (wish != NULL && wish[0] != 0) {
        if (!try_place(search, wish) && search->become)
            fail_without_wish(wish, search->rejected);
    } else if (!try_path(search) && recorded != NULL) {
        try_place(search, recorded);
    }
}

/* What an outer call of uvlocal set is taken back, so that uv gets the user's own environment.
 * A value that differs from what we set is the user's, and stays. */
static void restore_environment(void)
{
    for (const native *const *name = OURS; *name != NULL; name++) {
        const native *set_name = JOIN(N("UVLOCAL_SET_"), *name);
        const native *had_name = JOIN(N("UVLOCAL_HAD_"), *name);
        const native *now = get_variable(*name);
        const native *set = get_variable(set_name);
        const native *had = get_variable(had_name);
        if (now != NULL && set != NULL && is_equal(now, set)) {
            if (had != NULL)
                set_variable(*name, had);
            else
                unset_variable(*name);
        }
        unset_variable(set_name);
        unset_variable(had_name);
    }
}

/* The one hard error. */
static _Noreturn void fail_without_uv(const struct search *search)
{
    fail(JOIN(N("error: no uv found, these places were tried:"),
              search->tried.length > 0 ? search->tried.start : N("\n  `PATH` has no usable folder"),
              N("\n\nhint: install uv (https://docs.astral.sh/uv/getting-started/installation/), "),
              N("or set `UVLOCAL_UV` to the path of the real one\n")));
}

static _Noreturn void run_real_uv(const native *launcher, const native *recorded)
{
    struct search search = {.launcher = launcher, .become = true};
    restore_environment();
    search_uv(&search, recorded);
    fail_without_uv(&search);
}

/* -- the guard against loops ----------------------------------------------------------------- */

/* UVLOCAL_LOOP is PID:PASSES:DEPTH. `execve` keeps the process number, so a loop of two programs
 * that become each other shows in PASSES; one that starts new processes shows in DEPTH. */
struct passage {
    uint64_t process;
    uint64_t passes;
    uint64_t depth;
};

/* Reads digits up to `end`; returns what follows it, or NULL if the text is another. */
static const char *read_number(const char *text, char end, uint64_t *number)
{
    size_t at = 0;
    *number = 0;
    for (; at < 10 && text[at] >= '0' && text[at] <= '9'; at++)
        *number = *number * 10 + (uint64_t)(text[at] - '0');
    return at > 0 && text[at] == end ? text + at + 1 : NULL;
}

static struct passage last_passage(void)
{
    struct passage last = {0};
    const native *value = get_variable(N("UVLOCAL_LOOP"));
    const char *rest = value != NULL ? to_record(value) : NULL;
    if (rest != NULL)
        rest = read_number(rest, ':', &last.process);
    if (rest != NULL)
        rest = read_number(rest, ':', &last.passes);
    if (rest != NULL)
        rest = read_number(rest, 0, &last.depth);
    return rest != NULL ? last : (struct passage){0};
}

static _Noreturn void fail_in_circles(const native *launcher, const native *recorded, bool deep)
{
    struct search search = {.launcher = launcher};
    search_uv(&search, recorded);
    if (search.found == NULL)
        fail_without_uv(&search);
    fail(JOIN(N("error: uv goes round in circles: `"), launcher, N("` starts `"), search.found,
              deep ? N("`, and calls are nested more than 100 deep\n")
                   : N("`, which starts the former again\n"),
              N("\nhint: look at what `"), search.found,
              N("` starts, or set `UVLOCAL_UV` to the path of the real uv\n")));
}

static void guard_against_loops(const native *launcher, const native *recorded)
{
    struct passage now = {.process = process_number(), .passes = 1, .depth = 1};
    struct passage last = last_passage();
    if (last.process == now.process && last.passes > 0) {
        now.passes = last.passes + 1;
        now.depth = last.depth;
    } else {
        now.depth = last.depth + 1;
    }
    if (now.passes > PASSES_ALLOWED || now.depth > DEPTH_ALLOWED)
        fail_in_circles(launcher, recorded, now.depth > DEPTH_ALLOWED);

    struct text value = {0};
    append_number(&value, now.process);
    append(&value, N(":"));
    append_number(&value, now.passes);
    append(&value, N(":"));
    append_number(&value, now.depth);
    set_variable(N("UVLOCAL_LOOP"), value.start);
}

/* -- recall ---------------------------------------------------------------------------------- */

/* The format, and what each stamp means, is told in `recall.py` and `recorder.py`. Whatever is not
 * exactly as it was recorded is a miss, and Python decides. */

enum {
    DECISION_LIMIT = 256 * 1024,
    LINE_LIMIT = 1024,
    COUNT_LIMIT = 4096,
    SUMMED_LIMIT = 1024 * 1024,
    ATTRIBUTE_LIMIT = 4096,
};

#define MAGIC "uvlocal-decision 2"

/* What is left of bytes, read as one number with the first byte the highest, divided by the prime
 * 2^61 - 1; `rest` is what was left of the bytes before. 2^61 itself leaves 1. */
static uint64_t rest_of(uint64_t rest, const char *bytes, size_t size)
{
    const uint64_t prime = ((uint64_t)1 << 61) - 1;
    for (size_t at = 0; at < size; at++) {
        rest = (rest >> 53) + ((rest << 8) & prime) + (unsigned char)bytes[at];
        rest = rest >= prime ? rest - prime : rest;
    }
    return rest;
}

/* Returns the value if the entry is of that name, else NULL. */
static char *value_in(char *entry, const char *name)
{
    size_t at = 0;
    while (name[at] != 0 && entry[at] == name[at])
        at++;
    return name[at] == 0 && entry[at] == '=' ? entry + at + 1 : NULL;
}

static size_t size_of(const char *text)
{
    return end_of(0, text, 0, SIZE_MAX);
}

static bool begins_with(const char *text, const char *start)
{
    size_t at = 0;
    while (start[at] != 0 && text[at] == start[at])
        at++;
    return start[at] == 0;
}

/* Says whether a decision can rest on this variable: the same names as in `recall.py`. What the
 * guard against loops counts differs at each call, and nothing rests on it. */
static bool is_relevant(char *entry)
{
    static const char *const NAMES[] = {
        "APPDATA", "CCNET_CONF_DIR", "CONDA_DEFAULT_ENV", "CONDA_PREFIX", "HOME", "LOCALAPPDATA",
        "MUTAGEN_DATA_DIRECTORY", "ONEDRIVE", "ONEDRIVECOMMERCIAL", "ONEDRIVECONSUMER", "PATH",
        "PROGRAMDATA", "STCONFDIR", "STHOMEDIR", "SYSTEMDRIVE", "USERPROFILE", "UV_CACHE_DIR", "UV_CONFIG_FILE",
        "UV_FROZEN", "UV_ISOLATED", "UV_LINK_MODE", "UV_NO_BUILD_ISOLATION", "UV_NO_CACHE",
        "UV_NO_CONFIG", "UV_NO_INSTALLER_METADATA", "UV_NO_PROJECT", "UV_NO_SYNC", "UV_PREVIEW",
        "UV_PREVIEW_FEATURES", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON",
        "UV_SYSTEM_PYTHON", "UV_WORKING_DIR", "UV_WORKING_DIRECTORY", "VIRTUAL_ENV",
        "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", NULL,
    };
    if (begins_with(entry, "UVLOCAL_"))
        return value_in(entry, "UVLOCAL_LOOP") == NULL
            && entry[end_of('=', entry, 0, size_of(entry))] != 0;
    for (const char *const *name = NAMES; *name != NULL; name++) {
        if (value_in(entry, *name) != NULL)
            return true;
    }
    return false;
}

/* What a decision is recorded for. */
struct key {
    const char *launcher;
    const char *how;       /* "exact", "run" or "prefix" */
    const char *directory; /* "" for "prefix" */
    char **words;
    size_t count;
};

/* A record's fields, each ended by a NUL. */
struct fields {
    const char *next;
    const char *end;
};

static const char *next_field(struct fields *fields)
{
    const char *start = fields->next;
    size_t left = (size_t)(fields->end - start);
    size_t length = end_of(0, start, 0, left);
    if (length == left)
        return NULL;
    fields->next = start + length + 1;
    return start;
}

static bool next_is(struct fields *fields, const char *wanted)
{
    const char *field = next_field(fields);
    return field != NULL && is_key(field, size_of(field), wanted);
}

static bool next_count(struct fields *fields, size_t *count)
{
    uint64_t number = 0;
    const char *field = next_field(fields);
    if (field == NULL || read_number(field, 0, &number) == NULL || number > COUNT_LIMIT)
        return false;
    *count = (size_t)number;
    return true;
}

static bool is_for(struct fields *fields, const struct key *key)
{
    size_t count = 0;
    if (!next_is(fields, MAGIC) || !next_is(fields, key->launcher) || !next_is(fields, key->how)
        || !next_is(fields, key->directory) || !next_count(fields, &count) || count != key->count)
        return false;
    for (size_t at = 0; at < count; at++) {
        if (!next_is(fields, key->words[at]))
            return false;
    }
    return true;
}

/* Says whether the variables are those recorded: as many, and each one among them. */
static bool has_same_variables(struct fields *fields, char **variables)
{
    size_t count = 0;
    if (!next_count(fields, &count))
        return false;
    struct fields recorded = *fields;
    for (size_t at = 0; at < count; at++) {
        if (next_field(fields) == NULL)
            return false;
    }
    size_t found = 0;
    for (char **entry = variables; *entry != NULL; entry++) {
        if (!is_relevant(*entry))
            continue;
        struct fields rest = recorded;
        size_t at = 0;
        while (at < count && !next_is(&rest, *entry))
            at++;
        if (at == count)
            return false;
        found++;
    }
    return found == count;
}

/* Compares the start of a text with a number, as Python writes it. Returns what follows the number,
 * or NULL if the text begins with another. */
static const char *after_number(const char *text, uint64_t number)
{
    native digits[DIGITS];
    for (size_t at = write_digits(digits, number); at < DIGITS; at++) {
        if ((native)*text++ != digits[at])
            return NULL;
    }
    return text;
}

static bool are_numbers(const char *text, const uint64_t *numbers, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        text = after_number(text, numbers[at]);
        if (text == NULL || *text++ != (at + 1 < count ? ':' : 0))
            return false;
    }
    return true;
}

/* The stamp of a guard is `gCOUNT:` and what `stat` says of a folder. While the folder is
 * unchanged, so are the next COUNT inputs: files that are not in it. Returns how many these are; 0
 * if they have to be looked at one by one. */
static size_t guarded_by(const char *stamp, const native *path)
{
    uint64_t count = 0;
    const char *numbers = read_number(stamp + 1, ':', &count);
    bool same = numbers != NULL && is_same_folder(numbers, path);
    return same && count <= COUNT_LIMIT ? (size_t)count : 0;
}

/* The stamp is `$` and the value of a variable; one that is not set is as good as empty. */
static bool has_same_value(const char *stamp, const native *name)
{
    const native *value = from_record(stamp + 1);
    const native *now = get_variable(name);
    return value != NULL && is_equal(now != NULL ? now : N(""), value);
}

static bool has_same_inputs(struct fields *fields)
{
    size_t count = 0;
    size_t guarded = 0;
    if (!next_count(fields, &count))
        return false;
    for (size_t at = 0; at < count; at++) {
        const char *stamp = next_field(fields);
        const char *name = next_field(fields);
        if (stamp == NULL || name == NULL)
            return false;
        if (guarded > 0) {
            guarded--;
            continue;
        }
        const native *path = from_record(name);
        if (path == NULL)
            return false;
        if (stamp[0] == 'g')
            guarded = guarded_by(stamp, path);
        else if (stamp[0] == '$' && has_same_value(stamp, path))
            continue;
        else if (!is_unchanged(stamp, path))
            return false;
    }
    return true;
}

/* Says whether a path ends in `envs/NAME-` and ten hexadecimal digits, as our environments do. */
static bool is_environment(const char *path)
{
    const char separator = (char)SEPARATOR;
    const native *whole = from_record(path);
    size_t length = size_of(path);
    size_t digits = 0;
    while (digits < 10 && digits < length
           && end_of(path[length - 1 - digits], "0123456789abcdef", 0, 16) < 16)
        digits++;
    size_t at = length - digits;
    if (digits < 10 || at == 0 || path[at - 1] != '-')
        return false;
    while (at > 0 && path[at - 1] != separator)
        at--;
    return whole != NULL && is_absolute(whole) && at > 5 && path[at - 6] == separator
        && begins_with(path + at - 5, "envs");
}

/* Checks the changes, or makes them. What was set by hand and is given back may be anything; an
 * environment that we set lies in the store. */
static bool change_environment(struct fields *fields, bool make)
{
    size_t count = 0;
    if (!next_count(fields, &count))
        return false;
    for (size_t at = 0; at < count; at++) {
        const char *change = next_field(fields);
        if (change == NULL || change[0] == 0 || change[0] == '=')
            return false;
        size_t length = size_of(change);
        size_t equals = end_of('=', change, 0, length);
        const native *name = to_native(change, equals);
        const char *text = equals < length ? change + equals + 1 : NULL;
        const native *value = text != NULL ? from_record(text) : NULL;
        bool ours = is_key(change, equals, "UVLOCAL_SET_UV_PROJECT_ENVIRONMENT")
            || is_key(change, equals, "UVLOCAL_SET_VIRTUAL_ENV");
        if (name == NULL || (text != NULL && value == NULL))
            return false;
        if (ours && text != NULL && !is_environment(text))
            return false;
        if (make && value != NULL)
            set_variable(name, value);
        else if (make)
            unset_variable(name);
    }
    return true;
}

/* Replays a record, if it is for this key and everything is as it was: changes the environment, and
 * returns the real uv. Returns NULL, and has changed nothing, if not. */
static const native *replay(const char *bytes, size_t size, const struct key *key, char **variables)
{
    struct fields fields = {bytes, bytes + size};
    if (!is_for(&fields, key) || !has_same_variables(&fields, variables)
        || !has_same_inputs(&fields))
        return NULL;
    struct fields changes = fields;
    if (!change_environment(&fields, false))
        return NULL;
    const char *field = next_field(&fields);
    const native *uv = field != NULL ? from_record(field) : NULL;
    if (uv == NULL || !is_absolute(uv) || !next_is(&fields, "end") || fields.next != fields.end)
        return NULL;
    change_environment(&changes, true);
    return uv;
}

/* Says whether a text is these bytes in hexadecimal. */
static bool is_hexadecimal(const char *text, const unsigned char *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t at = 0; at < size; at++) {
        if (*text++ != digits[bytes[at] >> 4] || *text++ != digits[bytes[at] & 15])
            return false;
    }
    return *text == 0;
}

static void append_hexadecimal(struct text *text, unsigned char byte)
{
    static const native digits[] = N("0123456789abcdef");
    append_some(text, &digits[byte >> 4], 1);
    append_some(text, &digits[byte & 15], 1);
}

/* Replays what is recorded for a key, if anything; `sum` is the sum of the variables' numbers. */
static void recall_for(const struct key *key, const native *folder, char **variables, uint64_t sum)
{
    uint64_t number = rest_of(0, key->launcher, size_of(key->launcher) + 1);
    number = rest_of(number, key->how, size_of(key->how) + 1);
    number = rest_of(number, key->directory, size_of(key->directory) + 1);
    for (size_t at = 0; at < key->count; at++)
        number = rest_of(number, key->words[at], size_of(key->words[at]) + 1);
    number += sum;

    struct text path = {0};
    append(&path, folder);
    for (int shift = 56; shift >= 0; shift -= 8)
        append_hexadecimal(&path, (unsigned char)(number >> shift));

    struct content content = {0};
    if (read_file(path.start, DECISION_LIMIT, true, &content) != NULL || content.size == 0)
        return;
    const native *uv = replay(content.bytes, content.size, key, variables);
    if (uv != NULL)
        become_uv(uv);
}

/* Returns how many words stand before the program in `run FLAGS... PROGRAM...`, 0 for another
 * line. A program with a path, or that may be a script, or that is something in the current
 * directory, is another line: uv looks into those. */
static size_t words_before_program(char **words, size_t count)
{
    size_t at = 1;
    if (count == 0 || !is_key(words[0], size_of(words[0]), "run"))
        return 0;
    while (at < count && words[at][0] == '-')
        at++;
    if (at == count || words[at][0] == 0)
        return 0;
    for (const char *letter = words[at]; *letter != 0; letter++) {
        if (*letter == '/' || *letter == '\\' || *letter == '.')
            return 0;
    }
    const native *program = from_record(words[at]);
    return program == NULL || exists(program) ? 0 : at;
}

/* Replays a recorded decision; returns where there is none that holds. */
static void recall(const native *cache, const native *launcher)
{
    const native *folder = JOIN(cache, N("/decisions/"));
    const char *own = to_record(launcher);
    char **words = own_words();
    if (own == NULL || words == NULL || !is_private_folder(cache) || !is_private_folder(folder))
        return;
    size_t count = 0;
    size_t size = 0;
    for (; words[count] != NULL; count++)
        size += size_of(words[count]);
    char **variables = own_variables();
    uint64_t sum = 0;
    for (char **entry = variables; *entry != NULL; entry++)
        sum += is_relevant(*entry) ? rest_of(0, *entry, size_of(*entry)) : 0;

    const char *directory = current_directory();
    size_t before_program = words_before_program(words, count);
    struct key run = {own, "run", directory, words, before_program};
    struct key exact = {own, "exact", directory, words, count};
    if (directory != NULL && before_program > 0)
        recall_for(&run, folder, variables, sum);
    if (directory != NULL && count > 0 && size <= LINE_LIMIT)
        recall_for(&exact, folder, variables, sum);
    for (size_t length = 1; length <= 2 && length <= count; length++)
        recall_for(&(struct key){own, "prefix", "", words, length}, folder, variables, sum);
}

/* -- the story ------------------------------------------------------------------------------- */

/* Becomes Python. Returns, if that cannot be done, the reason. */
static const native *try_python(const struct configuration *configuration, const native *launcher)
{
    const native *python = configuration->python;
    if (!is_program(python))
        return JOIN(N("uvlocal's Python `"), python, N("` is gone"));
    if (!is_readable(JOIN(configuration->package, LAUNCH_PY)))
        return JOIN(N("uvlocal's package in `"), configuration->package, N("` is gone"));
    become_python(configuration, launcher);
    return JOIN(N("uvlocal's Python `"), python, N("` cannot be started"));
}

static _Noreturn void launch(void)
{
    const native *launcher = own_path();
    struct configuration configuration = {.trouble = N("the launcher cannot find itself")};
    if (launcher != NULL)
        configuration = read_configuration(launcher);
    else
        launcher = UV;

    guard_against_loops(launcher, configuration.uv);
    if (configuration.trouble == NULL && configuration.cache != NULL && !is_set(N("UVLOCAL_TRACE")))
        recall(configuration.cache, launcher);
    if (configuration.trouble == NULL)
        configuration.trouble = try_python(&configuration, launcher);
    warn(configuration.trouble, launcher);
    run_real_uv(launcher, configuration.uv);
}

#ifndef _WIN32

/* == POSIX =================================================================================== */

extern char **environ;

static char **arguments;

int main(int count, char **vector)
{
    (void)count; /* may be 0, and `vector` is NULL-terminated all the same */
    arguments = vector;
    launch();
}

#ifndef FUZZING /* the fuzzer brings its own, which sees what is written out of bounds */

/* Memory is taken off a static block, and off mapped ones once that is used up: an allocator that
 * could free would cost more system calls than all the rest. Each piece has its size in front. */
static void *reallocate(void *old, size_t size)
{
    enum { BLOCK = 128 * 1024, MAPPED = 4 * 1024 * 1024, HEAD = 16 };
    static _Alignas(HEAD) char block[BLOCK];
    static char *next;
    static size_t left;
    if (next == NULL) {
        next = block;
        left = BLOCK;
    }
    size_t needed = size < SIZE_MAX / 2 ? (size + HEAD - 1) / HEAD * HEAD + HEAD : SIZE_MAX;
    if (needed > left && needed < SIZE_MAX) {
        size_t room = needed > MAPPED ? needed : MAPPED;
        void *mapped = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
        next = mapped != MAP_FAILED ? mapped : NULL;
        left = mapped != MAP_FAILED ? room : 0;
    }
    if (needed > left) {
        static const char message[] = "error: out of memory\n";
        write_error(message, sizeof message - 1);
        leave(NOT_FOUND);
    }
    char *memory = next + HEAD;
    *(size_t *)(void *)next = size;
    next += needed;
    left -= needed;
    size_t kept = old != NULL ? *(size_t *)(void *)((char *)old - HEAD) : 0;
    for (size_t at = 0; at < kept && at < size; at++)
        memory[at] = ((char *)old)[at];
    return memory;
}

#endif

static _Noreturn void leave(int code)
{
    _exit(code);
}

/* SIGPIPE is ignored meanwhile: a reader that has gone must not stop uv. */
static void write_error(const char *text, size_t length)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    bool changed = sigaction(SIGPIPE, &ignore, &before) == 0;
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            break;
        text += written;
        length -= (size_t)written;
    }
    if (changed)
        sigaction(SIGPIPE, &before, NULL);
}

/* -- files ----------------------------------------------------------------------------------- */

#ifdef __APPLE__
static const char *own_path(void)
{
    uint32_t size = 0;
    _NSGetExecutablePath(NULL, &size);
    char *path = reallocate(NULL, size + 1);
    char *resolved = reallocate(NULL, PATH_MAX);
    return _NSGetExecutablePath(path, &size) == 0 ? realpath(path, resolved) : NULL;
}
#else
/* Without /proc, as in some sandboxes, the kernel still tells the name that was started. */
static const char *own_path(void)
{
    size_t room = 4096; /* the kernel gives no more than a page */
    char *path = reallocate(NULL, room);
    ssize_t length = readlink("/proc/self/exe", path, room);
    if (length > 0 && (size_t)length < room && path[0] == '/') {
        path[length] = 0;
        return path;
    }
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel tells the place as a number */
    const char *started = (const char *)getauxval(AT_EXECFN);
    return started != NULL ? realpath(started, reallocate(NULL, PATH_MAX)) : NULL;
}
#endif

static uint64_t process_number(void)
{
    return (uint64_t)getpid();
}

/* The effective user; Linux tells it at the start of a program, which never changes it. */
static uid_t user(void)
{
#ifdef __APPLE__
    return geteuid();
#else
    return (uid_t)getauxval(AT_EUID);
#endif
}

static bool is_absolute(const char *path)
{
    return path[0] == '/';
}

static bool is_program(const char *path)
{
    struct stat status;
    /* NOLINTNEXTLINE(clang-analyzer-unix.StdCLibraryFunctions): no `trouble`, no NULL */
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

static bool is_readable(const char *path)
{
    return access(path, R_OK) == 0;
}

static bool exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static bool is_same_file(const char *one, const char *other)
{
    struct stat first;
    struct stat second;
    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev
        && first.st_ino == second.st_ino;
}

static const char *check_file(int file, size_t limit, bool trusted, size_t *size)
{
    struct stat status;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || (uintmax_t)status.st_size > limit)
        return "is damaged";
    if (trusted && status.st_uid != user() && status.st_uid != 0)
        return "belongs to somebody else";
    if (trusted && (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return "can be written by others";
    *size = (size_t)status.st_size;
    return NULL;
}

/* Opens a file to look at it, and to close it at once: O_CLOEXEC would cost another system call in
 * the C library. O_NONBLOCK: a FIFO put in the place of a file must not hold uv up. */
static int open_file(const char *path)
{
    return open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

static const char *read_file(const char *path, size_t limit, bool trusted, struct content *into)
{
    int file = open_file(path);
    if (file < 0)
        return errno == ENOENT ? "is missing" : "cannot be read";
    size_t size = 0;
    const char *trouble = check_file(file, limit, trusted, &size);
    if (trouble == NULL) {
        into->bytes = reallocate(into->bytes, size + 1);
        while (into->size < size) {
            ssize_t got = read(file, into->bytes + into->size, size - into->size);
            if (got < 0 && errno == EINTR)
                continue;
            if (got <= 0)
                break;
            into->size += (size_t)got;
        }
    }
    close(file);
    return trouble;
}

static const char *to_native(const char *bytes, size_t size)
{
    struct text text = {0};
    append_some(&text, bytes, size);
    return text.start;
}

/* -- the environment ------------------------------------------------------------------------- */

/* `environ` itself is changed, so that all we do not touch stays byte for byte. */

static const char *get_variable(const char *name)
{
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        char *value = value_in(*entry, name);
        if (value != NULL)
            return value;
    }
    return NULL;
}

static void set_variable(const char *name, const char *value)
{
    char *made = (char *)JOIN(name, "=", value);
    size_t count = 0;
    for (; environ != NULL && environ[count] != NULL; count++) {
        if (value_in(environ[count], name) != NULL) {
            environ[count] = made;
            return;
        }
    }
    char **longer = reallocate(NULL, (count + 2) * sizeof(char *));
    for (size_t at = 0; at < count; at++)
        longer[at] = environ[at];
    longer[count] = made;
    longer[count + 1] = NULL;
    environ = longer;
}

static void unset_variable(const char *name)
{
    char **kept = environ;
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        if (value_in(*entry, name) == NULL)
            *kept++ = *entry;
    }
    if (kept != NULL)
        *kept = NULL;
}

/* -- what decisions rest on ------------------------------------------------------------------ */

static const char *from_record(const char *text)
{
    return text;
}

static const char *to_record(const char *text)
{
    return text;
}

static char **own_words(void)
{
    return arguments[0] != NULL ? arguments + 1 : NULL;
}

static char **own_variables(void)
{
    static char *none[] = {NULL};
    return environ != NULL ? environ : none;
}

static const char *current_directory(void)
{
    static char room[PATH_MAX];
    return getcwd(room, sizeof room);
}

static bool is_private_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == user()
        && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static uint64_t nanoseconds(const struct timespec *moment)
{
    return (uint64_t)moment->tv_sec * 1000000000u + (uint64_t)moment->tv_nsec;
}

static bool has_same_status(const char *numbers, const struct stat *status, size_t count)
{
#ifdef __APPLE__
    const struct timespec *changes[] = {&status->st_mtimespec, &status->st_ctimespec};
#else
    const struct timespec *changes[] = {&status->st_mtim, &status->st_ctim};
#endif
    uint64_t now[] = {
        (uint64_t)status->st_dev,  status->st_ino,          status->st_mode,         status->st_uid,
        (uint64_t)status->st_size, nanoseconds(changes[0]), nanoseconds(changes[1]),
    };
    return are_numbers(numbers, now, count);
}

/* The file is read to its end: those of the kernel have no size. */
static bool has_same_content(const char *stamp, const char *path)
{
    char part[8192];
    uint64_t numbers[] = {0, 0}; /* the size, and the rest */
    ssize_t got = -1;
    struct stat status;
    int file = open_file(path);
    if (file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
        while (numbers[0] <= SUMMED_LIMIT && (got = read(file, part, sizeof part)) > 0) {
            numbers[0] += (uint64_t)got;
            numbers[1] = rest_of(numbers[1], part, (size_t)got);
        }
    }
    if (file >= 0)
        close(file);
    return got == 0 && are_numbers(stamp + 1, numbers, 2);
}

static bool has_same_target(const char *stamp, const char *path)
{
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0)
        return false;
    target[length] = 0;
    return is_equal(target, stamp + 1);
}

/* Says whether macOS itself still has this name for a path (its letter case, say). */
static bool has_same_name(const char *stamp, const char *path)
{
#ifdef __APPLE__
    char name[PATH_MAX];
    int file = open_file(path);
    bool known = file >= 0 && fcntl(file, F_GETPATH, name) == 0;
    if (file >= 0)
        close(file);
    return known && is_equal(name, stamp + 1);
#else
    (void)stamp;
    (void)path;
    return false;
#endif
}

/* The stamp is `xNAME!` for an attribute that is absent, else `xNAME=` and its value in
 * hexadecimal. Absent means that it cannot be had, for whatever reason. */
static bool has_same_attribute(const char *stamp, const char *path)
{
    char name[256];
    unsigned char value[ATTRIBUTE_LIMIT];
    size_t end = 0;
    for (stamp++; stamp[end] != 0 && stamp[end] != '=' && stamp[end] != '!'; end++) {
        if (end == sizeof name - 1)
            return false;
        name[end] = stamp[end];
    }
    name[end] = 0;
    errno = 0;
#ifdef __APPLE__
    ssize_t size = getxattr(path, name, value, sizeof value, 0, XATTR_NOFOLLOW);
#else
    ssize_t size = lgetxattr(path, name, value, sizeof value);
#endif
    if (size < 0)
        return stamp[end] == '!' && errno != ERANGE;
    if (stamp[end] != '=')
        return false;
    return is_hexadecimal(stamp + end + 1, value, (size_t)size);
}

static bool is_unchanged(const char *stamp, const char *path)
{
    struct stat status;
    switch (stamp[0]) {
    case 'a':
        return stat(path, &status) != 0;
    case 'A':
        return lstat(path, &status) != 0;
    case 'e':
        return lstat(path, &status) == 0;
    case 's':
        return stat(path, &status) == 0 && has_same_status(stamp + 1, &status, 7);
    case 'd':
        return stat(path, &status) == 0 && has_same_status(stamp + 1, &status, 4);
    case 'l':
        return lstat(path, &status) == 0 && has_same_status(stamp + 1, &status, 7);
    case 'k':
        return lstat(path, &status) == 0 && has_same_status(stamp + 1, &status, 4);
    case 'r':
        return has_same_content(stamp, path);
    case 't':
        return has_same_target(stamp, path);
    case 'n':
        return has_same_name(stamp, path);
    case 'p':
        return access(path, X_OK) != 0;
    case 'w':
        return (access(path, W_OK | X_OK) == 0) == (stamp[1] == '1');
    case 'x':
        return has_same_attribute(stamp, path);
    default:
        return false;
    }
}

static bool is_same_folder(const char *numbers, const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && has_same_status(numbers, &status, 7);
}

/* -- other programs -------------------------------------------------------------------------- */

static void become_uv(const char *path)
{
    execve(path, arguments, environ);
}

static bool is_ignored(int number)
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

/* What the start of Python will destroy, so that it can be given back before uv starts: CPython
 * ignores SIGPIPE and SIGXFSZ, and in a C locale sets LC_CTYPE (PEP 538), whatever it was. The
 * letters P and X: the signal was ignored already. L: LC_CTYPE was absent; otherwise its value
 * follows `=` in lower-case hexadecimal, which holds none of the letters. */
static const char *flags_for_python(void)
{
    const char *locale = get_variable("LC_CTYPE");
    struct text flags = {0};
    append(&flags, is_ignored(SIGPIPE) ? "P" : "");
    append(&flags, is_ignored(SIGXFSZ) ? "X" : "");
    append(&flags, locale == NULL ? "L" : "");
    if (flags.length == 0)
        append(&flags, "-");
    if (locale != NULL)
        append(&flags, "=");
    for (; locale != NULL && *locale != 0; locale++)
        append_hexadecimal(&flags, (unsigned char)*locale);
    return flags.start;
}

/* -X utf8: arguments then come out of Python as the bytes that went in. In a GBK locale, say, it
 * could not give some of them back. */
static void become_python(const struct configuration *configuration, const char *launcher)
{
    const char *own[] = {
        configuration->python,  "-I",     "-S",
        "-X",                   "utf8",   "-c",
        STUB,                   configuration->package,
        launcher,               flags_for_python(),
    };
    size_t own_count = sizeof own / sizeof own[0];
    size_t count = 0;
    while (arguments[count] != NULL)
        count++;
    char **vector = reallocate(NULL, (own_count + count + 2) * sizeof(char *));
    for (size_t at = 0; at < own_count; at++)
        vector[at] = (char *)own[at];
    for (size_t at = 0; at < count; at++)
        vector[own_count + at] = arguments[at];
    if (count == 0)
        vector[own_count + count++] = (char *)""; /* Python's side counts on an argv[0] */
    vector[own_count + count] = NULL;
    execve(configuration->python, vector, environ);
}

#else

/* == Windows ================================================================================= */

/* No C library here, only kernel32: nothing that could be missing, and the launcher stays small. */

static wchar_t *command_line;

/* The compiler itself counts on these two, to fill and to copy structures. */
void *memset(void *into, int byte, size_t size);
void *memcpy(void *restrict into, const void *restrict from, size_t size);

void *memset(void *into, int byte, size_t size)
{
    for (size_t at = 0; at < size; at++)
        ((char *)into)[at] = (char)byte;
    return into;
}

void *memcpy(void *restrict into, const void *restrict from, size_t size)
{
    for (size_t at = 0; at < size; at++)
        ((char *)into)[at] = ((const char *)from)[at];
    return into;
}

/* Where the system starts this program: there is no C library that would call `main`. */
/* NOLINTNEXTLINE(misc-use-internal-linkage): the linker looks for it */
void start(void);

void start(void)
{
    command_line = GetCommandLineW();
    launch();
}

static void *reallocate(void *old, size_t size)
{
    HANDLE heap = GetProcessHeap();
    void *memory = old == NULL ? HeapAlloc(heap, 0, size) : HeapReAlloc(heap, 0, old, size);
    if (memory == NULL) {
        static const char message[] = "error: out of memory\n";
        DWORD written = 0;
        WriteFile(GetStdHandle(STD_ERROR_HANDLE), message, sizeof message - 1, &written, NULL);
        leave(NOT_FOUND);
    }
    return memory;
}

static _Noreturn void leave(int code)
{
    ExitProcess((UINT)code);
}

/* A console takes UTF-16; a file or pipe gets UTF-8, as from uv. */
static void write_error(const wchar_t *text, size_t length)
{
    HANDLE output = GetStdHandle(STD_ERROR_HANDLE);
    DWORD number = 0;
    int count = length < INT32_MAX / 4 ? (int)length : INT32_MAX / 4;
    if (GetConsoleMode(output, &number)) {
        WriteConsoleW(output, text, (DWORD)count, &number, NULL);
        return;
    }
    int room = count * 3 + 1; /* no UTF-16 unit takes more than three bytes of UTF-8 */
    char *bytes = reallocate(NULL, (size_t)room);
    int size = WideCharToMultiByte(CP_UTF8, 0, text, count, bytes, room, NULL, NULL);
    if (size > 0)
        WriteFile(output, bytes, (DWORD)size, &number, NULL);
}

/* -- files ----------------------------------------------------------------------------------- */

static const wchar_t *own_path(void)
{
    enum { LONGEST = 32768 };
    wchar_t *path = reallocate(NULL, LONGEST * sizeof(wchar_t));
    DWORD length = GetModuleFileNameW(NULL, path, LONGEST);
    return length > 0 && length < LONGEST ? path : NULL;
}

static uint64_t process_number(void)
{
    return GetCurrentProcessId();
}

static bool is_slash(wchar_t letter)
{
    return letter == L'\\' || letter == L'/';
}

/* `\folder` and `C:folder` depend on the current drive or folder: they are relative. */
static bool is_absolute(const wchar_t *path)
{
    if (is_slash(path[0]))
        return is_slash(path[1]);
    return path[0] != 0 && path[1] == L':' && is_slash(path[2]);
}

/* Returns the form of a path in which it may be longer than 260 characters. That form takes only
 * backslashes, and nothing relative. */
static const wchar_t *long_path(const wchar_t *path)
{
    size_t length = length_of(path);
    bool is_network = is_slash(path[0]) && is_slash(path[1]);
    bool is_special = is_network && (path[2] == L'?' || path[2] == L'.');
    if (length < 240 || is_special || !is_absolute(path))
        return path;
    struct text result = {0};
    append(&result, is_network ? L"\\\\?\\UNC" : L"\\\\?\\");
    append(&result, is_network ? path + 1 : path);
    for (size_t at = 0; at < result.length; at++)
        result.start[at] = result.start[at] == L'/' ? L'\\' : result.start[at];
    return result.start;
}

static bool exists(const wchar_t *path)
{
    return GetFileAttributesW(long_path(path)) != INVALID_FILE_ATTRIBUTES;
}

static bool is_readable(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(long_path(path));
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
}

static bool is_program(const wchar_t *path)
{
    return is_readable(path);
}

static HANDLE open_file(const wchar_t *path, DWORD access)
{
    DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    return CreateFileW(long_path(path), access, share, NULL, OPEN_EXISTING, 0, NULL);
}

static bool identify(const wchar_t *path, BY_HANDLE_FILE_INFORMATION *into)
{
    HANDLE file = open_file(path, 0);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    bool done = GetFileInformationByHandle(file, into) != 0;
    CloseHandle(file);
    return done;
}

static bool is_same_file(const wchar_t *one, const wchar_t *other)
{
    BY_HANDLE_FILE_INFORMATION first;
    BY_HANDLE_FILE_INFORMATION second;
    return identify(one, &first) && identify(other, &second)
        && first.dwVolumeSerialNumber == second.dwVolumeSerialNumber
        && first.nFileIndexHigh == second.nFileIndexHigh
        && first.nFileIndexLow == second.nFileIndexLow;
}

/* Who may write is settled by the folder's access list, which `uvlocal install` leaves to the
 * user's profile; there is no cheap question to ask for each file. */
static const wchar_t *read_file(const wchar_t *path, size_t limit, bool trusted,
                                struct content *into)
{
    (void)trusted;
    HANDLE file = open_file(path, GENERIC_READ);
    if (file == INVALID_HANDLE_VALUE)
        return exists(path) ? L"cannot be read" : L"is missing";
    LARGE_INTEGER size;
    bool fits = GetFileType(file) == FILE_TYPE_DISK && GetFileSizeEx(file, &size)
        && (uint64_t)size.QuadPart <= limit;
    if (fits) {
        into->bytes = reallocate(into->bytes, (size_t)size.QuadPart + 1);
        DWORD got = 1;
        while (got > 0 && into->size < (size_t)size.QuadPart) {
            DWORD wanted = (DWORD)((size_t)size.QuadPart - into->size);
            if (!ReadFile(file, into->bytes + into->size, wanted, &got, NULL))
                break;
            into->size += got;
        }
    }
    CloseHandle(file);
    return fits ? NULL : L"is damaged";
}

static const wchar_t *to_native(const char *bytes, size_t size)
{
    if (size == 0 || size > CONFIGURATION_LIMIT)
        return NULL;
    wchar_t *text = reallocate(NULL, (size + 1) * sizeof(wchar_t));
    int room = (int)size; /* no text has more units in UTF-16 than in UTF-8 */
    int count = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, bytes, room, text, room);
    text[count] = 0;
    return count > 0 ? text : NULL;
}

/* -- the environment ------------------------------------------------------------------------- */

/* Of this process: the next one inherits it. */

static const wchar_t *get_variable(const wchar_t *name)
{
    DWORD room = GetEnvironmentVariableW(name, NULL, 0);
    if (room == 0)
        return NULL;
    wchar_t *value = reallocate(NULL, (size_t)room * sizeof(wchar_t));
    value[0] = 0;
    return GetEnvironmentVariableW(name, value, room) < room ? value : NULL;
}

static void set_variable(const wchar_t *name, const wchar_t *value)
{
    SetEnvironmentVariableW(name, value);
}

static void unset_variable(const wchar_t *name)
{
    SetEnvironmentVariableW(name, NULL);
}

/* -- what decisions rest on ------------------------------------------------------------------ */

static const wchar_t *from_record(const char *text)
{
    size_t size = size_of(text);
    return size == 0 ? L"" : to_native(text, size);
}

static const char *to_record(const wchar_t *text)
{
    int size = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, text, -1, NULL, 0, NULL, NULL);
    if (size <= 0)
        return NULL;
    char *bytes = reallocate(NULL, (size_t)size);
    WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, text, -1, bytes, size, NULL, NULL);
    return bytes;
}

/* Returns where the first word of a command line ends. In it a quote only opens or closes, and a
 * backslash means nothing (Microsoft's rules for argv[0]). */
static size_t end_of_program_name(const wchar_t *line)
{
    bool quoted = false;
    size_t at = 0;
    for (; line[at] != 0 && (quoted || (line[at] != L' ' && line[at] != L'\t')); at++)
        quoted = line[at] == L'"' ? !quoted : quoted;
    return at;
}

/* Without a quote words are what stands between blanks, for every program. With one, programs have
 * rules of their own, and those of Python count: it decides. */
static char **own_words(void)
{
    const wchar_t *rest = command_line + end_of_program_name(command_line);
    char **words = reallocate(NULL, (length_of(rest) + 1) * sizeof(char *));
    size_t count = 0;
    while (*rest != 0) {
        struct text word = {0};
        for (; *rest == L' ' || *rest == L'\t'; rest++)
            continue;
        for (; *rest != 0 && *rest != L' ' && *rest != L'\t'; rest++) {
            if (*rest == L'"')
                return NULL;
            append_some(&word, rest, 1);
        }
        if (word.length == 0)
            continue;
        words[count] = (char *)to_record(word.start);
        if (words[count++] == NULL)
            return NULL;
    }
    words[count] = NULL;
    return words;
}

/* An entry that is no UTF-16 is left out: a decision that rests on it is not recalled, as one
 * variable is missing. */
static char **own_variables(void)
{
    const wchar_t *block = GetEnvironmentStringsW();
    size_t count = 0;
    for (const wchar_t *entry = block; *entry != 0; entry += length_of(entry) + 1)
        count++;
    char **variables = reallocate(NULL, (count + 1) * sizeof(char *));
    count = 0;
    for (const wchar_t *entry = block; *entry != 0; entry += length_of(entry) + 1) {
        char *copy = (char *)to_record(entry);
        for (char *letter = copy; letter != NULL && *letter != 0 && *letter != '='; letter++)
            *letter = *letter >= 'a' && *letter <= 'z' ? (char)(*letter - 'a' + 'A') : *letter;
        if (copy != NULL)
            variables[count++] = copy;
    }
    variables[count] = NULL;
    return variables;
}

static const char *current_directory(void)
{
    DWORD room = GetCurrentDirectoryW(0, NULL);
    wchar_t *path = reallocate(NULL, ((size_t)room + 1) * sizeof(wchar_t));
    DWORD length = GetCurrentDirectoryW(room, path);
    return length > 0 && length < room ? to_record(path) : NULL;
}

/* The user's profile is private by its access list. */
static bool is_private_folder(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(long_path(path));
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

static uint64_t number_of(DWORD high, DWORD low)
{
    return (uint64_t)high << 32 | low;
}

/* Opens a file or folder to look at it; a link itself, unless it is to be followed. */
static HANDLE look_at(const wchar_t *path, bool follow)
{
    DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    DWORD flags = FILE_FLAG_BACKUP_SEMANTICS | (follow ? 0 : FILE_FLAG_OPEN_REPARSE_POINT);
    return CreateFileW(long_path(path), FILE_READ_ATTRIBUTES, share, NULL, OPEN_EXISTING, flags,
                       NULL);
}

/* Says whether the last call failed because there is nothing of that name. After any other reason
 * something may be there. */
static bool was_absent(void)
{
    DWORD error = GetLastError();
    return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND;
}

static bool is_absent(const wchar_t *path, bool follow)
{
    HANDLE file = look_at(path, follow);
    if (file == INVALID_HANDLE_VALUE)
        return was_absent();
    CloseHandle(file);
    return false;
}

/* The numbers are the volume's, the file's, whether it is a folder; size and time of the last
 * change, of a whole file. A file that was changed and whose time was put back looks the same: so
 * what was read is summed. */
static bool has_same_status(const char *numbers, const wchar_t *path, bool follow, size_t count)
{
    BY_HANDLE_FILE_INFORMATION status;
    HANDLE file = look_at(path, follow);
    bool known = file != INVALID_HANDLE_VALUE && GetFileInformationByHandle(file, &status);
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    if (!known)
        return false;
    uint64_t now[] = {
        status.dwVolumeSerialNumber,
        number_of(status.nFileIndexHigh, status.nFileIndexLow),
        status.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY,
        number_of(status.nFileSizeHigh, status.nFileSizeLow),
        number_of(status.ftLastWriteTime.dwHighDateTime, status.ftLastWriteTime.dwLowDateTime),
    };
    return are_numbers(numbers, now, count);
}

static bool is_same_folder(const char *numbers, const wchar_t *path)
{
    return has_same_status(numbers, path, true, 5);
}

static bool has_same_content(const char *stamp, const wchar_t *path)
{
    enum { PART = 8192 };
    char *part = reallocate(NULL, PART);
    uint64_t numbers[] = {0, 0}; /* the size, and the rest */
    DWORD got = 1;
    HANDLE file = open_file(path, GENERIC_READ);
    bool known = file != INVALID_HANDLE_VALUE && GetFileType(file) == FILE_TYPE_DISK;
    while (known && got > 0 && numbers[0] <= SUMMED_LIMIT) {
        known = ReadFile(file, part, PART, &got, NULL);
        numbers[0] += known ? got : 0;
        numbers[1] = rest_of(numbers[1], part, known ? got : 0);
    }
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    return known && got == 0 && are_numbers(stamp + 1, numbers, 2);
}

/* Says whether the system itself still has this name for a path, links and drives resolved. */
static bool has_same_name(const char *stamp, const wchar_t *path)
{
    enum { LONGEST = 32768 };
    const wchar_t *wanted = from_record(stamp + 1);
    wchar_t *name = reallocate(NULL, LONGEST * sizeof(wchar_t));
    HANDLE file = look_at(path, true);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    DWORD length = GetFinalPathNameByHandleW(file, name, LONGEST, VOLUME_NAME_DOS);
    CloseHandle(file);
    return wanted != NULL && length > 0 && length < LONGEST && is_equal(name, wanted);
}

/* An attribute is an alternate data stream: a file whose name follows the path's after a colon,
 * which is no name at all on volumes that have none. */
static bool has_same_attribute(const char *stamp, const wchar_t *path)
{
    unsigned char *value = reallocate(NULL, ATTRIBUTE_LIMIT + 1);
    size_t end = 1;
    while (stamp[end] != 0 && stamp[end] != '=' && stamp[end] != '!')
        end++;
    const wchar_t *name = to_native(stamp + 1, end - 1);
    if (name == NULL)
        return false;
    HANDLE file = open_file(JOIN(path, L":", name), GENERIC_READ);
    if (file == INVALID_HANDLE_VALUE)
        return stamp[end] == '!' && (was_absent() || GetLastError() == ERROR_INVALID_NAME);
    DWORD size = 0;
    bool known = ReadFile(file, value, ATTRIBUTE_LIMIT + 1, &size, NULL);
    CloseHandle(file);
    return known && size <= ATTRIBUTE_LIMIT && stamp[end] == '='
        && is_hexadecimal(stamp + end + 1, value, size);
}

/* A key's time changes with its values, and with the names of the keys below it. */
static bool has_same_key(const char *stamp, const wchar_t *path)
{
    static const struct {
        const wchar_t *name;
        HKEY key;
    } HIVES[] = {{L"HKCU\\", HKEY_CURRENT_USER},
                 {L"HKLM\\", HKEY_LOCAL_MACHINE},
                 {L"HKCR\\", HKEY_CLASSES_ROOT}};
    HKEY hive = NULL;
    for (size_t at = 0; at < sizeof HIVES / sizeof HIVES[0]; at++) {
        size_t same = 0;
        while (HIVES[at].name[same] != 0 && path[same] == HIVES[at].name[same])
            same++;
        hive = HIVES[at].name[same] == 0 ? HIVES[at].key : hive;
    }
    HKEY key;
    LONG error = hive != NULL ? RegOpenKeyExW(hive, path + 5, 0, KEY_READ, &key) : 1;
    if (error != ERROR_SUCCESS)
        return stamp[0] == 'Q' && error == ERROR_FILE_NOT_FOUND;
    FILETIME written = {0};
    error = RegQueryInfoKeyW(key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                             &written);
    RegCloseKey(key);
    uint64_t now = number_of(written.dwHighDateTime, written.dwLowDateTime);
    return error == ERROR_SUCCESS && stamp[0] == 'q' && are_numbers(stamp + 1, &now, 1);
}

/* The stamp is what `GetDriveTypeW` says of a drive such as `D:`. */
static bool has_same_type(const char *stamp, const wchar_t *path)
{
    uint64_t now = GetDriveTypeW(JOIN(path, L"\\"));
    return are_numbers(stamp + 1, &now, 1);
}

/* As Python's `os.access` asks it. */
static bool can_write(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(long_path(path));
    return attributes != INVALID_FILE_ATTRIBUTES
        && ((attributes & FILE_ATTRIBUTE_READONLY) == 0
            || (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0);
}

static bool is_unchanged(const char *stamp, const wchar_t *path)
{
    uint64_t drives = GetLogicalDrives();
    switch (stamp[0]) {
    case 'a':
        return is_absent(path, true);
    case 'A':
        return is_absent(path, false);
    case 'e':
        return exists(path);
    case 's':
        return has_same_status(stamp + 1, path, true, 5);
    case 'd':
        return has_same_status(stamp + 1, path, true, 3);
    case 'l':
        return has_same_status(stamp + 1, path, false, 5);
    case 'k':
        return has_same_status(stamp + 1, path, false, 3);
    case 'r':
        return has_same_content(stamp, path);
    case 'n':
        return has_same_name(stamp, path);
    case 'w':
        return can_write(path) == (stamp[1] == '1');
    case 'x':
        return has_same_attribute(stamp, path);
    case 'q':
    case 'Q':
        return has_same_key(stamp, path);
    case 'v':
        return has_same_type(stamp, path);
    case 'm':
        return are_numbers(stamp + 1, &drives, 1);
    default:
        return false;
    }
}

/* -- other programs -------------------------------------------------------------------------- */

/* Ctrl-C reaches every process of the console. What it means is uv's to decide: we wait. */
static BOOL WINAPI stand_by(DWORD event)
{
    (void)event;
    return TRUE;
}

/* A job ends its processes when its last handle goes, so whoever ends the launcher ends uv. */
static void limit_job(HANDLE job, DWORD flags)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    limits.BasicLimitInformation.LimitFlags = flags;
    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
}

/* Starts a program, waits for it, and leaves with its exit code; returns if it does not start. */
static void become(const wchar_t *program, wchar_t *line)
{
    STARTUPINFOW startup;
    PROCESS_INFORMATION child;
    GetStartupInfoW(&startup); /* also carries the descriptors that a C library passes on */
    SetConsoleCtrlHandler(stand_by, TRUE);
    if (!CreateProcessW(long_path(program), line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL,
                        &startup, &child))
        return;
    HANDLE job = CreateJobObjectW(NULL, NULL);
    limit_job(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_BREAKAWAY_OK);
    AssignProcessToJobObject(job, child.hProcess);
    ResumeThread(child.hThread);

    DWORD code = NOT_FOUND;
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    limit_job(job, 0); /* uv ended by itself: what it left running goes on */
    ExitProcess(code);
}

/* The command line is passed on as it came: quoting is the user's, and uv's to read. */
static void become_uv(const wchar_t *path)
{
    become(path, (wchar_t *)JOIN(command_line));
}

/* Adds an argument so that Microsoft's rules read it back: there backslashes count only before a
 * quote. */
static void append_quoted(struct text *line, const wchar_t *argument)
{
    append(line, L" \"");
    size_t backslashes = 0;
    for (; *argument != 0; argument++) {
        if (*argument == L'"') {
            for (size_t more = backslashes + 1; more > 0; more--)
                append(line, L"\\");
        }
        backslashes = *argument == L'\\' ? backslashes + 1 : 0;
        append_some(line, argument, 1);
    }
    for (; backslashes > 0; backslashes--)
        append(line, L"\\");
    append(line, L"\"");
}

static void become_python(const struct configuration *configuration, const wchar_t *launcher)
{
    size_t end = end_of_program_name(command_line);
    struct text name = {0};
    append(&name, L"");
    for (size_t at = 0; at < end; at++) {
        if (command_line[at] != L'"')
            append_some(&name, command_line + at, 1);
    }

    struct text line = {0};
    append(&line, L"\"");
    append(&line, configuration->python);
    append(&line, L"\" -I -S -X utf8 -c");
    append_quoted(&line, STUB);
    append_quoted(&line, configuration->package);
    append_quoted(&line, launcher);
    append_quoted(&line, L"-");
    append_quoted(&line, name.start);
    append(&line, command_line + end);
    become(configuration->python, line.start);
}

#endif
