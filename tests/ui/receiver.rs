//! A probe that takes `self`.

#[usdt_probes::provider]
mod orders {
    fn by_value(self);
    fn by_reference(&self, id: u64);
    fn by_lifetime(&'static mut self);
    fn by_mut(mut self, id: u64);
    fn by_type(self: Box<Self>, id: u64);
    fn request_done(id: u64);
}

fn main() {
    orders::by_value();
    orders::by_value!();
    orders::by_reference(1);
    orders::by_reference!(|| 1);
    orders::by_lifetime();
    orders::by_mut(1);
    orders::by_type(1);
    orders::request_done(1);
}
