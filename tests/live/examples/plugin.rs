//! A library that a program loads while it runs.

use live_tests::numbers;

#[usdt_probes::provider]
mod plugin {
    pub fn loaded(id: u64);
}

/// Fires a probe of its own, and one of a library that the program has too.
#[allow(unsafe_code)]
// SAFETY: no other symbol of the program has this name.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_run(times: u64) {
    for id in 0..times {
        plugin::loaded(id);
        numbers::tick(id, 0);
    }
}

/// Defines the provider `shared` in this copy of the library, fires its first probe, and drops it.
#[allow(unsafe_code)]
// SAFETY: no other symbol of the program has this name.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_define(times: u64) {
    let provider = live_tests::shared();
    let first = provider.probe("first").expect("defined");
    for id in 0..times {
        first.fire((id, "plugin"));
    }
}
