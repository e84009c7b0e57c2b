//! Pictures of what was measured: plain SVG files, without scripts and without anything from elsewhere.

mod axis;
mod file;
mod heat;
mod svg;
mod xml;

pub(crate) use file::Destination;
pub(crate) use heat::Heat;
pub(crate) use svg::Picture;
