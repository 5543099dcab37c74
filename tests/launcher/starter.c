/*
 * Starts a program in ways that Python's `subprocess` refuses: raw environments, no arguments at
 * all, closed descriptors, ignored and blocked signals.
 *
 * The one argument names a file of lines, each a word and a value, bytes as hexadecimal:
 *
 *     program P     argument A    variable V    chdir D     chroot D
 *     close N       open N        ignore N      block N     umask N    user N
 *     loop TEXT     adds the variable UVLOCAL_LOOP of this process number and TEXT
 *
 * On Windows it starts the program START_PROGRAM with the raw command line START_LINE, waits, and
 * ends with its exit code. Where START_INTERRUPT names a file, it makes a console of its own, waits
 * for that file, and presses Ctrl-C there, or Ctrl-Break where START_BREAK is set. With START_PIPES
 * the program gets two pipes as input and output: its output is read to the end, and only then its
 * input ends. With START_HANDLE it inherits a handle, whose number UVLOCAL_TEST_HANDLE tells; where
 * nothing was written into it, the exit code is 126. With START_CODE the exit code is written out.
 */

#ifndef _WIN32

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 4096 };

static char *arguments[MOST + 1];
static char *variables[MOST + 1];
static size_t argument_count;
static size_t variable_count;

static char *from_hexadecimal(const char *text)
{
    size_t size = strlen(text) / 2;
    char *bytes = calloc(size + 1, 1);
    for (size_t at = 0; bytes != NULL && at < size; at++) {
        unsigned byte = 0;
        sscanf(text + 2 * at, "%2x", &byte);
        bytes[at] = (char)byte;
    }
    return bytes;
}

static char *own_loop(const char *rest)
{
    char *entry = malloc(256);
    if (entry != NULL)
        snprintf(entry, 256, "UVLOCAL_LOOP=%ld%s", (long)getpid(), rest);
    return entry;
}

static void block(int number)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, number);
    sigprocmask(SIG_BLOCK, &signals, NULL);
}

static int obey(const char *word, const char *value)
{
    int number = atoi(value);
    if (strcmp(word, "argument") == 0 && argument_count < MOST)
        arguments[argument_count++] = from_hexadecimal(value);
    else if (strcmp(word, "variable") == 0 && variable_count < MOST)
        variables[variable_count++] = from_hexadecimal(value);
    else if (strcmp(word, "loop") == 0 && variable_count < MOST)
        variables[variable_count++] = own_loop(value);
    else if (strcmp(word, "chdir") == 0)
        return chdir(from_hexadecimal(value));
    else if (strcmp(word, "chroot") == 0)
        return chroot(from_hexadecimal(value));
    else if (strcmp(word, "close") == 0)
        close(number);
    else if (strcmp(word, "open") == 0)
        return dup2(STDIN_FILENO, number) < 0;
    else if (strcmp(word, "ignore") == 0)
        signal(number, SIG_IGN);
    else if (strcmp(word, "block") == 0)
        block(number);
    else if (strcmp(word, "umask") == 0)
        umask((mode_t)number);
    else if (strcmp(word, "user") == 0)
        return setgid((gid_t)number) != 0 || setuid((uid_t)number) != 0;
    else
        return 1;
    return 0;
}

int main(int count, char **given)
{
    char *program = NULL;
    char *line = NULL;
    size_t room = 0;
    ssize_t length = 0;
    /* The orders are read whole and the file is closed before any is carried out. */
    static char *orders[4 * MOST];
    size_t order_count = 0;
    FILE *file = count == 2 ? fopen(given[1], "r") : NULL;
    if (file == NULL)
        return 125;
    while ((length = getline(&line, &room, file)) > 0 && order_count < 4 * MOST) {
        line[length - 1] = 0;
        orders[order_count++] = strdup(line);
    }
    fclose(file);
    for (size_t at = 0; at < order_count; at++) {
        char *value = strchr(orders[at], ' ');
        if (value == NULL)
            return 124;
        *value++ = 0;
        if (strcmp(orders[at], "program") == 0)
            program = from_hexadecimal(value);
        else if (obey(orders[at], value) != 0)
            return 123;
    }
    if (program != NULL)
        execve(program, arguments, variables);
    return 122;
}

#else

#define WIN32_LEAN_AND_MEAN
#include <stdbool.h>
#include <windows.h>

enum { MOST = 32767 };

static WCHAR text[MOST];

