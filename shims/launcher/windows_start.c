/* Start another program on Windows, wait for it, and exit with its exit code. */

/* Ctrl-C reaches every process of the console. uv handles it, and we wait. */
static BOOL WINAPI stand_by(DWORD event)
{
    (void)event;
    return TRUE;
}

/* A job ends its processes when its last handle is closed, so killing the launcher kills uv. */
static void limit_job(HANDLE job, DWORD flags)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    limits.BasicLimitInformation.LimitFlags = flags;
    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
}

enum { STREAMS = 3 };

/* Makes the standard streams inheritable; a closed one becomes NULL. */
static void pass_on_streams(HANDLE streams[STREAMS])
{
    static const DWORD numbers[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    for (size_t at = 0; at < STREAMS; at++) {
        streams[at] = GetStdHandle(numbers[at]);
        if (!SetHandleInformation(streams[at], HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT))
            streams[at] = NULL;
    }
}

/* Closes what the program has inherited: otherwise a reader of its output would not see end of
 * file, and a writer to its input no broken pipe, before we exit too. */
static void close_streams(HANDLE streams[STREAMS])
{
    for (size_t at = 0; at < STREAMS; at++) {
        if (streams[at] != NULL)
            CloseHandle(streams[at]);
    }
}

/* Starts a program and waits for it; returns whether it started. `last`: no other program
 * follows. */
static bool run(const wchar_t *program, wchar_t *line, bool last, DWORD *code)
{
    STARTUPINFOW startup;
    PROCESS_INFORMATION child;
    HANDLE streams[STREAMS];
    GetStartupInfoW(&startup); /* also contains the descriptors that a C library passes on */
    SetConsoleCtrlHandler(stand_by, TRUE);
    pass_on_streams(streams);
    if (!CreateProcessW(long_path(program), line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL,
                        &startup, &child))
        return false;
    HANDLE job = CreateJobObjectW(NULL, NULL);
    limit_job(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_BREAKAWAY_OK);
    AssignProcessToJobObject(job, child.hProcess);
    ResumeThread(child.hThread);
    if (last)
        close_streams(streams);

    *code = NOT_FOUND;
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, code);
    limit_job(job, 0); /* it exited by itself: processes that it left running continue */
    return true;
}

/* Passes the command line on unchanged, including its quoting. */
static void become_uv(const wchar_t *path)
{
    DWORD code;
    if (run(path, (wchar_t *)JOIN(command_line), true, &code))
        ExitProcess(code);
}

/* Adds an argument, quoted by Microsoft's rules: backslashes are special only before a quote. */
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

static bool become_python(const struct configuration *configuration, const wchar_t *launcher)
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
    append_quoted(&line, N(STUB));
    append_quoted(&line, configuration->package);
    append_quoted(&line, launcher);
    append_quoted(&line, L"-");
    append_quoted(&line, name.start);
    append(&line, command_line + end);
    DWORD code;
    if (!run(configuration->python, line.start, false, &code))
        return false;
    if (code != PYTHON_FAILED_CODE)
        ExitProcess(code);
    return true;
}
