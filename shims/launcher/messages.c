/* Messages on standard error. */

/* In one write, so that the lines of parallel calls do not mix. */
static void say(const native *text)
{
    write_error(text, length_of(text));
}

static _Noreturn void fail(const native *message)
{
    say(message);
    leave(NOT_FOUND);
}

/* Empty and `0` are off, as in `variables.is_on`. */
static bool is_on(const native *name)
{
    const native *value = get_variable(name);
    return value != NULL && value[0] != 0 && !(value[0] == N('0') && value[1] == 0);
}

/* `repair` is a command that works without uvlocal's Python, or NULL. */
static void warn(const native *trouble, const native *launcher, const native *repair)
{
    if (is_on(N("UVLOCAL_QUIET")))
        return;
    say(JOIN(N("warning: "), trouble, N("; running the real uv unchanged\n"),
             N("hint: run `"), repair != NULL ? repair : N("uvlocal install"),
             repair != NULL ? N("`, then `uvlocal install`,") : N("`"),
             N(" to repair this, or delete `"), launcher,
             N("` to remove the shim\n")));
}
