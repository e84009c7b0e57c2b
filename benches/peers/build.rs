//! Compiles the loops in C, as somebody who uses `sys/sdt.h` would: `gcc -O2`.

fn main() {
    for file in ["c/loops.h", "c/empty.c", "c/plain.c", "c/semaphore.c"] {
        println!("cargo::rerun-if-changed={file}");
    }
    cc::Build::new()
        .compiler("gcc")
        .files(["c/empty.c", "c/plain.c", "c/semaphore.c"])
        .opt_level(2)
        .debug(false)
        .flag("-falign-functions=64")
        .flag("-falign-loops=64")
        .flag("-fcf-protection=none")
        .compile("peers_c");
}
