/* The process, its files and its environment on POSIX. */

static _Noreturn void leave(int code)
{
    _exit(code);
}

/* Ignores SIGPIPE meanwhile: a reader that is gone must not stop uv. */
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
/* Without /proc, as in some sandboxes, the kernel still provides the name that was started. */
static const char *own_path(void)
{
    size_t room = 4096; /* the kernel returns at most a page */
    char *path = reallocate(NULL, room);
    ssize_t length = readlink("/proc/self/exe", path, room);
    if (length > 0 && (size_t)length < room && path[0] == '/') {
        /* NOLINTNEXTLINE(clang-analyzer-security.ArrayBound): `path` has that `room` */
        path[length] = 0;
        return path;
    }
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel provides the address as a number */
    const char *started = (const char *)getauxval(AT_EXECFN);
    return started != NULL ? realpath(started, reallocate(NULL, PATH_MAX)) : NULL;
}
#endif

static uint64_t process_number(void)
{
    return (uint64_t)getpid();
}

/* The effective user; Linux provides it at program start, and it does not change. */
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
        return "belongs to another user";
    if (trusted && (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return "is writable by other users";
    *size = (size_t)status.st_size;
    return NULL;
}

/* Opens a file that is closed again soon, so without O_CLOEXEC, which would cost another system
 * call in the C library. O_NONBLOCK: a FIFO in the place of a file must not block uv. */
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

/* Changes `environ` itself, so that everything else stays byte for byte. */

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
