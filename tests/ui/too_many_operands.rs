//! Few arguments that are many operands, which only their types tell.

type Bytes<'a> = &'a [u8];

#[usdt_probes::provider]
mod orders {
    use super::Bytes;
    fn request_start(a: &[u8], b: [u8; 4], c: Vec<u8>, d: Bytes<'_>, e: Bytes<'_>, f: u128, g: &[u8]);
    fn request_done(id: u64);
}

fn main() {
    orders::request_start(b"", *b"abcd", vec![], b"", b"", 1, b"");
    orders::request_start!(|| (b"", *b"abcd", vec![], &b""[..], &b""[..], 1, b""));
    orders::request_done(1);
}
