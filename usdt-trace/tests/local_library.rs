//! A library that is loaded while its probe is asked for, and unloaded while it is watched.

#![cfg(all(feature = "local", target_os = "linux", target_arch = "x86_64"))]
#![allow(unsafe_code)]

use std::ffi::{CString, c_void};
use std::path::{Path, PathBuf};
use std::process::Command;

use usdt_trace::local::Tracer;

#[usdt_probes::provider]
mod with_library {
    pub fn program(n: u64);
}

const SOURCE: &str = r#"
unsigned short semaphore __attribute__((section(".probes"))) = 0;
int fire(unsigned long n) {
    __asm__ volatile(
        "990: nop\n"
        ".ifndef _.stapsdt.base\n"
        ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"
        ".weak _.stapsdt.base\n.hidden _.stapsdt.base\n_.stapsdt.base: .space 1\n"
        ".popsection\n.endif\n"
        ".pushsection .note.stapsdt,\"\",\"note\"\n"
        ".balign 4\n.4byte 992f-991f, 994f-993f, 3\n"
        "991: .asciz \"stapsdt\"\n"
        "992: .balign 4\n"
        "993: .8byte 990b, _.stapsdt.base, semaphore\n"
        ".asciz \"with_library\"\n.asciz \"library\"\n.asciz \"8@%0\"\n"
        "994: .balign 4\n.popsection\n" :: "r"(n));
    return semaphore;
}
"#;

fn build(directory: &Path) -> PathBuf {
    let (source, library) = (directory.join("library.c"), directory.join("liblocal.so"));
    std::fs::write(&source, SOURCE).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-O1"]);
    cc.arg("-Wl,-Bsymbolic").arg("-o").arg(&library).arg(&source);
    if !cc.status().is_ok_and(|status| status.success()) {
        panic!("cc builds a library");
    }
    library
}

/// A library that is loaded.
struct Loaded(*mut c_void);

impl Loaded {
    fn new(path: &Path) -> Loaded {
        let path = CString::new(path.as_os_str().as_encoded_bytes()).unwrap();
        // SAFETY: a library of this test's, without constructors.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
        assert!(!handle.is_null());
        Loaded(handle)
    }

    /// Fires. What it gives is the semaphore.
    fn fire(&self, n: u64) -> i32 {
        // SAFETY: the library has a function of this type.
        unsafe {
            let fire = libc::dlsym(self.0, c"fire".as_ptr());
            assert!(!fire.is_null());
            std::mem::transmute::<*mut c_void, extern "C" fn(u64) -> i32>(fire)(n)
        }
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        // SAFETY: nobody else has it.
        assert_eq!(unsafe { libc::dlclose(self.0) }, 0);
    }
}

#[test]
fn libraries_come_and_go() {
    let directory = std::env::temp_dir().join(format!("usdt-trace-library-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = build(&directory);
    for round in 0..3 {
        let mut tracer = Tracer::here(["with_library:*"]).unwrap();
        assert_eq!(tracer.probes().len(), 1);
        let library = Loaded::new(&path);
        assert_eq!(library.fire(1), 0);
        assert_eq!(tracer.refresh().unwrap(), 1);
        assert_eq!(library.fire(2), 1);
        with_library::program(3);
        let events = tracer.events();
        assert_eq!(events.len(), 2, "round {round}: {events:?}");
        assert_eq!(events[0]["arg0"], 2);
        assert_eq!(events[1]["n"], 3);
        if round == 1 {
            drop(tracer);
            assert_eq!(library.fire(4), 0);
            drop(library);
        } else {
            drop(library);
            drop(tracer);
        }
        with_library::program(5);
    }
    it_may_come_again(&path);
    std::fs::remove_dir_all(&directory).unwrap();
}

/// It is at the same place again, as a rule, and has nobody's breakpoints.
fn it_may_come_again(path: &Path) {
    let library = Loaded::new(path);
    let mut tracer = Tracer::here(["with_library:*"]).unwrap();
    for n in 0..3 {
        assert_eq!(library.fire(n), 1);
    }
    drop(library);
    let library = Loaded::new(path);
    assert_eq!(library.fire(3), 0);
    assert_eq!(tracer.refresh().unwrap(), 1);
    assert_eq!(tracer.refresh().unwrap(), 0);
    assert_eq!(library.fire(4), 1);
    let seen: Vec<String> = tracer.events().iter().map(|event| event["arg0"].to_string()).collect();
    assert_eq!(seen, ["0", "1", "2", "4"]);
    assert_eq!(tracer.probes().len(), 2);
    drop(tracer);
    assert_eq!(library.fire(5), 0);
}
