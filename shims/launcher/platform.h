/*
 * The interface to the system: what differs between systems, and the functions that both
 * `posix*.c` and `windows*.c` define.
 *
 * Text is `native`: bytes on POSIX, UTF-16 on Windows, exactly as the user gave it, never decoded.
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
#include <sys/attr.h>
#include <sys/mount.h>
#include <sys/param.h>
/* The compiler has no <sys/xattr.h>; see getxattr(2). */
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

/* Returns memory with the old content; ends the process if there is none left. */
static void *reallocate(void *old, size_t size);
/* Writes to standard error; ignores a closed one. */
static void write_error(const native *text, size_t length);
static _Noreturn void leave(int code);

/* Returns this file's own absolute path, or NULL. */
static const native *own_path(void);
static uint64_t process_number(void);
static bool is_absolute(const native *path);
/* Returns whether a path is an executable file. */
static bool is_program(const native *path);
/* Returns whether a path is a readable file. */
static bool is_readable(const native *path);
static bool exists(const native *path);
static bool is_same_file(const native *one, const native *other);
/* Reads a regular file of at most `limit` bytes. Returns NULL, or what is wrong with it.
 * `trusted` requires that only this user and root can have written it. */
static const native *read_file(const native *path, size_t limit, bool trusted,
                               struct content *into);
/* Converts UTF-8 text of the configuration to native text; returns NULL if it is invalid. */
static const native *to_native(const char *bytes, size_t size);

/* The environment for the next program. */
static const native *get_variable(const native *name);
static void set_variable(const native *name, const native *value);
static void unset_variable(const native *name);

/* The call as the record format spells it: bytes, on Windows UTF-8. */

/* Converts text of a record to native text; returns NULL if it is invalid. */
static const native *from_record(const char *text);
/* Converts native text to that of a record; returns NULL if it is not valid UTF-16. */
static const char *to_record(const native *text);
/* Returns the words after the program's name, or NULL if they are ambiguous. */
static char **own_words(void);
/* Returns the environment with entries NAME=value, or NULL if that fails; on Windows with uppercase
 * names. */
static char **own_variables(void);
static const char *current_directory(void);
/* Returns whether only this user can have written to a directory. */
static bool is_private_folder(const native *path);
/* Returns whether an input of a decision still matches its stamp. */
static bool is_unchanged(const char *stamp, const native *path);

/* Becomes a program; returns only if it could not be started. */
static void become_uv(const native *path);
/* Becomes Python, which becomes the real uv. Returns false if it could not be started. A Python that
 * fails becomes the launcher again. On Windows, asks Python and becomes the real uv itself; returns
 * true if there was no answer. */
static bool become_python(const struct configuration *configuration, const native *launcher);
