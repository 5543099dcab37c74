/*
 * Tells facts of Windows as numbers and names, one a line, in the order in which they are asked for.
 *
 * The variable TELL holds the questions, parted by `|`:
 *
 *     file PATH      volume, index, whether it is a folder, size, time of the last change
 *     name PATH      what the system itself calls it
 *     key PATH       when a key below HKEY_CURRENT_USER was last changed
 *     drive PATH     what kind of drive `X:\` is
 *     drives -       which drives there are
 *
 * It asks by other calls than the launcher where there are others. No C library, as the launcher.
 */

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

enum { ROOM = 32768 };

static wchar_t questions[ROOM];
static wchar_t line[ROOM];

void *memset(void *into, int byte, size_t size);

void *memset(void *into, int byte, size_t size)
{
    for (size_t at = 0; at < size; at++)
        ((volatile char *)into)[at] = (char)byte;
    return into;
}

static void tell(const wchar_t *text)
{
    static char bytes[ROOM * 3];
    DWORD written = 0;
    int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, sizeof bytes, NULL, NULL);
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), bytes, (DWORD)(size - 1), &written, NULL);
}

static void tell_number(unsigned long long number)
{
    wchar_t digits[24];
    int at = 23;
    digits[at] = 0;
    do {
        digits[--at] = (wchar_t)(L'0' + number % 10);
        number /= 10;
    } while (number != 0);
    tell(digits + at);
}

static unsigned long long joined(DWORD high, DWORD low)
{
    return (unsigned long long)high << 32 | low;
}

static void tell_file(const wchar_t *path)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    BY_HANDLE_FILE_INFORMATION status;
    HANDLE file = CreateFileW(path, 0, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (!GetFileAttributesExW(path, GetFileExInfoStandard, &data)
        || !GetFileInformationByHandle(file, &status))
        ExitProcess(2);
    unsigned long long numbers[] = {
        status.dwVolumeSerialNumber,
        joined(status.nFileIndexHigh, status.nFileIndexLow),
        data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY,
        joined(data.nFileSizeHigh, data.nFileSizeLow),
        joined(data.ftLastWriteTime.dwHighDateTime, data.ftLastWriteTime.dwLowDateTime),
    };
    for (int at = 0; at < 5; at++) {
        tell(at > 0 ? L":" : L"");
        tell_number(numbers[at]);
    }
}

static void tell_name(const wchar_t *path)
{
    HANDLE file = CreateFileW(path, 0, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (GetFinalPathNameByHandleW(file, line, ROOM, 0) == 0)
        ExitProcess(3);
    tell(line);
}

static void tell_key(const wchar_t *path)
{
    HKEY key;
    FILETIME time;
    if (RegOpenKeyExW(HKEY_CURRENT_USER, path, 0, KEY_READ, &key) != 0
        || RegQueryInfoKeyW(key, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, &time) != 0)
        ExitProcess(4);
    tell_number(joined(time.dwHighDateTime, time.dwLowDateTime));
}

static void answer(wchar_t *question)
{
    wchar_t *rest = question;
    while (*rest != 0 && *rest != L' ')
        rest++;
    if (*rest == 0)
        ExitProcess(5);
    rest++;
    if (question[0] == L'f')
        tell_file(rest);
    else if (question[0] == L'n')
        tell_name(rest);
    else if (question[0] == L'k')
        tell_key(rest);
    else if (question[5] == L's')
        tell_number(GetLogicalDrives());
    else
        tell_number(GetDriveTypeW(rest));
    tell(L"\n");
}

void start(void);

void start(void)
{
    wchar_t *next = questions;
    if (GetEnvironmentVariableW(L"TELL", questions, ROOM) == 0)
        ExitProcess(6);
    while (*next != 0) {
        wchar_t *question = next;
        while (*next != 0 && *next != L'|')
            next++;
        if (*next != 0)
            *next++ = 0;
        answer(question);
    }
    ExitProcess(0);
}
