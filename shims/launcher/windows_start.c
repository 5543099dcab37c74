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

/* A program that was started, and the job that it runs in. */
struct child {
    HANDLE process;
    HANDLE job;
};

static bool begin(const wchar_t *program, wchar_t *line, struct child *into)
{
    STARTUPINFOW startup;
    PROCESS_INFORMATION child;
    GetStartupInfoW(&startup); /* also carries the descriptors that a C library passes on */
    SetConsoleCtrlHandler(stand_by, TRUE);
    if (!CreateProcessW(long_path(program), line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL,
                        &startup, &child))
        return false;
    *into = (struct child){child.hProcess, CreateJobObjectW(NULL, NULL)};
    limit_job(into->job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_BREAKAWAY_OK);
    AssignProcessToJobObject(into->job, child.hProcess);
    ResumeThread(child.hThread);
    CloseHandle(child.hThread);
    return true;
}

/* Waits for the end of a program; returns its exit code, all 32 bits of it. */
static DWORD wait_for(struct child child)
{
    DWORD code = NOT_FOUND;
    WaitForSingleObject(child.process, INFINITE);
    GetExitCodeProcess(child.process, &code);
    limit_job(child.job, 0); /* it exited by itself: processes that it left running continue */
    CloseHandle(child.process);
    CloseHandle(child.job);
    return code;
}

/* The command line is passed on as it came: quoting is the user's, and uv's to read. */
static void become_uv(const wchar_t *path)
{
    struct child uv;
    HANDLE streams[STREAMS];
    pass_on_streams(streams);
    if (!begin(path, (wchar_t *)JOIN(command_line), &uv))
        return;
    close_streams(streams);
    ExitProcess(wait_for(uv));
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

/* Returns the command line for Python, documented in `launch.py`; `to` is the pipe for its answer. */
static wchar_t *line_for_python(const struct configuration *configuration, const wchar_t *launcher,
                                HANDLE to)
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
    append(&line, L" \"");
    append_number(&line, (uintptr_t)to);
    append(&line, L"\"");
    append_quoted(&line, name.start);
    append(&line, command_line + end);
    return line.start;
}

/* Reads a pipe until the program at its other end exits. */
static struct content read_pipe(HANDLE from)
{
    struct content content = {reallocate(NULL, RECORD_LIMIT), 0};
    DWORD got = 1;
    while (content.size < RECORD_LIMIT && got > 0) {
        DWORD room = (DWORD)(RECORD_LIMIT - content.size);
        if (!ReadFile(from, content.bytes + content.size, room, &got, NULL))
            break;
        content.size += got;
    }
    CloseHandle(from);
    return content;
}

/* Python only decides: it writes its answer to an inherited pipe, and exits before uv starts. So no
 * change that Python makes to its own process can reach uv, and uv can remove or replace that
 * Python. If Python was interrupted, we exit too. The `python.exe` of an environment starts another
 * one, which inherits every handle, and waits for it (CPython's `PC/venvlauncher.c`, uv's
 * `uv-trampoline`). */
static bool become_python(const struct configuration *configuration, const wchar_t *launcher)
{
    HANDLE from;
    HANDLE to;
    HANDLE streams[STREAMS];
    struct child python;
    if (!CreatePipe(&from, &to, NULL, 0))
        return false;
    SetHandleInformation(to, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    pass_on_streams(streams);
    bool began = begin(configuration->python, line_for_python(configuration, launcher, to), &python);
    CloseHandle(to);
    struct content answer = read_pipe(from);
    if (!began)
        return false;
    DWORD code = wait_for(python);
    if (code == (DWORD)STATUS_CONTROL_C_EXIT)
        ExitProcess(code);

    struct fields fields = {answer.bytes, answer.bytes + answer.size};
    if (!next_is(&fields, ANSWER_MAGIC))
        return true;
    struct fields changes = fields;
    const wchar_t *uv = read_outcome(&fields);
    if (uv == NULL)
        return true;
    if (uv[0] == 0)
        leave(NOT_FOUND); /* there is none, and Python has said so */
    change_environment(&changes, true);
    become_uv(uv);
    fail(JOIN(L"error: failed to start `", uv, L"`\n"));
}
