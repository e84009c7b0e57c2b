//! Placeholder.
pub use usdt_core::unique_id::UniqueId;
pub use usdt_core::value::{Arg, Value};
pub use usdt_macros::provider;

/// What generated code needs. Not part of the API.
#[doc(hidden)]
pub mod __private {
    pub use usdt_core::value::Scratch;
    pub use usdt_core::value::kind::{Fallback, JsonKind, Kind};
    pub use usdt_core::value::plan::{Frame, Plan};
    pub use usdt_core::{__usdt_check as check, __usdt_fire as fire};
}
