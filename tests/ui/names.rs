//! Names that tracers don't accept.

#[usdt_probes::provider]
mod orders {
    fn größe(id: u64);
    fn request_done(id: u64);
    fn a_probe_whose_name_says_it_all_and_then_goes_on_to_say_some_more(id: u64);
}

#[usdt_probes::provider]
mod заказы {
    fn request_start(id: u64);
}

#[usdt_probes::provider]
mod a_provider_whose_name_is_as_long_as_some_names_in_java {
    fn request_start(id: u64);
}

#[usdt_probes::provider(name = "1st")]
mod digit {
    fn request_start(id: u64);
}

#[usdt_probes::provider(name = "")]
mod empty {
    fn request_start(id: u64);
}

#[usdt_probes::provider(provider = "or{de}r\"s", probe_format = "{provider}_{probe}")]
mod punctuation {
    fn request_start(id: u64);
}

fn main() {
    orders::größe(1);
    orders::größe!(|| 1);
    orders::a_probe_whose_name_says_it_all_and_then_goes_on_to_say_some_more!(|| 1);
    orders::request_done(1);
    заказы::request_start(1);
    a_provider_whose_name_is_as_long_as_some_names_in_java::request_start!(|| 1);
    digit::request_start(1);
    empty::request_start(1);
    punctuation::provider_request_start!(|| 1);
}
