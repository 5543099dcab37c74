/*
 * What the tests put in the place of uv and of Python: it writes down, byte for byte, how it was
 * started, and ends as it is told to.
 *
 * UVLOCAL_TEST_RECORD names the file to write. UVLOCAL_TEST_END is an exit code; `s` and a number
 * is a signal to die from; `w` waits for a signal from outside; `r` and a path starts that program
 * in the same process with the same arguments, as a wrapper around uv would. Without it: exit 0.
 * On Windows Ctrl-C ends it with 42, Ctrl-Break with 43; `c` closes its output, waits for the end of
 * its input, and ends with 42. It writes a letter into the handle UVLOCAL_TEST_HANDLE. As Python it
 * writes its record to the file UVLOCAL_TEST_ASKED, gives the launcher the content of the file
 * UVLOCAL_TEST_ANSWER for an answer, and ends with UVLOCAL_TEST_PYTHON_END; with
 * UVLOCAL_TEST_PYTHON_LINGERS it does so a second after it has closed the handle.
 *
 * On POSIX the record is lines of a kind and a value, bytes as hexadecimal. On Windows it is the
 * raw command line and the raw environment, in UTF-16, each with its final NUL characters.
 */

#ifndef _WIN32

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

static void put_bytes(FILE *record, const char *kind, const char *bytes)
{
    fprintf(record, "%s ", kind);
    for (; *bytes != 0; bytes++)
        fprintf(record, "%02x", (unsigned char)*bytes);
    fputc('\n', record);
}

static void put_descriptors(FILE *record, unsigned open)
{
    for (int file = 0; file < 32; file++) {
        if (open & (1u << file))
            fprintf(record, "open %d\n", file);
    }
}

static void put_signals(FILE *record)
{
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    for (int number = 1; number < 32; number++) {
        struct sigaction now;
        if (sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
            fprintf(record, "ignored %d\n", number);
        if (sigismember(&blocked, number) == 1)
            fprintf(record, "blocked %d\n", number);
    }
}

static void put_all(const char *path, char **arguments)
{
    unsigned open = 0;
    char cwd[4096] = "";
    char draft[4096];
    char program[4096];
    for (int file = 0; file < 32; file++)
        open |= fcntl(file, F_GETFD) == -1 ? 0u : 1u << file;
    snprintf(draft, sizeof draft, "%s.draft", path);
    FILE *record = fopen(draft, "w");
    if (record == NULL)
        abort();
    put_descriptors(record, open);
    put_signals(record);
    for (; *arguments != NULL; arguments++)
        put_bytes(record, "argument", *arguments);
    for (char **entry = environ; *entry != NULL; entry++)
        put_bytes(record, "variable", *entry);
    if (getcwd(cwd, sizeof cwd) != NULL)
        put_bytes(record, "cwd", cwd);
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length > 0) {
        program[length] = 0;
        put_bytes(record, "program", program);
    }
    mode_t mask = umask(0);
    umask(mask);
    fprintf(record, "umask %d\npid %d\n", (int)mask, (int)getpid());
    if (fclose(record) != 0 || rename(draft, path) != 0)
        abort();
}

int main(int count, char **arguments)
{
    (void)count;
    const char *path = getenv("UVLOCAL_TEST_RECORD");
    const char *end = getenv("UVLOCAL_TEST_END");
    if (path != NULL)
        put_all(path, arguments);
    if (end == NULL)
        return 0;
    if (*end == 'w')
        pause();
    if (*end == 'r')
        execve(end + 1, arguments, environ);
    if (*end == 's')
        raise(atoi(end + 1));
    return atoi(end);
}

#else

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

/* The answer to Ctrl-C, and to Ctrl-Break. */
static BOOL WINAPI leave(DWORD event)
{
    if (event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT)
        ExitProcess(event == CTRL_C_EVENT ? 42 : 43);
    return FALSE;
}

static WCHAR text[32768];
static char content[65536];

static BOOL is_set(const WCHAR *name)
{
    return GetEnvironmentVariableW(name, text, 32768) != 0;
}

static size_t number_at(const WCHAR *digit)
{
    size_t number = 0;
    for (; *digit >= L'0' && *digit <= L'9'; digit++)
        number = number * 10 + (size_t)(*digit - L'0');
    return number;
}

static BOOL begins_with(const WCHAR *line, const WCHAR *start)
{
    while (*start != 0 && *line == *start) {
        line++;
        start++;
    }
    return *start == 0;
}

/* Returns what follows the last place of some text, NULL where there is none. */
static const WCHAR *after(const WCHAR *line, const WCHAR *wanted)
{
    const WCHAR *found = NULL;
    size_t length = 0;
    while (wanted[length] != 0)
        length++;
    for (; *line != 0; line++) {
        if (begins_with(line, wanted))
            found = line + length;
    }
    return found;
}

static void put_all(const WCHAR *path, const WCHAR *line)
{
    DWORD written = 0;
    size_t length = 0;
    size_t size = 0;
    const WCHAR *block = GetEnvironmentStringsW();
    while (line[length] != 0)
        length++;
    while (block[size] != 0 || block[size + 1] != 0)
        size++;
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    WriteFile(file, line, (DWORD)((length + 1) * sizeof(WCHAR)), &written, NULL);
    WriteFile(file, block, (DWORD)((size + 2) * sizeof(WCHAR)), &written, NULL);
    CloseHandle(file);
}

/* Does what Python does: says what the file holds into the handle that the launcher gave it. */
static void answer(const WCHAR *line)
{
    DWORD size = 0;
    const WCHAR *digits = after(line, L".exe\" \"");
    HANDLE file = CreateFileW(text, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    ReadFile(file, content, sizeof content, &size, NULL);
    if (digits == NULL || !WriteFile((HANDLE)number_at(digits), content, size, &size, NULL))
        ExitProcess(124);
    CloseHandle((HANDLE)number_at(digits));
    if (is_set(L"UVLOCAL_TEST_PYTHON_LINGERS"))
        Sleep(1000);
    ExitProcess(is_set(L"UVLOCAL_TEST_PYTHON_END") ? (DWORD)number_at(text) : 0);
}

void start(void);

void start(void)
{
    DWORD written = 0;
    DWORD code = 0;
    const WCHAR *line = GetCommandLineW();
    BOOL is_python = after(line, L" -I -S ") != NULL;
    SetConsoleCtrlHandler(leave, TRUE);
    if (is_set(is_python ? L"UVLOCAL_TEST_ASKED" : L"UVLOCAL_TEST_RECORD"))
        put_all(text, line);
    if (is_python && is_set(L"UVLOCAL_TEST_ANSWER"))
        answer(line);
    if (is_python)
        ExitProcess(1);
    if (is_set(L"UVLOCAL_TEST_HANDLE"))
        WriteFile((HANDLE)number_at(text), "h", 1, &written, NULL);
    if (is_set(L"UVLOCAL_TEST_END")) {
        if (text[0] == L'w')
            Sleep(INFINITE);
        if (text[0] == L'c') {
            CloseHandle(GetStdHandle(STD_OUTPUT_HANDLE));
            while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), text, 1, &written, NULL) && written > 0)
                continue;
            ExitProcess(42);
        }
        code = (DWORD)number_at(text);
    }
    ExitProcess(code);
}

#endif
