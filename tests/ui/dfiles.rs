//! D source that can't be read, and options that `dtrace_provider!` doesn't take. Files are tested in `usdt-macros`.

usdt_probes::dtrace_provider!(
    "provider text {
         probe sent(uint8_t);
         probe received(struct message when);
     };"
);
usdt_probes::dtrace_provider!("orders");
usdt_probes::dtrace_provider!(orders);
usdt_probes::dtrace_provider!();
usdt_probes::dtrace_provider!("provider a { probe x(); };", prefix = "x");
usdt_probes::dtrace_provider!("provider b { probe x(); };", name = "x", probe_format = "b_{probe}");
usdt_probes::dtrace_provider!("provider c { probe x(); };", module = x);
usdt_probes::dtrace_provider!("provider d {};", module = "x y");
usdt_probes::dtrace_provider!("provider e { probe x(); };" module = "x");
usdt_probes::dtrace_provider!("provider f {}; provider g {};", module = "x");
usdt_probes::dtrace_provider!("provider h { probe x(); };", probe_format = "x");
usdt_probes::dtrace_provider!("provider i { probe x(); };", probe_format = "-{probe}");
usdt_probes::dtrace_provider!("provider good { probe sent(uint64_t id); };");

fn main() {
    a::x();
    b::b_x!();
    c::x();
    e::x();
    h::x();
    i::x();
    good::sent(1);
}
