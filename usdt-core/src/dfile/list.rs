//! Text that is a list.

/// Adds an item to a list, with the separator before it if it isn't the first. An item that is empty can't be the first.
pub fn list(all: &mut String, separator: &str, item: &str) {
    if !all.is_empty() {
        all.push_str(separator);
    }
    all.push_str(item);
}
