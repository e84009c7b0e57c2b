//! A `UniqueId` belongs to one thread: another one gets a clone.

#[usdt_probes::provider]
mod work {
    fn started(_: &usdt_probes::UniqueId);
    fn halfway(_: &usdt_probes::UniqueId, text: &str);
}

fn spawn<F: FnOnce() + Send>(work: F) {
    work();
}

fn main() {
    let id = usdt_probes::UniqueId::new();
    work::started!(|| &id);
    let clone = id.clone();
    spawn(move || work::halfway!(|| (&clone, "fine")));
    spawn(|| work::halfway!(|| (&id, "not a clone")));
}