static bool is_set(const WCHAR *name)
{
    return GetEnvironmentVariableW(name, text, MOST) != 0;
}

/* Ctrl-C and Ctrl-Break reach this program as well. */
static BOOL WINAPI stand_by(DWORD event)
{
    return event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
}

/* Ends with 124 where there is no console. */
static void interrupt(const WCHAR *file, HANDLE child)
{
    while (GetFileAttributesW(file) == INVALID_FILE_ATTRIBUTES) {
        if (WaitForSingleObject(child, 20) != WAIT_TIMEOUT)
            return;
    }
    if (!GenerateConsoleCtrlEvent(is_set(L"START_BREAK") ? CTRL_BREAK_EVENT : CTRL_C_EVENT, 0))
        ExitProcess(124);
}

/* Makes two pipes, of which the program to be started gets its ends. */
static void make_pipes(STARTUPINFOW *startup, HANDLE *to, HANDLE *from)
{
    startup->dwFlags = STARTF_USESTDHANDLES;
    startup->hStdError = GetStdHandle(STD_ERROR_HANDLE);
    CreatePipe(&startup->hStdInput, to, NULL, 0);
    CreatePipe(from, &startup->hStdOutput, NULL, 0);
    SetHandleInformation(startup->hStdInput, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    SetHandleInformation(startup->hStdOutput, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
}

/* Reads the output to its end, and ends the input only then. */
static void read_to_the_end(const STARTUPINFOW *startup, HANDLE to, HANDLE from)
{
    char part[64];
    DWORD got = 1;
    CloseHandle(startup->hStdInput);
    CloseHandle(startup->hStdOutput);
    while (ReadFile(from, part, sizeof part, &got, NULL) && got > 0)
        continue;
    CloseHandle(to);
}

/* Writes a number in decimal; returns where it begins. */
static WCHAR *write_number(WCHAR *end, size_t number)
{
    do {
        *--end = (WCHAR)(L'0' + number % 10);
        number /= 10;
    } while (number != 0);
    return end;
}

/* Makes a handle that programs inherit; returns where it can be read what they wrote into it. */
static HANDLE make_handle(HANDLE *to)
{
    WCHAR digits[21] = {0};
    HANDLE from = NULL;
    CreatePipe(&from, to, NULL, 0);
    SetHandleInformation(*to, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    SetEnvironmentVariableW(L"UVLOCAL_TEST_HANDLE", write_number(digits + 20, (size_t)*to));
    return from;
}

static void say_code(DWORD code)
{
    char bytes[11];
    WCHAR digits[11] = {0};
    DWORD size = 0;
    for (const WCHAR *digit = write_number(digits + 10, code); *digit != 0; digit++)
        bytes[size++] = (char)*digit;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), bytes, size, &size, NULL);
}

void start(void);

void start(void)
{
    static WCHAR program[MOST];
    static WCHAR line[MOST];
    static WCHAR file[MOST];
    static STARTUPINFOW startup;
    PROCESS_INFORMATION child;
    DWORD code = 125;
    bool interrupts = GetEnvironmentVariableW(L"START_INTERRUPT", file, MOST) != 0;
    if (interrupts) {
        FreeConsole();
        AllocConsole();
        SetConsoleCtrlHandler(stand_by, TRUE);
    }
    HANDLE to = NULL;
    HANDLE from = NULL;
    HANDLE told = NULL;
    HANDLE telling = NULL;
    bool pipes = is_set(L"START_PIPES");
    if (pipes)
        make_pipes(&startup, &to, &from);
    if (is_set(L"START_HANDLE"))
        told = make_handle(&telling);
    startup.cb = sizeof startup;
    GetEnvironmentVariableW(L"START_PROGRAM", program, MOST);
    GetEnvironmentVariableW(L"START_LINE", line, MOST);
    if (CreateProcessW(program, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &child)) {
        if (interrupts)
            interrupt(file, child.hProcess);
        if (pipes)
            read_to_the_end(&startup, to, from);
        WaitForSingleObject(child.hProcess, INFINITE);
        GetExitCodeProcess(child.hProcess, &code);
    }
    if (told != NULL) {
        char letter = 0;
        DWORD got = 0;
        CloseHandle(telling);
        code = ReadFile(told, &letter, 1, &got, NULL) && got == 1 ? code : 126;
    }
    if (is_set(L"START_CODE"))
        say_code(code);
    ExitProcess(code);
}

#endif
