//! A registry with nothing but the packages under test, and empty projects that install from it.
//!
//! What `cargo xtask npm-pack` made is served on this machine alone, by Node. A project knows neither another registry nor
//! a cache, nor any program but Node, npm and a shell: what wants to compile or to download fails.

mod application;
mod project;
mod registry;

pub use application::Application;
pub use project::Project;
pub use registry::{Registry, package, packed};
