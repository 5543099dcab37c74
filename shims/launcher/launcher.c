/*
 * uvlocal's launcher: the programs `uv` and `uvx` on PATH, on Windows with `.exe`.
 *
 * Its own name decides which of the two it becomes. It knows no rules. A call takes these steps, in
 * `launch` below:
 *
 *   0. Where nothing is asked but whether it starts, say who it is, and end.
 *   1. Find out which file this is, and read the configuration beside it (`config.c`).
 *   2. Stop if this process is in an endless loop (`loop_guard.c`).
 *   3. Replay Python's decision for the same call, if one is recorded and all its inputs are
 *      unchanged: then become the real uv at once (`recall.c`).
 *   4. Become Python with uvlocal's package, which decides and then becomes the real uv. If the
 *      package is damaged, Python becomes the launcher again, and sets a variable. On Windows
 *      Python decides, answers and exits; then the launcher becomes the real uv.
 *   5. If Python does not work: keep the environment that was recorded for another call in this
 *      directory; else restore the user's environment, find the real uv, and become it
 *      (`real_uv.c`). Nothing that is wrong with uvlocal may stop uv.
 *
 * "Become" means `execve` if the system has it, so that exit codes, signals, terminals and file
 * descriptors are uv's own. Windows does not: there we start the program, wait, and return its exit
 * code.
 *
 * All files are included here and compiled as one, so that everything can be `static` and unneeded
 * code is left out. `platform.h` declares what differs between systems, and `posix*.c` or
 * `windows*.c` defines it. Memory is not freed, as the process soon becomes another program.
 */

#include "platform.h"
#include "text.c"
#include "messages.c"
#include "config.c"
#include "real_uv.c"
#include "loop_guard.c"
#include "recall.c"

static const native *package_trouble(const struct configuration *configuration, const native *is)
{
    return JOIN(N("uvlocal's package in `"), configuration->package, N("` "), is);
}

/* Becomes Python. If that fails, returns the reason. */
static const native *try_python(const struct configuration *configuration, const native *launcher)
{
    const native *python = configuration->python;
    if (!is_program(python))
        return JOIN(N("uvlocal's Python `"), python, N("` is gone"));
    if (!is_readable(JOIN(configuration->package, N(LAUNCH))))
        return package_trouble(configuration, N("is gone"));
    if (become_python(configuration, launcher))
        return JOIN(N("uvlocal's Python `"), python, N("` did not answer"));
    return JOIN(N("uvlocal's Python `"), python, N("` cannot be started"));
}

/* `uvlocal install` and `uvlocal doctor` ask so. */
static void answer_probe(void)
{
    char **words = own_words();
    if (words == NULL || words[0] == NULL || words[1] != NULL
        || !is_key(words[0], size_of(words[0]), PROBE))
        return;
    say(N(MARKER "\n"));
    leave(0);
}

static _Noreturn void launch(void)
{
    answer_probe();
    const native *launcher = own_path();
    struct configuration configuration = {.trouble = N("the launcher cannot determine its own path")};
    if (launcher != NULL)
        configuration = read_configuration(launcher);
    else
        launcher = UV;

    bool trusted = configuration.trouble == NULL && configuration.cache != NULL;
    guard_against_loops(launcher, configuration.uv);
    if (get_variable(N(PYTHON_FAILED)) != NULL) {
        unset_variable(N(PYTHON_FAILED));
        if (configuration.trouble == NULL)
            configuration.trouble = package_trouble(&configuration, N("is damaged"));
    }
    if (configuration.trouble == NULL && configuration.cache != NULL && !is_on(N("UVLOCAL_TRACE")))
        recall(configuration.cache, launcher, false);
    if (configuration.trouble == NULL)
        configuration.trouble = try_python(&configuration, launcher);
    warn(configuration.trouble, launcher, configuration.repair);
    if (trusted)
        recall(configuration.cache, launcher, true);
    run_real_uv(launcher, configuration.uv);
}

#ifndef _WIN32

extern char **environ;

static char **arguments;

int main(int count, char **vector)
{
    (void)count; /* may be 0, but `vector` is always NULL-terminated */
    arguments = vector;
    launch();
}

#ifndef FUZZING /* the fuzzer has its own, which detects writes out of bounds */
#include "posix_memory.c"
#endif
#include "posix.c"
#include "posix_recall.c"
#include "posix_start.c"

#else

static wchar_t *command_line;

/* The entry point, as there is no C library to call `main`. */
/* NOLINTNEXTLINE(misc-use-internal-linkage): the linker needs it */
void start(void);

void start(void)
{
    command_line = GetCommandLineW();
    launch();
}

#include "windows.c"
#include "windows_recall.c"
#include "windows_start.c"

#endif
