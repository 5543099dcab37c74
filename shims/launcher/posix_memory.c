/* Memory on POSIX. */

/* The header of each piece; as large as the strictest alignment. */
struct head {
    _Alignas(16) size_t size;
};

/* Allocates from a static block, then from mapped ones: an allocator that can free would need more
 * system calls than everything else. */
static void *reallocate(void *old, size_t size)
{
    enum { BLOCK = 128 * 1024, MAPPED = 4 * 1024 * 1024, HEAD = sizeof(struct head) };
    static struct head block[BLOCK / HEAD];
    static struct head *next = block;
    static size_t left = BLOCK / HEAD; /* in units of heads, like `needed` */
    size_t needed = size < SIZE_MAX / 2 ? (size + HEAD - 1) / HEAD + 1 : SIZE_MAX;
    if (needed > left && needed < SIZE_MAX) {
        size_t room = needed * HEAD > MAPPED ? needed * HEAD : MAPPED;
        void *mapped = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
        next = mapped;
        left = mapped != MAP_FAILED ? room / HEAD : 0;
    }
    if (needed > left) {
        static const char message[] = "error: out of memory\n";
        write_error(message, sizeof message - 1);
        leave(NOT_FOUND);
    }
    struct head *piece = next;
    char *memory = (char *)(piece + 1);
    next += needed;
    left -= needed;
    piece->size = size;
    size_t kept = old != NULL ? ((struct head *)old - 1)->size : 0;
    for (size_t at = 0; at < kept && at < size; at++)
        memory[at] = ((char *)old)[at];
    return memory;
}
