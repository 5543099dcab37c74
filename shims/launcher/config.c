/* The file beside the launcher: where Python, the package, the real uv and the cache are. */

/* The settings in the file beside the launcher; NULL for missing ones. */
struct configuration {
    const native *python;  /* the interpreter */
    const native *package; /* the directory that contains the package `uvlocal` */
    const native *uv;      /* the real uv, as found when the launcher was installed */
    const native *cache;   /* the cache directory, for recorded decisions */
    const native *repair;  /* the command that reinstalls uvlocal, without its Python */
    const native *trouble; /* why the configuration is unusable, or NULL */
};

/* Parses a line, `key value`; ignores unknown keys and paths that are not absolute. */
static void take_line(struct configuration *into, const char *line, size_t size)
{
    size_t key = end_of(' ', line, 0, size);
    if (key == size)
        return;
    const native *value = to_native(line + key + 1, size - key - 1);
    if (value != NULL && is_key(line, key, "repair"))
        into->repair = value;
    if (value == NULL || !is_absolute(value))
        return;
    if (is_key(line, key, "python"))
        into->python = value;
    else if (is_key(line, key, "package"))
        into->package = value;
    else if (is_key(line, key, "uv"))
        into->uv = value;
    else if (is_key(line, key, "cache"))
        into->cache = value;
}

/* A line counts only with its newline: a full disk may have truncated a path. */
static void take_lines(struct configuration *into, const struct content *content)
{
    const char *bytes = content->bytes;
    size_t size = content->size;
    size_t end = end_of('\n', bytes, 0, size);
    bool ours = end < size && is_key(bytes, end, "uvlocal " CONFIGURATION_VERSION);
    if (!ours || end_of(0, bytes, 0, size) < size) {
        into->trouble = N("is damaged");
        return;
    }
    for (size_t start = end + 1; start < size; start = end + 1) {
        end = end_of('\n', bytes, start, size);
        if (end < size)
            take_line(into, bytes + start, end - start);
    }
    if (into->python == NULL || into->package == NULL)
        into->trouble = N("is damaged");
}

static struct configuration read_configuration(const native *launcher)
{
    struct configuration result = {0};
    struct text path = {0};
    size_t folder = length_of(launcher);
    while (folder > 0 && launcher[folder - 1] != SEPARATOR)
        folder--;
    append_some(&path, launcher, folder);
    append(&path, N(CONFIGURATION));

    struct content content = {0};
    result.trouble = read_file(path.start, CONFIGURATION_LIMIT, true, &content);
    if (result.trouble == NULL)
        take_lines(&result, &content);
    if (result.trouble != NULL)
        result.trouble = JOIN(N("`"), path.start, N("` "), result.trouble);
    return result;
}
