/* Stop a process that goes round in circles. */

/* How often one process may pass here, and how deep calls may nest (uv's own limit is 100 too). */
enum { PASSES_ALLOWED = 5, DEPTH_ALLOWED = 100 };

/* UVLOCAL_LOOP is PID:PASSES:DEPTH. `execve` keeps the process number, so a loop of two programs
 * that become each other shows in PASSES; one that starts new processes shows in DEPTH. */
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

static _Noreturn void fail_in_circles(const native *launcher, const native *recorded, bool deep)
{
    struct search search = {.launcher = launcher};
    search_program(&search, recorded);
    if (search.found == NULL)
        fail_without_uv(&search);
    fail(JOIN(N("error: uv goes round in circles: `"), launcher, N("` starts `"), search.found,
              deep ? N("`, and calls are nested more than 100 deep\n")
                   : N("`, which starts the former again\n"),
              N("\nhint: look at what `"), search.found,
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
    if (now.passes > PASSES_ALLOWED || now.depth > DEPTH_ALLOWED)
        fail_in_circles(launcher, recorded, now.depth > DEPTH_ALLOWED);

    struct text value = {0};
    append_number(&value, now.process);
    append(&value, N(":"));
    append_number(&value, now.passes);
    append(&value, N(":"));
    append_number(&value, now.depth);
    set_variable(N(LOOP), value.start);
}
