//! One file a peer: its probes, and the same loops around them.

pub(crate) mod c;
pub(crate) mod empty;
pub(crate) mod ours;
pub(crate) mod ours_with;
pub(crate) mod probe_lazy;
pub(crate) mod probe_plain;
pub(crate) mod usdt_rs;

/// What travels through the probes that take a string. `c/loops.h` has the same. A NUL follows it in memory, for the
/// peer that hands over a bare pointer.
pub(crate) const TEXT: &str = match "/api/orders/42/items\0".split_at_checked(20) {
    Some((text, _)) => text,
    None => "",
};

/// What travels through the probes that take any `Serialize`.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Reply {
    id: u64,
    status: u16,
    path: &'static str,
}

pub(crate) static REPLY: Reply = Reply { id: 42, status: 200, path: "/api/orders" };

/// One probe of one peer.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    /// Also the provider's name, after `bench_`.
    pub(crate) peer: &'static str,
    /// What it takes, and the probe's name: `none`, `two` integers, `text` or `json`.
    pub(crate) kind: &'static str,
    /// The loop without a probe that is to be subtracted from this one.
    pub(crate) empty: &'static str,
    /// Fires it so many times.
    pub(crate) fire: fn(u64),
    /// Calls a function that fires it, so many times.
    pub(crate) call: fn(u64),
    /// The symbol of the function that holds its site and nothing else.
    pub(crate) symbol: &'static str,
}

/// Defines the loops and the lone sites of a peer, of one shape for all of them: the arguments are made opaque in
/// each iteration. `alone` gives the lone site an expression of its own.
macro_rules! cases {
    ($peer:literal; $($kind:ident($($arg:ident),*) => $fire:expr $(, alone $alone:expr)?;)*) => {
        mod loops {
            #[allow(unused_imports)]
            use super::*;
            $($crate::rows::cases!(@loop $kind($($arg),*) $fire);)*
        }
        mod sites {
            #[allow(unused_imports)]
            use super::*;
            $($crate::rows::cases!(@site $kind($($arg),*) $($alone,)? $fire);)*
        }
        mod calls {
            $($crate::rows::cases!(@call $kind);)*
        }
        pub(crate) const CASES: &[$crate::rows::Case] = &[$($crate::rows::Case {
            peer: $peer,
            kind: stringify!($kind),
            empty: "empty",
            fire: loops::$kind,
            call: calls::$kind,
            symbol: concat!(module_path!(), "::sites::", stringify!($kind)),
        }),*];
    };

    (@loop none() $fire:expr) => {
        #[inline(never)]
        pub(super) fn none(n: u64) {
            for i in 0..n {
                $crate::opaque::work();
                $crate::opaque::long(i);
                $fire;
            }
        }
    };
    (@loop two($a:ident, $b:ident) $fire:expr) => {
        #[inline(never)]
        pub(super) fn two(n: u64) {
            for i in 0..n {
                $crate::opaque::work();
                let ($a, $b) = ($crate::opaque::long(i), $crate::opaque::int(7));
                $fire;
            }
        }
    };
    (@loop text($s:ident) $fire:expr) => {
        #[inline(never)]
        pub(super) fn text(n: u64) {
            for _ in 0..n {
                $crate::opaque::work();
                let $s: &str = $crate::opaque::text($crate::rows::TEXT);
                $fire;
            }
        }
    };
    (@loop json($v:ident) $fire:expr) => {
        #[inline(never)]
        pub(super) fn json(n: u64) {
            for _ in 0..n {
                $crate::opaque::work();
                let $v: &$crate::rows::Reply = $crate::opaque::reply(&$crate::rows::REPLY);
                $fire;
            }
        }
    };

    (@site none() $fire:expr $(, $_other:expr)?) => {
        #[inline(never)]
        pub(super) fn none() {
            $fire;
        }
    };
    (@site two($a:ident, $b:ident) $fire:expr $(, $_other:expr)?) => {
        #[inline(never)]
        pub(super) fn two($a: u64, $b: i32) {
            $fire;
        }
    };
    (@site text($s:ident) $fire:expr $(, $_other:expr)?) => {
        #[inline(never)]
        pub(super) fn text($s: &str) {
            $fire;
        }
    };
    (@site json($v:ident) $fire:expr $(, $_other:expr)?) => {
        #[inline(never)]
        pub(super) fn json($v: &$crate::rows::Reply) {
            $fire;
        }
    };

    (@call none) => {
        pub(super) fn none(n: u64) {
            let site: fn() = std::hint::black_box(super::sites::none);
            for i in 0..n {
                $crate::opaque::work();
                $crate::opaque::long(i);
                site();
            }
        }
    };
    (@call two) => {
        pub(super) fn two(n: u64) {
            let site: fn(u64, i32) = std::hint::black_box(super::sites::two);
            for i in 0..n {
                $crate::opaque::work();
                site($crate::opaque::long(i), $crate::opaque::int(7));
            }
        }
    };
    (@call text) => {
        pub(super) fn text(n: u64) {
            let site: fn(&str) = std::hint::black_box(super::sites::text);
            for _ in 0..n {
                $crate::opaque::work();
                site($crate::opaque::text($crate::rows::TEXT));
            }
        }
    };
    (@call json) => {
        pub(super) fn json(n: u64) {
            let site: fn(&$crate::rows::Reply) = std::hint::black_box(super::sites::json);
            for _ in 0..n {
                $crate::opaque::work();
                site($crate::opaque::reply(&$crate::rows::REPLY));
            }
        }
    };
}
pub(crate) use cases;

/// Every probe of every peer.
pub(crate) fn all() -> Vec<Case> {
    [
        empty::CASES,
        c::CASES,
        probe_plain::CASES,
        probe_lazy::CASES,
        usdt_rs::CASES,
        ours::CASES,
        ours_with::CASES,
    ]
    .concat()
}
