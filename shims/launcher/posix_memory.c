/* Memory on POSIX. */

/* Memory is taken off a static block, and off mapped ones once that is used up: an allocator that
 * could free would cost more system calls than all the rest. Each piece has its size in front. */
static void *reallocate(void *old, size_t size)
{
    enum { BLOCK = 128 * 1024, MAPPED = 4 * 1024 * 1024, HEAD = 16 };
    static _Alignas(HEAD) char block[BLOCK];
    static char *next;
    static size_t left;
    if (next == NULL) {
        next = block;
        left = BLOCK;
    }
    size_t needed = size < SIZE_MAX / 2 ? (size + HEAD - 1) / HEAD * HEAD + HEAD : SIZE_MAX;
    if (needed > left && needed < SIZE_MAX) {
        size_t room = needed > MAPPED ? needed : MAPPED;
        void *mapped = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
        next = mapped != MAP_FAILED ? mapped : NULL;
        left = mapped != MAP_FAILED ? room : 0;
    }
    if (needed > left) {
        static const char message[] = "error: out of memory\n";
        write_error(message, sizeof message - 1);
        leave(NOT_FOUND);
    }
    char *memory = next + HEAD;
    *(size_t *)(void *)next = size;
    next += needed;
    left -= needed;
    size_t kept = old != NULL ? *(size_t *)(void *)((char *)old - HEAD) : 0;
    for (size_t at = 0; at < kept && at < size; at++)
        memory[at] = ((char *)old)[at];
    return memory;
}
