/* Text that grows, and functions for native text and for the text of records, which is bytes. */

/* Text that grows. All zero means empty; `start` is NUL-terminated once something was added. */
struct text {
    native *start;
    size_t length;
    size_t room;
};

static size_t length_of(const native *text)
{
    size_t length = 0;
    while (text[length] != 0)
        length++;
    return length;
}

static bool is_equal(const native *one, const native *other)
{
    size_t at = 0;
    while (one[at] != 0 && one[at] == other[at])
        at++;
    return one[at] == other[at];
}

static bool has_bytes(const char *bytes, size_t size, const char *wanted, size_t wanted_size)
{
    for (size_t start = 0; start + wanted_size <= size; start++) {
        size_t at = 0;
        while (at < wanted_size && bytes[start + at] == wanted[at])
            at++;
        if (at == wanted_size)
            return true;
    }
    return false;
}

static void append_some(struct text *text, const native *part, size_t count)
{
    if (text->room - text->length <= count) {
        size_t most = SIZE_MAX / sizeof(native) / 4;
        size_t needed = count < most && text->length < most ? text->length + count + 1 : most;
        text->start = reallocate(text->start, needed * 2 * sizeof(native));
        text->room = needed * 2;
    }
    for (size_t at = 0; at < count; at++)
        /* NOLINTNEXTLINE(clang-analyzer-security.ArrayBound): it misjudges literals */
        text->start[text->length + at] = part[at];
    text->length += count;
    text->start[text->length] = 0;
}

static void append(struct text *text, const native *part)
{
    append_some(text, part, length_of(part));
}

/* The number of digits of 2^64. */
enum { DIGITS = 20 };

/* Writes a number to the end of `digits`; returns where it starts. */
static size_t write_digits(native digits[DIGITS], uint64_t number)
{
    size_t first = DIGITS;
    do {
        digits[--first] = (native)(N('0') + number % 10);
        number /= 10;
    } while (number != 0);
    return first;
}

static void append_number(struct text *text, uint64_t number)
{
    native digits[DIGITS];
    size_t first = write_digits(digits, number);
    append_some(text, digits + first, DIGITS - first);
}

static const native *join(const native *const *parts)
{
    struct text whole = {0};
    for (append(&whole, N("")); *parts != NULL; parts++)
        append(&whole, *parts);
    return whole.start;
}

#define JOIN(...) join((const native *const[]){__VA_ARGS__, NULL})

static void append_hexadecimal(struct text *text, unsigned char byte)
{
    static const native digits[] = N("0123456789abcdef");
    append_some(text, &digits[byte >> 4], 1);
    append_some(text, &digits[byte & 15], 1);
}

/* Returns the position of a byte, or the end. */
static size_t end_of(char wanted, const char *bytes, size_t start, size_t size)
{
    while (start < size && bytes[start] != wanted)
        start++;
    return start;
}

static size_t size_of(const char *text)
{
    return end_of(0, text, 0, SIZE_MAX);
}

static bool begins_with(const char *text, const char *start)
{
    size_t at = 0;
    while (start[at] != 0 && text[at] == start[at])
        at++;
    return start[at] == 0;
}

static bool is_key(const char *bytes, size_t size, const char *key)
{
    size_t at = 0;
    while (at < size && key[at] != 0 && bytes[at] == key[at])
        at++;
    return at == size && key[at] == 0;
}

/* Returns the value if the entry has this name, else NULL. */
static char *value_in(char *entry, const char *name)
{
    size_t at = 0;
    while (name[at] != 0 && entry[at] == name[at])
        at++;
    return name[at] == 0 && entry[at] == '=' ? entry + at + 1 : NULL;
}

/* Reads digits up to `end`; returns the text after it, or NULL if the text does not match. */
static const char *read_number(const char *text, char end, uint64_t *number)
{
    size_t at = 0;
    *number = 0;
    for (; at < 10 && text[at] >= '0' && text[at] <= '9'; at++)
        *number = *number * 10 + (uint64_t)(text[at] - '0');
    return at > 0 && text[at] == end ? text + at + 1 : NULL;
}
