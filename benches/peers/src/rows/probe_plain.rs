//! `probe!` of the crate `probe`: no semaphore, arguments computed each time, strings as bare pointers
//! (its user has to see to the NUL).

crate::rows::cases! { "probe";
    none() => probe::probe!(bench_probe, none);
    two(a, b) => probe::probe!(bench_probe, two, a, b);
    text(s) => probe::probe!(bench_probe, text, s.as_ptr());
}
