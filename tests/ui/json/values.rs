//! Types that can't be an argument with the feature `json` either.

pub struct Order {
    pub id: u64,
}

#[usdt_probes::provider]
mod orders {
    use super::Order;
    fn by_value(order: Order);
    fn by_reference(id: u64, order: &Order);
    fn by_path(order: &super::Order, id: u64);
    fn inside(order: Option<Order>);
    fn boxed(order: Box<Vec<super::Order>>);
    fn slice(orders: &[Order]);
    fn numbers(orders: [u32; 4]);
    fn tuple(order: (u64, String));
    fn function(order: fn(u64) -> u64);
    fn as_json(#[json] order: &Order, id: u64);
    fn request_done(id: u64);
}

fn main() {
    let order = Order { id: 1 };
    orders::by_reference(1, &order);
    orders::by_reference!(|| (1, &order));
    orders::by_path!(|| (&order, 1));
    orders::as_json(&order, 1);
    orders::by_value(order);
    orders::request_done(1);
}
