//! An allocator that fires a probe: whatever a tracer does outside of its handler, it is itself watched.

#![cfg(all(feature = "local", target_os = "linux"))]
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};

use usdt_trace::local::Tracer;

#[usdt_probes::provider]
mod heap {
    pub fn allocated(bytes: usize, address: usize);
    pub fn asked(n: u64);
}

struct Firing;

// SAFETY: all is the system's; firing a probe with numbers doesn't allocate.
unsafe impl GlobalAlloc for Firing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        let address = unsafe { System.alloc(layout) };
        heap::allocated(layout.size(), address.addr());
        address
    }

    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(address, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Firing = Firing;

#[test]
fn events_are_asked_for_while_asking_fires() {
    let tracer = Tracer::here(["heap:*"]).unwrap();
    let mut asked = 0;
    let mut allocated = 0;
    for n in 0..50 {
        heap::asked(n);
        let kept = std::hint::black_box(vec![0_u8; 12_345]);
        let events = tracer.take();
        let wanted = |event: &&usdt_trace::Event| {
            event.probe.name == "allocated"
                && event["bytes"] == 12_345
                && event["address"] == kept.as_ptr().addr()
        };
        allocated += events.iter().filter(wanted).count();
        asked += events.iter().filter(|event| event.probe.name == "asked").count();
    }
    assert_eq!((asked, allocated), (50, 50));
    assert!(tracer.lost().is_empty(), "{:?}", tracer.lost());
}
