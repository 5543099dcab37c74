/* Check the inputs of recorded decisions on POSIX. */

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

/* Reads the file to its end, as files of the kernel have no size. */
static bool has_same_content(const char *stamp, const char *path)
{
    char part[8192];
    uint64_t numbers[] = {0, 0}; /* the size, and the remainder */
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

/* Returns whether macOS itself still has this name for a path, for example its letter case. Opens
 * nothing, which could block, or let macOS ask whether the terminal may read here. */
static bool has_same_name(const char *stamp, const char *path)
{
#ifdef __APPLE__
    struct attrlist wanted = {.bitmapcount = ATTR_BIT_MAP_COUNT, .commonattr = ATTR_CMN_FULLPATH};
    struct {
        uint32_t size;
        attrreference_t name; /* the name's offset is relative to this */
        char room[PATH_MAX];
    } found;
    return getattrlist(path, &wanted, &found, sizeof found, 0) == 0
        && is_equal((const char *)&found.name + found.name.attr_dataoffset, stamp + 1);
#else
    (void)stamp;
    (void)path;
    return false;
#endif
}

/* Returns whether macOS has the same mounts as before: where, which type, whether local. Asks only
 * the kernel, no server. */
static bool has_same_mounts(const char *stamp)
{
#ifdef __APPLE__
    int count = getfsstat(NULL, 0, MNT_NOWAIT);
    if (count <= 0)
        return false;
    size_t room = ((size_t)count + 4) * sizeof(struct statfs);
    struct statfs *mounts = reallocate(NULL, room);
    count = getfsstat(mounts, (int)room, MNT_NOWAIT);
    uint64_t numbers[] = {0, 0}; /* the size, and the remainder */
    for (int at = 0; at < count; at++) {
        const char *parts[] = {mounts[at].f_mntonname, mounts[at].f_fstypename,
                               (mounts[at].f_flags & MNT_LOCAL) != 0 ? "l" : "r"};
        for (size_t part = 0; part < 3; part++) {
            size_t size = size_of(parts[part]) + (part < 2 ? 1 : 0); /* names include their NUL */
            numbers[0] += size;
            numbers[1] = rest_of(numbers[1], parts[part], size);
        }
    }
    return are_numbers(stamp + 1, numbers, 2);
#else
    (void)stamp;
    return false;
#endif
}

/* The stamp is `xNAME!` for an attribute that is absent, else `xNAME=` and its value in
 * hexadecimal. Absent means that it cannot be read, for any reason. */
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

/* Returns whether a path has the hidden flag, which only macOS has. */
static bool has_hidden_flag(const char *path)
{
#ifdef __APPLE__
    struct stat status;
    return lstat(path, &status) == 0 && (status.st_flags & UF_HIDDEN) != 0;
#else
    (void)path;
    return false;
#endif
}

/* Opens the file, as `access` wrongly says yes in some sandboxes (Landlock). Writes nothing. */
static bool can_change(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return false;
    int file = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    if (file >= 0)
        close(file);
    return file >= 0;
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
    case 'o':
        return can_change(path) == (stamp[1] == '1');
    case 'm':
        return has_same_mounts(stamp);
    case 'f':
        return has_hidden_flag(path) == (stamp[1] == '1');
    case 'x':
        return has_same_attribute(stamp, path);
    default:
        return false;
    }
}
