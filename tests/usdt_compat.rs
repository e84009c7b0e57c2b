//! A service that was written for the crate `usdt` 0.6: every use that its documentation shows. Only the line `extern crate`
//! is new; without it the file compiles with that crate as well.

#![allow(missing_docs, unreachable_pub)]

extern crate usdt_probes as usdt;

pub use usdt::register_probes;

use serde::Serialize;

#[derive(Debug, Default, Serialize)]
pub struct Arg {
    pub x: u8,
    pub buffer: Vec<i32>,
}

#[derive(Debug, Serialize)]
pub enum Shape {
    Point,
    Circle(f64),
    Rectangle { width: u32, height: u32 },
}

usdt::dtrace_provider!("tests/usdt_compat.d");
usdt::dtrace_provider!("provider inline_source { probe x(int64_t); };");
usdt::dtrace_provider!(
    "provider formatted { probe x(int64_t); };",
    probe_format = "probe_{provider}_{probe}"
);

#[usdt::provider]
mod test {
    use crate::Arg;
    fn start_work(_: u8) {}
    fn stop_work(arg: &Arg) {}
}

#[usdt::provider(provider = "renamed", probe_format = "probe_{provider}_{probe}")]
mod probes {
    fn bar() {}
    fn my__probe(arg: u64) {}
}

#[usdt::provider]
mod with_id {
    fn work_started(_: &usdt::UniqueId) {}
    fn halfway_there(_: &usdt::UniqueId, msg: &str) {}
    fn work_completed(_: &usdt::UniqueId, result: u64) {}
    fn by_value(_: usdt::UniqueId) {}
}

#[usdt::provider]
mod arguments {
    use crate::{Arg, Shape};
    use std::collections::BTreeMap;
    use std::net::IpAddr;

    fn nothing() {}
    fn integers(a: u8, b: i8, c: u16, d: i16, e: u32, f: i32) {}
    fn more_integers(a: u64, b: i64, c: usize, d: isize, e: &u8, f: &u64) {}
    fn pointers(a: *const u8, b: *const i64) {}
    fn strings(a: String, b: &String, c: &str, d: &'static str) {}
    fn by_value(arg: Arg, shape: Shape) {}
    fn by_reference(arg: &Arg, shape: &Shape) {}
    fn by_path(arg: &crate::Arg, set: std::collections::BTreeSet<u8>) {}
    fn slices(a: &[Arg], b: &[u16], c: [u32; 3]) {}
    fn vectors(a: Vec<Arg>, b: &Vec<String>) {}
    fn tuples(a: (u8, String), b: (u8, &'static str)) {}
    fn containers(a: BTreeMap<String, u8>, b: Option<Arg>, c: Result<u8, String>, d: IpAddr) {}
    fn natives(a: bool, b: f64, c: char, d: Option<u8>) {}
}

fn ready() -> Result<(), usdt::Error> {
    usdt::register_probes()?;
    register_probes()
}

#[test]
fn registration() {
    usdt::register_probes().unwrap();
    register_probes().expect("Could not register probes");
    ready().unwrap();
    let threads = [(); 4].map(|()| std::thread::spawn(|| usdt::register_probes().unwrap()));
    for thread in threads {
        thread.join().unwrap();
    }
    fn boxed() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(usdt::register_probes()?)
    }
    boxed().unwrap();
}

#[test]
#[allow(unused_parens)]
fn d_files() {
    let counter: u8 = 0;
    my_provider::start_work!(|| (counter));
    my_provider::start_work!(|| counter);
    my_provider::start_work!(|| &counter);
    my_provider::stop_work!(|| ("the probe has fired", counter));
    my_provider::stop_work!(|| (String::from("the probe has fired"), &counter));
    my_provider::stop_work!(|| {
        let text = format!("fired {counter} times");
        (text, counter)
    });
    my_provider::all_types!(|| (-1, 2, -3, 4, &raw const counter, "text"));
    inline_source::x!(|| -1);
    formatted::probe_formatted_x!(|| 1_i64);
}

#[test]
fn modules() {
    let arg = Arg { x: 1, buffer: vec![1, 2] };
    test::start_work!(|| arg.x);
    test::stop_work!(|| &arg);
    test::stop_work!(|| arg);
    test::stop_work!(Arg::default);
    test::stop_work!(|| Arg { x: 0, ..Default::default() });
    probes::probe_renamed_bar!();
    probes::probe_renamed_bar!(|| ());
    probes::probe_renamed_my__probe!(|| 1);
}

#[test]
fn unique_ids() {
    let id = usdt::UniqueId::new();
    with_id::work_started!(|| &id);
    let id2 = id.clone();
    let handle = std::thread::spawn(move || {
        for i in 0..10 {
            if i == 5 {
                with_id::halfway_there!(|| (&id2, "work is half completed"));
            }
        }
        10
    });
    let result = handle.join().unwrap();
    with_id::work_completed!(|| (&id, result));
    with_id::by_value!(|| &id);
    with_id::by_value!(|| id.clone());
    fn is_send<T: Send>() {}
    is_send::<usdt::UniqueId>();
}

#[test]
fn arguments_by_value_and_by_reference() {
    let arg = Arg::default;
    let lent = arg();
    let texts = vec![String::from("text")];
    let (byte, long) = (1_u8, 1_i64);
    let text = String::from("text");
    arguments::nothing!();
    arguments::nothing!(|| ());
    arguments::integers!(|| (1, -1, 1, -1, 1, -1));
    arguments::integers!(|| (byte, &-1, 1, &-1, 1, -1));
    arguments::more_integers!(|| (1, -1, 1, -1, 1, &1));
    arguments::pointers!(|| (&raw const byte, &raw const long));
    arguments::strings!(|| (&text, &text, &text, "text"));
    arguments::strings!(|| ("text", text.clone(), std::borrow::Cow::from("text"), Box::<str>::from("text")));
    arguments::by_value!(|| (arg(), Shape::Point));
    arguments::by_value!(|| (&lent, Shape::Circle(1.5)));
    arguments::by_reference!(|| (arg(), &Shape::Rectangle { width: 1, height: 2 }));
    arguments::by_path!(|| (arg(), [1].into_iter().collect::<std::collections::BTreeSet<u8>>()));
    arguments::slices!(|| ([arg()], vec![1_u16, 2], [1_u32, 2, 3]));
    arguments::slices!(|| (vec![arg()], &[1_u16, 2][..], vec![1_u32]));
    arguments::vectors!(|| (vec![arg()], vec![text.clone()]));
    arguments::vectors!(|| (vec![arg()], &texts));
    arguments::tuples!(|| ((1, text.clone()), (1, "text")));
    arguments::containers!(|| (
        [(text.clone(), 1)].into_iter().collect::<std::collections::BTreeMap<String, u8>>(),
        Some(arg()),
        Ok::<u8, String>(1),
        std::net::IpAddr::from([127, 0, 0, 1])
    ));
    arguments::natives!(|| (true, 1.5, 'x', Some(1)));
    arguments::natives!(|| (&true, &1.5, &'x', &None));
}

#[test]
fn the_error_is_an_error() {
    fn is_error<T: std::error::Error + Send + Sync + std::fmt::Debug + 'static>() {}
    is_error::<usdt::Error>();
}
