/* Check the inputs of recorded decisions on Windows. */

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

/* Returns the end of the first word of a command line. In it a quote only opens or closes, and a
 * backslash is not special (Microsoft's rules for argv[0]). */
static size_t end_of_program_name(const wchar_t *line)
{
    bool quoted = false;
    size_t at = 0;
    for (; line[at] != 0 && (quoted || (line[at] != L' ' && line[at] != L'\t')); at++)
        quoted = line[at] == L'"' ? !quoted : quoted;
    return at;
}

/* Without quotes, every program splits words at blanks. With quotes, programs have different rules,
 * so Python decides. */
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

/* Skips entries that are not valid UTF-16: a decision that depends on one is not replayed, as the
 * variable is missing. */
static char **own_variables(void)
{
    const wchar_t *block = GetEnvironmentStringsW();
    size_t count = 0;
    if (block == NULL)
        return NULL;
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

/* Opens a file or directory to inspect it; a symlink itself, unless `follow`. */
static HANDLE look_at(const wchar_t *path, bool follow)
{
    DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    DWORD flags = FILE_FLAG_BACKUP_SEMANTICS | (follow ? 0 : FILE_FLAG_OPEN_REPARSE_POINT);
    return CreateFileW(long_path(path), FILE_READ_ATTRIBUTES, share, NULL, OPEN_EXISTING, flags,
                       NULL);
}

/* Returns whether the last call failed because the path does not exist. After any other error it
 * may exist. */
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

/* The numbers are the volume, the file, and whether it is a directory; for a whole file also its
 * size and the time of its last change. The time can be reset, so content that was read has a
 * checksum as well. */
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

static bool has_same_content(const char *stamp, const wchar_t *path)
{
    enum { PART = 8192 };
    char *part = reallocate(NULL, PART);
    uint64_t numbers[] = {0, 0}; /* the size, and the remainder */
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

/* Returns whether the system still has this name for a path, with symlinks and drives resolved. */
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

/* An attribute is an alternate data stream: a file named PATH:NAME, which is invalid on volumes
 * without streams. */
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

/* The stamp is the result of `GetDriveTypeW` for a drive such as `D:`. */
static bool has_same_type(const char *stamp, const wchar_t *path)
{
    uint64_t now = GetDriveTypeW(JOIN(path, L"\\"));
    return are_numbers(stamp + 1, &now, 1);
}

static bool has_same_drives(const char *stamp)
{
    uint64_t now = GetLogicalDrives();
    return are_numbers(stamp + 1, &now, 1);
}

/* The same as Python's `os.access`. */
static bool can_write(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(long_path(path));
    return attributes != INVALID_FILE_ATTRIBUTES
        && ((attributes & FILE_ATTRIBUTE_READONLY) == 0
            || (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0);
}

/* The same as Python's `os.open`; writes nothing. */
static bool can_change(const wchar_t *path)
{
    HANDLE file = CreateFileW(long_path(path), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                              NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    return file != INVALID_HANDLE_VALUE;
}

static bool is_unchanged(const char *stamp, const wchar_t *path)
{
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
    case 'o':
        return can_change(path) == (stamp[1] == '1');
    case 'x':
        return has_same_attribute(stamp, path);
    case 'q':
    case 'Q':
        return has_same_key(stamp, path);
    case 'v':
        return has_same_type(stamp, path);
    case 'm':
        return has_same_drives(stamp);
    default:
        return false;
    }
}
