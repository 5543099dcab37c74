/*
 * Replay the decision that Python recorded for the same call. `recall/writer.py` documents the
 * format, `recall/recording_host.py` the stamps. Any difference to the record is a miss, and Python
 * decides.
 */

/* Returns bytes as a big-endian number modulo the prime 2^61 - 1; `rest` is the result for the
 * bytes before. 2^61 is congruent to 1. */
static uint64_t rest_of(uint64_t rest, const char *bytes, size_t size)
{
    const uint64_t prime = ((uint64_t)1 << 61) - 1;
    for (size_t at = 0; at < size; at++) {
        rest = (rest >> 53) + ((rest << 8) & prime) + (unsigned char)bytes[at];
        rest = rest >= prime ? rest - prime : rest;
    }
    return rest;
}

/* Returns whether a decision can depend on this variable. */
static bool is_relevant(char *entry)
{
#define EACH(name) name,
    static const char *const NAMES[] = {VARIABLES(EACH) NULL};
#undef EACH
    if (begins_with(entry, VARIABLE_PREFIX))
        return value_in(entry, LOOP) == NULL
            && entry[end_of('=', entry, 0, size_of(entry))] != 0;
    for (const char *const *name = NAMES; *name != NULL; name++) {
        if (value_in(entry, *name) != NULL)
            return true;
    }
    return false;
}

/* The key of a recorded decision. */
struct key {
    const char *launcher;
    const char *how;       /* "exact", "run", "prefix" or "kept" */
    const char *directory; /* "" for "prefix" */
    char **words;
    size_t count;
};

/* A record's fields, each terminated by a NUL. */
struct fields {
    const char *next;
    const char *end;
};

static const char *next_field(struct fields *fields)
{
    const char *start = fields->next;
    size_t left = (size_t)(fields->end - start);
    size_t length = end_of(0, start, 0, left);
    if (length == left)
        return NULL;
    fields->next = start + length + 1;
    return start;
}

static bool next_is(struct fields *fields, const char *wanted)
{
    const char *field = next_field(fields);
    return field != NULL && is_key(field, size_of(field), wanted);
}

static bool next_count(struct fields *fields, size_t *count)
{
    uint64_t number = 0;
    const char *field = next_field(fields);
    if (field == NULL || read_number(field, 0, &number) == NULL || number > COUNT_LIMIT)
        return false;
    *count = (size_t)number;
    return true;
}

static bool is_for(struct fields *fields, const struct key *key)
{
    size_t count = 0;
    if (!next_is(fields, RECORD_MAGIC) || !next_is(fields, key->launcher) || !next_is(fields, key->how)
        || !next_is(fields, key->directory) || !next_count(fields, &count) || count != key->count)
        return false;
    for (size_t at = 0; at < count; at++) {
        if (!next_is(fields, key->words[at]))
            return false;
    }
    return true;
}

/* Returns whether the variables match the record, in any order. */
static bool has_same_variables(struct fields *fields, char **variables)
{
    size_t count = 0;
    if (!next_count(fields, &count))
        return false;
    struct fields recorded = *fields;
    for (size_t at = 0; at < count; at++) {
        if (next_field(fields) == NULL)
            return false;
    }
    size_t found = 0;
    for (char **entry = variables; *entry != NULL; entry++) {
        if (!is_relevant(*entry))
            continue;
        struct fields rest = recorded;
        size_t at = 0;
        while (at < count && !next_is(&rest, *entry))
            at++;
        if (at == count)
            return false;
        found++;
    }
    return found == count;
}

/* Compares the start of a text with a number, as Python writes it. Returns the text after the
 * number, or NULL if it differs. */
static const char *after_number(const char *text, uint64_t number)
{
    native digits[DIGITS];
    for (size_t at = write_digits(digits, number); at < DIGITS; at++) {
        if ((native)*text++ != digits[at])
            return NULL;
    }
    return text;
}

static bool are_numbers(const char *text, const uint64_t *numbers, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        text = after_number(text, numbers[at]);
        if (text == NULL || *text++ != (at + 1 < count ? ':' : 0))
            return false;
    }
    return true;
}

/* The stamp is `$` and the value of a variable; an unset one counts as empty. */
static bool has_same_value(const char *stamp, const native *name)
{
    const native *value = from_record(stamp + 1);
    const native *now = get_variable(name);
    return value != NULL && is_equal(now != NULL ? now : N(""), value);
}

static bool has_same_inputs(struct fields *fields)
{
    size_t count = 0;
    if (!next_count(fields, &count))
        return false;
    for (size_t at = 0; at < count; at++) {
        const char *stamp = next_field(fields);
        const char *name = next_field(fields);
        if (stamp == NULL || name == NULL)
            return false;
        const native *path = from_record(name);
        if (path == NULL)
            return false;
        if (stamp[0] == '$' ? !has_same_value(stamp, path) : !is_unchanged(stamp, path))
            return false;
    }
    return true;
}

/* Checks the changes, or makes them. */
static bool change_environment(struct fields *fields, bool make)
{
    size_t count = 0;
    if (!next_count(fields, &count))
        return false;
    for (size_t at = 0; at < count; at++) {
        const char *change = next_field(fields);
        if (change == NULL || change[0] == 0 || change[0] == '=')
            return false;
        size_t length = size_of(change);
        size_t equals = end_of('=', change, 0, length);
        const native *name = to_native(change, equals);
        const char *text = equals < length ? change + equals + 1 : NULL;
        const native *value = text != NULL ? from_record(text) : NULL;
        if (name == NULL || (text != NULL && value == NULL))
            return false;
        if (make && value != NULL)
            set_variable(name, value);
        else if (make)
            unset_variable(name);
    }
    return true;
}

