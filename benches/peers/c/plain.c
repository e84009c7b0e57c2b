/* The probes of `sys/sdt.h` as they are without semaphores: a nop, and arguments computed each time. */
#include "loops.h"
#include <sys/sdt.h>

#define NONE DTRACE_PROBE(bench_c, none)
#define TWO(a, b) DTRACE_PROBE2(bench_c, two, a, b)
#define TEXT1(s) DTRACE_PROBE1(bench_c, text, s)

LOOPS(c, NONE, TWO, TEXT1)
