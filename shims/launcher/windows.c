/*
 * The process, its files and its environment on Windows. Uses only kernel32, no C library: nothing
 * can be missing, and the launcher stays small.
 */

/* The compiler itself calls these two, to fill and to copy structures. */
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

/* A console gets UTF-16; a file or pipe gets UTF-8, as from uv. */
static void write_error(const wchar_t *text, size_t length)
{
    HANDLE output = GetStdHandle(STD_ERROR_HANDLE);
    DWORD number = 0;
    int count = length < INT32_MAX / 4 ? (int)length : INT32_MAX / 4;
    if (GetConsoleMode(output, &number)) {
        WriteConsoleW(output, text, (DWORD)count, &number, NULL);
        return;
    }
    int room = count * 3 + 1; /* a UTF-16 unit needs at most three bytes of UTF-8 */
    char *bytes = reallocate(NULL, (size_t)room);
    int size = WideCharToMultiByte(CP_UTF8, 0, text, count, bytes, room, NULL, NULL);
    if (size > 0)
        WriteFile(output, bytes, (DWORD)size, &number, NULL);
}

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

/* `\folder` and `C:folder` are relative, as they depend on the current drive or directory. */
static bool is_absolute(const wchar_t *path)
{
    if (is_slash(path[0]))
        return is_slash(path[1]);
    return path[0] != 0 && path[1] == L':' && is_slash(path[2]);
}

/* Returns a path in the form that may be longer than 260 characters. It must be absolute, with
 * backslashes only. */
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

/* The directory's access list decides who may write, and comes from the user's profile; checking
 * each file would be expensive. */
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
    int room = (int)size; /* UTF-16 never needs more units than UTF-8 */
    int count = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, bytes, room, text, room);
    text[count] = 0;
    return count > 0 ? text : NULL;
}

/* The environment of this process, which the next one inherits. */

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
