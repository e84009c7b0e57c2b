//! Providers that a macro of the crate writes, with types and names from both sides.

#![deny(warnings)]

macro_rules! probes {
    ($module:ident, $($name:ident($($arg:ident: $ty:ty),*);)*) => {
        #[usdt_probes::provider]
        mod $module {
            $(pub fn $name($($arg: $ty),*);)*
            pub fn from_the_macro(id: u64, text: &str);
        }
    };
}

probes! {
    orders,
    request_start(id: u64, path: &str, body: &[u8], status: Option<u16>);
    request_done();
}

macro_rules! fire {
    ($id:expr, $text:expr) => {
        orders::from_the_macro!(|| ($id, $text))
    };
}

fn main() {
    orders::request_start(1, "/", b"", None);
    orders::request_start_with(|| (1, &"/", &b""[..], None));
    orders::request_start!(|| (1, &"/", &b""[..], None));
    orders::request_done!();
    orders::from_the_macro(1, "x");
    fire!(1, "x".to_owned());
}
