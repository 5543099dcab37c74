/* Find the real uv or uvx, and become it with the user's environment. */

/* A search for the real uv. */
struct search {
    const native *launcher;
    bool uvx;               /* search for the real uvx */
    bool become;            /* become what was found, instead of only returning it */
    const native *found;    /* what was found, if it was not to become it */
    const native *rejected; /* what was wrong with the last place, NULL if it does not exist */
    struct text tried;      /* every place searched, as lines for people */
};

static bool is_ours(const native *path, const native *launcher)
{
    if (is_same_file(path, launcher))
        return true;
    struct content content = {0};
    return read_file(path, SHIM_LIMIT, false, &content) == NULL
        && has_bytes(content.bytes, content.size, MARKER, sizeof MARKER - 1);
}

/* Tries one path. Returns true if it is the real uv, and was only to be found. */
static bool try_place(struct search *search, const native *path)
{
    search->rejected = NULL;
    if (!is_program(path))
        search->rejected = exists(path) ? N("is not an executable file") : NULL;
    else if (is_ours(path, search->launcher))
        search->rejected = N("is uvlocal's own shim");
    else if (!search->become) {
        search->found = path;
        return true;
    } else {
        become_uv(path);
        search->rejected = N("cannot be started");
    }
    append(&search->tried, N("\n  "));
    append(&search->tried, path);
    if (search->rejected != NULL) {
        append(&search->tried, N(" ("));
        append(&search->tried, search->rejected);
        append(&search->tried, N(")"));
    }
    return false;
}

/* Splits the first directory off a PATH. On Windows, quotes may contain the separator. */
static const native *next_folder(const native *rest, struct text *folder)
{
    bool quoted = false;
    folder->length = 0;
    append(folder, N(""));
    for (; *rest != 0 && (quoted || *rest != PATH_SEPARATOR); rest++) {
        if (PATH_SEPARATOR == N(';') && *rest == N('"'))
            quoted = !quoted;
        else
            append_some(folder, rest, 1);
    }
    return *rest == 0 ? NULL : rest + 1;
}

/* Searches PATH. Relative entries depend on the current directory, which may be untrusted, so they
 * are skipped. */
static bool try_path(struct search *search)
{
    const native separator[] = {SEPARATOR, 0};
    const native *rest = get_variable(N("PATH"));
    struct text folder = {0};
    while (rest != NULL) {
        rest = next_folder(rest, &folder);
        if (!is_absolute(folder.start))
            continue;
        if (folder.start[folder.length - 1] != SEPARATOR)
            append(&folder, separator);
        append(&folder, search->uvx ? UVX : UV);
        if (try_place(search, folder.start))
            return true;
    }
    return false;
}

static _Noreturn void fail_without_wish(const native *wish, const native *rejected)
{
    const native *why = rejected == NULL ? N("does not exist") : rejected;
    fail(JOIN(N("error: `UVLOCAL_UV` names `"), wish, N("`, which "), why,
              N("\n\nhint: set `UVLOCAL_UV` to the path of the real uv, or unset it\n")));
}

/* Searches for the real uv: in `UVLOCAL_UV`, on PATH without ourselves, then as recorded. An
 * explicit choice is not silently replaced. */
static void search_uv(struct search *search, const native *recorded)
{
    const native *wish = get_variable(N("UVLOCAL_UV"));
    if (wish != NULL && wish[0] != 0) {
        if (!try_place(search, wish) && search->become)
            fail_without_wish(wish, search->rejected);
    } else if (!try_path(search) && recorded != NULL) {
        try_place(search, recorded);
    }
}

/* Returns whether the launcher was called as `uvx`, in any letter case. */
static bool is_uvx(const native *launcher)
{
    static const native name[] = UVX;
    const size_t length = sizeof name / sizeof name[0] - 1;
    size_t whole = length_of(launcher);
    if (whole <= length || launcher[whole - length - 1] != SEPARATOR)
        return false;
    for (size_t at = 0; at < length; at++) {
        /* NOLINTNEXTLINE(clang-analyzer-security.ArrayBound): `whole` is the length of `launcher` */
        if ((launcher[whole - length + at] | 0x20) != name[at])
            return false;
    }
    return true;
}

/* Searches for uv, or for the uvx beside the real uv, then on PATH. */
static void search_program(struct search *search, const native *recorded)
{
    search->uvx = is_uvx(search->launcher);
    if (!search->uvx) {
        search_uv(search, recorded);
        return;
    }
    struct search uv = {.launcher = search->launcher};
    search_uv(&uv, recorded);
    const native *wish = get_variable(N("UVLOCAL_UV"));
    if (uv.found == NULL && wish != NULL && wish[0] != 0 && search->become)
        fail_without_wish(wish, uv.rejected);
    if (uv.found != NULL) {
        struct text beside = {0};
        size_t folder = length_of(uv.found);
        while (folder > 0 && uv.found[folder - 1] != SEPARATOR)
            folder--;
        append_some(&beside, uv.found, folder);
        append(&beside, UVX);
        if (try_place(search, beside.start))
            return;
    }
    try_path(search);
}

/* Restores what an outer uvlocal call changed, so that uv gets the user's own environment. A value
 * that differs from ours is the user's, and stays. */
static void restore_environment(void)
{
#define EACH(name) N(name),
    static const native *const NAMES[] = {MANAGED(EACH) NULL};
#undef EACH
    for (const native *const *name = NAMES; *name != NULL; name++) {
        const native *set_name = JOIN(N(SET_PREFIX), *name);
        const native *had_name = JOIN(N(HAD_PREFIX), *name);
        const native *now = get_variable(*name);
        const native *set = get_variable(set_name);
        const native *had = get_variable(had_name);
        if (now != NULL && set != NULL && is_equal(now, set)) {
            if (had != NULL)
                set_variable(*name, had);
            else
                unset_variable(*name);
        }
        unset_variable(set_name);
        unset_variable(had_name);
    }
}

/* The one hard error. */
static _Noreturn void fail_without_uv(const struct search *search)
{
    fail(JOIN(N("error: no uv"), search->uvx ? N("x") : N(""),
              N(" found in any of these places:"),
              search->tried.length > 0 ? search->tried.start : N("\n  `PATH` has no usable folder"),
              N("\n\nhint: install uv (https://docs.astral.sh/uv/getting-started/installation/), "),
              N("or set `UVLOCAL_UV` to the path of the real uv\n")));
}

static _Noreturn void run_real_uv(const native *launcher, const native *recorded)
{
    struct search search = {.launcher = launcher, .become = true};
    restore_environment();
    search_program(&search, recorded);
    fail_without_uv(&search);
}
