//! Programs with probes, of C: other probes than our own.

use std::path::PathBuf;

use testkit::build::gcc;

/// A program with a probe of two sites, semaphores, operands of every kind, and one probe that nothing describes. It says its
/// name and waits for its input to end.
pub(crate) const SHOP: &str = r#"
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>
#include <stdio.h>

#define SEMAPHORE(name) __extension__ unsigned short name __attribute__((used, section(".probes")))
SEMAPHORE(shop_sold_semaphore);
SEMAPHORE(shop_all_semaphore);
SEMAPHORE(shop_globals_semaphore);

long visitors = 7;
static volatile int till = 8;
int table[16];
static _Thread_local volatile int mine;

__attribute__((noinline)) void sell(long id, const char *what, short count, unsigned char flag, double price)
{
    volatile long on_stack[4] = {id, id + 1, id + 2, id + 3};
    STAP_PROBE3(shop, sold, id, what, count);
    STAP_PROBE6(shop, all, on_stack[2], flag, -1, (signed char)flag, 12345678901L, price);
    __asm__ volatile(
        STAP_PROBE_ASM(shop, globals, 8@visitors(%%rip) -4@till(%%rip) 4@table+8(%%rip) 4@%%fs:0x10 4@nowhere(%%rip)) ::);
    STAP_PROBE3(shop, sold, (int)id, what, flag);
}

int main(void)
{
    _SDT_HAS_SEMAPHORES ? puts("open") : 0;
    fflush(stdout);
    int c;
    while ((c = getchar()) != EOF)
        sell(c, "bread", 2, 1, 2.5), till += table[3] + (int)visitors + mine;
    return 0;
}
"#;

/// A library, and what makes a program load whatever library it is told to.
pub(crate) const LIBRARY: &str = r#"
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>
__extension__ unsigned short plug_in_semaphore __attribute__((used, section(".probes")));
void plug(long n) { STAP_PROBE1(plug, in, n); }
"#;

const LOADER: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* "open PATH" loads a library; "again PATH" loads it once more; "memory PATH" loads a copy that is in memory only. */
int main(void)
{
    char line[4096];
    setvbuf(stdout, 0, _IOLBF, 0);
    puts("up");
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        char *path = strchr(line, ' ') + 1, copy[64];
        if (line[0] == 'm') {
            int from = open(path, O_RDONLY), to = memfd_create("in memory", 0);
            char buffer[4096];
            for (ssize_t n; (n = read(from, buffer, sizeof buffer)) > 0;)
                if (write(to, buffer, n) != n)
                    return 1;
            sprintf(copy, "/proc/self/fd/%d", to);
            path = copy;
        }
        void *loaded = line[0] == 'a' ? dlmopen(LM_ID_NEWLM, path, RTLD_NOW) : dlopen(path, RTLD_NOW);
        puts(loaded ? "loaded" : dlerror());
    }
    return 0;
}
"#;

pub(crate) fn shop(flags: &[&str]) -> PathBuf {
    gcc(SHOP, flags).expect("gcc builds the shop")
}

pub(crate) fn library() -> PathBuf {
    gcc(LIBRARY, &["-shared", "-fPIC"]).expect("gcc builds the library")
}

pub(crate) fn loader() -> PathBuf {
    gcc(LOADER, &[]).expect("gcc builds the loader")
}
