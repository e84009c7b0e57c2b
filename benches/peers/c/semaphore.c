/* The probes of `sys/sdt.h` with semaphores, guarded as in the header that `dtrace -h` writes. */
#define _SDT_HAS_SEMAPHORES 1
#include "loops.h"
#include <sys/sdt.h>

#define SEMAPHORE(name) \
    __extension__ unsigned short bench_c_sema_##name##_semaphore __attribute__((unused, section(".probes")))
#define ENABLED(name) __builtin_expect(bench_c_sema_##name##_semaphore, 0)

SEMAPHORE(none);
SEMAPHORE(two);
SEMAPHORE(text);

#define NONE \
    if (ENABLED(none)) DTRACE_PROBE(bench_c_sema, none)
#define TWO(a, b) \
    if (ENABLED(two)) DTRACE_PROBE2(bench_c_sema, two, a, b)
#define TEXT1(s) \
    if (ENABLED(text)) DTRACE_PROBE1(bench_c_sema, text, s)

LOOPS(c_sema, NONE, TWO, TEXT1)
