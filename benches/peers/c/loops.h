/* One shape for every loop around a probe, the same as `src/rows/mod.rs` gives the loops in Rust. */
#ifndef LOOPS_H
#define LOOPS_H

#include <stdint.h>

/* The same text as `TEXT` in src/rows/mod.rs. */
#define TEXT "/api/orders/42/items"

/* The value is in a register, the compiler knows nothing about it, and memory may have changed: src/opaque.rs. */
#define OPAQUE(value) __asm__ volatile("" : "+r"(value) : : "memory")

/* It leaves the processor no slots to spare: src/opaque.rs says why. */
#define WORK __asm__ volatile(".rept 20\n nop\n .endr" : : : "memory")

/* A function of its own, which nobody optimises together with its caller. */
#define ALONE __attribute__((noipa))

#define LOOPS(peer, NONE, TWO, TEXT1)                                                                                 \
    void loop_##peer##_none(uint64_t n) {                                                                             \
        for (uint64_t i = 0; i < n; i++) {                                                                            \
            WORK;                                                                                                     \
            uint64_t a = i;                                                                                           \
            OPAQUE(a);                                                                                                \
            NONE;                                                                                                     \
        }                                                                                                             \
    }                                                                                                                 \
    void loop_##peer##_two(uint64_t n) {                                                                              \
        for (uint64_t i = 0; i < n; i++) {                                                                            \
            WORK;                                                                                                     \
            uint64_t a = i;                                                                                           \
            int32_t b = 7;                                                                                            \
            OPAQUE(a);                                                                                                \
            OPAQUE(b);                                                                                                \
            TWO(a, b);                                                                                                \
        }                                                                                                             \
    }                                                                                                                 \
    void loop_##peer##_text(uint64_t n) {                                                                             \
        for (uint64_t i = 0; i < n; i++) {                                                                            \
            WORK;                                                                                                     \
            const char *s = TEXT;                                                                                     \
            OPAQUE(s);                                                                                                \
            TEXT1(s);                                                                                                 \
        }                                                                                                             \
    }                                                                                                                 \
    ALONE void site_##peer##_none(void) { NONE; }                                                                     \
    ALONE void site_##peer##_two(uint64_t a, int32_t b) { TWO(a, b); }                                                \
    ALONE void site_##peer##_text(const char *s) { TEXT1(s); }                                                        \
    void call_##peer##_none(uint64_t n) {                                                                             \
        void (*site)(void) = site_##peer##_none;                                                                      \
        OPAQUE(site);                                                                                                 \
        for (uint64_t i = 0; i < n; i++) {                                                                            \
            WORK;                                                                                                     \
            uint64_t a = i;                                                                                           \
            OPAQUE(a);                                                                                                \
            site();                                                                                                   \
        }                                                                                                             \
    }                                                                                                                 \
    void call_##peer##_two(uint64_t n) {                                                                              \
        void (*site)(uint64_t, int32_t) = site_##peer##_two;                                                          \
        OPAQUE(site);                                                                                                 \
        for (uint64_t i = 0; i < n; i++) {                                                                            \
            WORK;                                                                                                     \
            uint64_t a = i;                                                                                           \
            int32_t b = 7;                                                                                            \
            OPAQUE(a);                                                                                                \
            OPAQUE(b);                                                                                                \
            site(a, b);                                                                                               \
        }                                                                                                             \
    }                                                                                                                 \
    void call_##peer##_text(uint64_t n) {                                                                             \
        void (*site)(const char *) = site_##peer##_text;                                                              \
        OPAQUE(site);                                                                                                 \
        for (uint64_t i = 0; i < n; i++) {                                                                            \
            WORK;                                                                                                     \
            const char *s = TEXT;                                                                                     \
            OPAQUE(s);                                                                                                \
            site(s);                                                                                                  \
        }                                                                                                             \
    }

#endif
