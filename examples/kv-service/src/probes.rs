//! Everything that this service says to a tracer, in one place.

/// Probes of the key-value service.
#[usdt_probes::provider(name = "kv")]
pub(crate) mod probes {
    use std::time::Duration;

    /// A request was read; `path` is as the client sent it.
    pub(crate) fn request_start(id: u64, method: &str, path: &str);
    /// A request was answered; `route` is the template that its path matched, or `unmatched`.
    pub(crate) fn request_done(id: u64, route: &str, status: u16, latency: Duration);
    /// The client went away before its request was answered.
    pub(crate) fn request_abandoned(id: u64, after: Duration);

    /// A value was looked up; `bytes` is its size, and 0 if there is none.
    pub(crate) fn store_read(key: &str, bytes: Option<u64>);
    /// A value is in the log.
    pub(crate) fn store_write(key: &str, value: &[u8]);
    /// A key was to be removed.
    pub(crate) fn store_delete(key: &str, existed: bool);
    /// Every value was read from the log.
    pub(crate) fn store_scan(keys: u64, bytes: u64, took: Duration);

    /// The log ended in the middle of a record, as after a crash: the last `bytes` are dropped.
    pub(crate) fn log_torn(offset: u64, bytes: u64);
    /// The log was rewritten with the records that still count.
    pub(crate) fn log_compacted(records: u64, took: Duration);
}
