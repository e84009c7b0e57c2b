//! The loops without a probe: what is subtracted from the others.

crate::rows::cases! { "empty";
    none() => {};
    two(a, b) => { let _ = (a, b); };
    text(s) => { let _ = s; };
    json(v) => { let _ = v; };
}
