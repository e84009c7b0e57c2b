//! What the arguments of a typed firing are.

use super::Dynamic;
use crate::value::{Arg, Value};

/// The arguments of one firing: a tuple of up to twelve values, each an [`Arg`].
///
/// `(7_u64, "/orders")` are two; a single argument is `(7_u64,)`, none is `()`. More than twelve, or a number that is only
/// known while the program runs, go by [`Probe::fire_values`](super::Probe::fire_values).
pub trait Arguments {
    /// Shows the values to `tell`, in order.
    #[doc(hidden)]
    fn with<R>(&self, tell: impl FnOnce(&[Dynamic<'_>]) -> R) -> R;
}

macro_rules! tuples {
    ($(($($name:ident $index:tt)*))*) => { $(
        impl<$($name: Arg),*> Arguments for ($($name,)*) {
            #[inline]
            fn with<R>(&self, tell: impl FnOnce(&[Dynamic<'_>]) -> R) -> R {
                tell(&[$(self.$index.value().dynamic()),*])
            }
        }
    )* };
}
tuples! {
    ()
    (A 0)
    (A 0 B 1)
    (A 0 B 1 C 2)
    (A 0 B 1 C 2 D 3)
    (A 0 B 1 C 2 D 3 E 4)
    (A 0 B 1 C 2 D 3 E 4 F 5)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11)
}
