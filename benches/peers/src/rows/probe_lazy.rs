//! `probe_lazy!` of the crate `probe`: a private semaphore a site, so the lone sites are probes of another provider.

crate::rows::cases! { "probe_lazy";
    none() => probe::probe_lazy!(bench_probe_lazy, none), alone probe::probe_lazy!(bench_probe_lazy_alone, none);
    two(a, b) => probe::probe_lazy!(bench_probe_lazy, two, a, b),
        alone probe::probe_lazy!(bench_probe_lazy_alone, two, a, b);
    text(s) => probe::probe_lazy!(bench_probe_lazy, text, s.as_ptr()),
        alone probe::probe_lazy!(bench_probe_lazy_alone, text, s.as_ptr());
}
