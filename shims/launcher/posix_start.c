/* Become another program on POSIX. */

static void become_uv(const char *path)
{
    execve(path, arguments, environ);
}

static bool is_ignored(int number)
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

/* Returns the state that Python's startup changes, so that it can be restored before uv starts:
 * CPython ignores SIGPIPE and SIGXFSZ, and in a C locale sets LC_CTYPE (PEP 538). P and X: the
 * signal was already ignored. L: LC_CTYPE was absent; otherwise its value follows `=` in lowercase
 * hexadecimal, which contains none of these letters. */
static const char *flags_for_python(void)
{
    const char *locale = get_variable("LC_CTYPE");
    struct text flags = {0};
    append(&flags, is_ignored(SIGPIPE) ? "P" : "");
    append(&flags, is_ignored(SIGXFSZ) ? "X" : "");
    append(&flags, locale == NULL ? "L" : "");
    if (flags.length == 0)
        append(&flags, "-");
    if (locale != NULL)
        append(&flags, "=");
    for (; locale != NULL && *locale != 0; locale++)
        append_hexadecimal(&flags, (unsigned char)*locale);
    return flags.start;
}

/* -X utf8: Python then passes arguments on as the same bytes. In a GBK locale, for example, some
 * would change. */
static bool become_python(const struct configuration *configuration, const char *launcher)
{
    const char *own[] = {
        configuration->python,  "-I",     "-S",
        "-X",                   "utf8",   "-c",
        STUB,                   configuration->package,
        launcher,               flags_for_python(),
    };
    size_t own_count = sizeof own / sizeof own[0];
    size_t count = 0;
    while (arguments[count] != NULL)
        count++;
    char **vector = reallocate(NULL, (own_count + count + 2) * sizeof(char *));
    for (size_t at = 0; at < own_count; at++)
        vector[at] = (char *)own[at];
    for (size_t at = 0; at < count; at++)
        vector[own_count + at] = arguments[at];
    if (count == 0)
        vector[own_count + count++] = (char *)""; /* `launch.py` needs an argv[0] */
    vector[own_count + count] = NULL;
    execve(configuration->python, vector, environ);
    return false;
}