/* Reads the outcome, which is the end of a record and the whole of an answer: the changes, and the
 * real uv, which is returned. Returns NULL if it is incomplete. Changes nothing. */
static const native *read_outcome(struct fields *fields)
{
    if (!change_environment(fields, false))
        return NULL;
    const char *field = next_field(fields);
    if (field == NULL || !next_is(fields, "end") || fields->next != fields->end)
        return NULL;
    return from_record(field);
}

/* Replays a record if it is for this key and all inputs are unchanged: changes the environment, and
 * returns the real uv. Otherwise changes nothing and returns NULL. */
static const native *replay(const char *bytes, size_t size, const struct key *key, char **variables)
{
    struct fields fields = {bytes, bytes + size};
    if (!is_for(&fields, key) || !has_same_variables(&fields, variables)
        || !has_same_inputs(&fields))
        return NULL;
    struct fields changes = fields;
    const native *uv = read_outcome(&fields);
    if (uv == NULL || !is_absolute(uv))
        return NULL;
    change_environment(&changes, true);
    return uv;
}

/* Returns whether a text is these bytes in hexadecimal. */
static bool is_hexadecimal(const char *text, const unsigned char *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t at = 0; at < size; at++) {
        if (*text++ != digits[bytes[at] >> 4] || *text++ != digits[bytes[at] & 15])
            return false;
    }
    return *text == 0;
}

/* Replays the record for a key, if there is one; `sum` is the sum of the variables' hashes. */
static void recall_for(const struct key *key, const native *folder, char **variables, uint64_t sum)
{
    uint64_t number = rest_of(0, key->launcher, size_of(key->launcher) + 1);
    number = rest_of(number, key->how, size_of(key->how) + 1);
    number = rest_of(number, key->directory, size_of(key->directory) + 1);
    for (size_t at = 0; at < key->count; at++)
        number = rest_of(number, key->words[at], size_of(key->words[at]) + 1);
    number += sum;

    struct text path = {0};
    append(&path, folder);
    for (int shift = 56; shift >= 0; shift -= 8)
        append_hexadecimal(&path, (unsigned char)(number >> shift));

    struct content content = {0};
    if (read_file(path.start, RECORD_LIMIT, true, &content) != NULL || content.size == 0)
        return;
    const native *uv = replay(content.bytes, content.size, key, variables);
    if (uv != NULL)
        become_uv(uv);
}

/* Returns how many words precede the program in `run FLAGS... PROGRAM...`, or 0 for other commands.
 * A program that has a path, may be a script, or exists in the current directory, does not count,
 * as uv reads it. */
static size_t words_before_program(char **words, size_t count)
{
    size_t at = 1;
    if (count == 0 || !is_key(words[0], size_of(words[0]), "run"))
        return 0;
    while (at < count && words[at][0] == '-')
        at++;
    if (at == count || words[at][0] == 0)
        return 0;
    for (const char *letter = words[at]; *letter != 0; letter++) {
        if (*letter == '/' || *letter == '\\' || *letter == '.')
            return 0;
    }
    const native *program = from_record(words[at]);
    return program == NULL || exists(program) ? 0 : at;
}

/* Returns whether a call without Python may use the decision recorded for others in its directory:
 * no word may refer to another project. */
static bool keeps_environment(char **words)
{
#define EACH(name) name,
    static const char *const COMMANDS[] = {KEEPING(EACH) NULL};
    static const char *const OPTIONS[] = {LEAVING(EACH) NULL};
#undef EACH
    bool known = false;
    for (const char *const *name = COMMANDS; *name != NULL && words[0] != NULL; name++)
        known = known || is_key(words[0], size_of(words[0]), *name);
    for (; known && *words != NULL; words++) {
        for (const char *const *option = OPTIONS; *option != NULL; option++)
            known = known && !begins_with(*words, *option);
        for (const char *letter = *words; *letter != 0; letter++)
            known = known && *letter != '/' && *letter != '\\';
    }
    return known;
}

/* Replays a recorded decision; returns if there is no valid one. `alone`: Python is gone. */
static void recall(const native *cache, const native *launcher, bool alone)
{
    const native *folder = JOIN(cache, N("/" DECISIONS "/"));
    const char *own = to_record(launcher);
    char **words = own_words();
    char **variables = own_variables();
    if (own == NULL || words == NULL || variables == NULL || !is_private_folder(cache)
        || !is_private_folder(folder))
        return;
    size_t count = 0;
    size_t size = 0;
    for (; words[count] != NULL; count++)
        size += size_of(words[count]);
    uint64_t sum = 0;
    for (char **entry = variables; *entry != NULL; entry++)
        sum += is_relevant(*entry) ? rest_of(0, *entry, size_of(*entry)) : 0;

    const char *directory = current_directory();
    if (alone) {
        if (directory != NULL && keeps_environment(words))
            recall_for(&(struct key){own, "kept", directory, words, 0}, folder, variables, sum);
        return;
    }
    size_t before_program = words_before_program(words, count);
    struct key run = {own, "run", directory, words, before_program};
    struct key exact = {own, "exact", directory, words, count};
    if (directory != NULL && before_program > 0)
        recall_for(&run, folder, variables, sum);
    if (directory != NULL && count > 0 && size <= LINE_LIMIT)
        recall_for(&exact, folder, variables, sum);
    for (size_t length = 1; length <= 2 && length <= count; length++)
        recall_for(&(struct key){own, "prefix", "", words, length}, folder, variables, sum);
}
