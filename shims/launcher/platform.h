/*
 * The seam: what differs from system to system, and every function that `posix*.c` and
 * `windows*.c` define, each in its own way.
 *
 * Text is `native`: bytes on POSIX, UTF-16 on Windows, and whatever the user gave, never decoded.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
typedef wchar_t native;
#define N(literal) WIDE(literal)
#define WIDE(literal) L##literal
#define UV N("uv.exe")
#define UVX N("uvx.exe")
#define SEPARATOR N('\\')
#define PATH_SEPARATOR N(';')
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
#define UVX N("uvx")
#define SEPARATOR N('/')
#define PATH_SEPARATOR N(':')
#endif

#include "contract.h"

/* A file's content. */
struct content {
    char *bytes;
    size_t size;
};

/* See `config.c`. */
struct configuration;

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
/* Returns the environment, each entry NAME=value, or NULL where it cannot be had; on Windows with
 * names in capitals. */
static char **own_variables(void);
static const char *current_directory(void);
/* Says whether nobody but this user can have put something into a folder. */
static bool is_private_folder(const native *path);
/* Says whether what a decision rests on is still as its stamp says. */
static bool is_unchanged(const char *stamp, const native *path);

/* Becomes a program; returns only where it could not be started. */
static void become_uv(const native *path);
/* Becomes Python, which becomes the real uv; returns false where it could not be started. A Python
 * that fails becomes the launcher again. On Windows it asks Python, and becomes the real uv itself;
 * it returns true where there was no answer. */
static bool become_python(const struct configuration *configuration, const native *launcher);
