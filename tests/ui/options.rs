//! Options that `#[provider]` doesn't take.

#[usdt_probes::provider(prefix = "x")]
mod unknown {
    fn request_start(id: u64);
}

#[usdt_probes::provider("orders")]
mod no_key {
    fn request_start(id: u64);
}

#[usdt_probes::provider(name = orders)]
mod no_string {
    fn request_start(id: u64);
}

#[usdt_probes::provider(name)]
mod no_value {
    fn request_start(id: u64);
}

#[usdt_probes::provider(name = "a" probe_format = "b_{probe}")]
mod no_comma {
    fn request_start(id: u64);
}

#[usdt_probes::provider(name = "a", name = "b")]
mod twice {
    fn request_start(id: u64);
}

#[usdt_probes::provider(crate = )]
mod no_path {
    fn request_start(id: u64);
}

#[usdt_probes::provider(probe_format = "on_{provider}")]
mod no_probe {
    fn request_start(id: u64);
    fn request_done(id: u64);
}

#[usdt_probes::provider(probe_format = "on-{probe}")]
mod no_ident {
    fn request_start(id: u64);
    fn request_done(id: u64);
}

#[usdt_probes::provider(module = "x")]
mod module_is_for_d_files {
    fn request_start(id: u64);
}

fn main() {
    unknown::request_start(1);
    no_key::request_start!(|| 1);
    no_string::request_start(1);
    no_value::request_start(1);
    no_comma::request_start(1);
    twice::request_start(1);
    no_path::request_start(1);
    no_probe::request_start(1);
    no_ident::request_start!(|| 1);
    module_is_for_d_files::request_start(1);
}
