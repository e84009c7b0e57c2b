//! The directory of a user's images: where it may be, what it must be like, and how files in it are called.
//!
//! Programs that define providers at run time go by these rules, and tools that say whether they can.

use std::ffi::OsString;
use std::path::PathBuf;

/// Where it may be, the best place first. Where the user has said which one, that alone. `variable` gives the value of a variable
/// of the environment.
pub fn candidates(user: u32, variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    // A relative path would be another directory in each process.
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(path) = absolute("USDT_PROBES_DIR") {
        return vec![path];
    }
    let of_session = absolute("XDG_RUNTIME_DIR").map(|path| path.join("usdt-probes"));
    let of_user = PathBuf::from(format!("/tmp/usdt-probes-{user}"));
    of_session.into_iter().chain([of_user]).collect()
}

/// What is said of something else in its place. A link is not followed.
pub const NO_DIRECTORY: &str = "is a symbolic link, or not a directory";

/// Why it is not used. It must be this user's alone: whoever can write to it could have programs run code of theirs.
pub fn insecure(owner: u32, mode: u32, user: u32) -> Option<&'static str> {
    if owner != user {
        Some("belongs to another user")
    } else if mode & 0o077 != 0 {
        Some("is open to other users")
    } else {
        None
    }
}

/// The name of an image's file: `PROVIDER-HASH.so`. While it is written there is something in front, and a dot.
pub fn file_name(provider: &str, id: &[u8; 16]) -> String {
    let hash: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{provider}-{hash}.so")
}

/// Whether a file is one, finished or not; whatever else is in the directory is not ours.
pub fn is_image(name: &str) -> bool {
    let hash = name.strip_suffix(".so").and_then(|stem| stem.rsplit_once('-'));
    hash.is_some_and(|(_, hash)| hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_tried_in_order() {
        let of = |variables: &[(&str, &str)]| {
            candidates(7, |name| variables.iter().find(|it| it.0 == name).map(|it| it.1.into()))
        };
        assert_eq!(of(&[]), [PathBuf::from("/tmp/usdt-probes-7")]);
        let session = ("XDG_RUNTIME_DIR", "/run/user/7");
        assert_eq!(of(&[session]), ["/run/user/7/usdt-probes", "/tmp/usdt-probes-7"].map(PathBuf::from));
        assert_eq!(of(&[session, ("USDT_PROBES_DIR", "/srv/images")]), [PathBuf::from("/srv/images")]);
        assert_eq!(of(&[("USDT_PROBES_DIR", "images")]), [PathBuf::from("/tmp/usdt-probes-7")]);
    }

    #[test]
    fn it_is_its_owners_alone() {
        assert_eq!(insecure(7, 0o40700, 7), None);
        assert!(insecure(8, 0o40700, 7).is_some() && insecure(7, 0o40755, 7).is_some());
    }

    #[test]
    fn images_are_told_by_their_names() {
        let name = file_name("orders", &[0xA5; 16]);
        assert_eq!(name, "orders-a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5.so");
        assert!(is_image(&name) && is_image(&format!(".12-0-7ff.{name}")));
        assert!(!is_image("orders.so") && !is_image("notes.txt"));
    }
}
