//! The flight recorder: the last firings of a program, in its own memory, for whoever looks at it after its death.

pub mod format;
