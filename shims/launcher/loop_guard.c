/* Stop a process that is in an endless loop. */

/* How often one process may pass here, and how deep calls may nest beyond uv's own count. */
enum { PASSES_ALLOWED = 5, DEPTH_ALLOWED = 100 };

/* UVLOCAL_LOOP is PID:PASSES:DEPTH. `execve` keeps the process id, so two programs that become each
 * other increase PASSES; a loop that starts new processes increases DEPTH. */
struct passage {
    uint64_t process;
    uint64_t passes;
    uint64_t depth;
};

static struct passage last_passage(void)
{
    struct passage last = {0};
    const native *value = get_variable(N(LOOP));
    const char *rest = value != NULL ? to_record(value) : NULL;
    if (rest != NULL)
        rest = read_number(rest, ':', &last.process);
    if (rest != NULL)
        rest = read_number(rest, ':', &last.passes);
    if (rest != NULL)
        rest = read_number(rest, 0, &last.depth);
    return rest != NULL ? last : (struct passage){0};
}

/* Returns how deep `uv run` is nested by uv's own count, or 0 if uv does not count. uv stops at a
 * configurable depth with its own message, so these levels are left to uv. */
static uint64_t depth_by_uv(void)
{
    uint64_t depth = 0;
    const native *value = get_variable(N("UV_RUN_RECURSION_DEPTH"));
    const char *digits = value != NULL ? to_record(value) : NULL;
    if (digits == NULL || read_number(digits, 0, &depth) == NULL || depth > COUNT_LIMIT)
        return 0;
    return depth;
}

static _Noreturn void fail_in_loop(const native *launcher, const native *recorded, bool deep)
{
    struct search search = {.launcher = launcher};
    search_program(&search, recorded);
    if (search.found == NULL)
        fail_without_uv(&search);
    fail(JOIN(N("error: endless loop: `"), launcher, N("` starts `"), search.found,
              deep ? N("`, and calls are nested more than 100 deep\n")
                   : N("`, which starts the shim again\n"),
              N("\nhint: check what `"), search.found,
              N("` starts, or set `UVLOCAL_UV` to the path of the real uv\n")));
}

static void guard_against_loops(const native *launcher, const native *recorded)
{
    struct passage now = {.process = process_number(), .passes = 1, .depth = 1};
    struct passage last = last_passage();
    if (last.process == now.process && last.passes > 0) {
        now.passes = last.passes + 1;
        now.depth = last.depth;
    } else {
        now.depth = last.depth + 1;
    }
    bool deep = now.depth > DEPTH_ALLOWED + depth_by_uv();
    if (now.passes > PASSES_ALLOWED || deep)
        fail_in_loop(launcher, recorded, deep);

    struct text value = {0};
    append_number(&value, now.process);
    append(&value, N(":"));
    append_number(&value, now.passes);
    append(&value, N(":"));
    append_number(&value, now.depth);
    set_variable(N(LOOP), value.start);
}
