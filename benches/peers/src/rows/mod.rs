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

/// A function that holds one site and nothing else, for the disassembly.
#[derive(Clone, Copy)]
pub(crate) enum Site {
    None(fn()),
    Two(fn(u64, i32)),
    Text(fn(&str)),
    Json(fn(&Reply)),
    /// In C, where the arguments are the same but a string is a pointer: present, never called.
    Foreign,
}

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
    pub(crate) site: Site,
    /// The symbol of `site` in the program.
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
        pub(crate) const CASES: &[$crate::rows::Case] = &[$($crate::rows::Case {
            peer: $peer,
            kind: stringify!($kind),
            empty: "empty",
            fire: loops::$kind,
            site: $crate::rows::cases!(@variant $kind),
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

    (@variant none) => { $crate::rows::Site::None(sites::none) };
    (@variant two) => { $crate::rows::Site::Two(sites::two) };
    (@variant text) => { $crate::rows::Site::Text(sites::text) };
    (@variant json) => { $crate::rows::Site::Json(sites::json) };
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
