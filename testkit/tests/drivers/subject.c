/* A program with probes: with a number it fires so often and ends, otherwise it fires as often as each line says. */
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>
#include <stdio.h>
#include <stdlib.h>

#define SEMAPHORE(name) __extension__ unsigned short name __attribute__((used, section(".probes")))
SEMAPHORE(kit_start_semaphore);
SEMAPHORE(kit_long_semaphore);
SEMAPHORE(kit_twelve_semaphore);

__attribute__((noinline)) void fire(int n, const char *text, const char *long_text)
{
    STAP_PROBE3(kit, start, (unsigned long)n * 7, -n, text);
    STAP_PROBE1(kit, long, long_text);
    STAP_PROBE12(kit, twelve, n, n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7, n + 8, n + 9, n + 10, n + 11);
}

static void fire_often(int times, const char *long_text)
{
    for (int n = 0; n < times; n++)
        fire(n, "hello", long_text);
    printf("fired %d\n", times);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static char long_text[100001];
    for (int i = 0; i < 100000; i++)
        long_text[i] = i % 27 == 26 ? '\n' : 'a' + i % 27;

    if (argc > 1) {
        fire_often(atoi(argv[1]), long_text);
        return 0;
    }
    char line[64];
    puts("up");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin))
        fire_often(atoi(line), long_text);
    return 0;
}
