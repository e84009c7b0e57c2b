/* The loops without a probe: what is subtracted from those in plain.c and semaphore.c. */
#include "loops.h"

#define NONE (void)0
#define TWO(a, b) (void)(a), (void)(b)
#define TEXT1(s) (void)(s)

LOOPS(empty_c, NONE, TWO, TEXT1)
