//! Attributes that mean nothing on a probe.

#[usdt_probes::provider]
mod orders {
    #[inline]
    fn request_start(id: u64);
    /// Documented, and more.
    #[tracing::instrument(skip_all)]
    fn request_path(id: u64);
    fn request_body(#[serde(skip)] id: u64, #[cfg(unix)] rest: u8);
    fn request_head(#[json(pretty)] id: u64);
    fn request_tail(
        /// The request.
        id: u64,
    );
    #[cfg_attr(all(), deprecated)]
    fn request_old(id: u64);
    fn request_done(id: u64);
}

fn main() {
    orders::request_start(1);
    orders::request_path!(|| 1);
    orders::request_body(1, 2);
    orders::request_head(1);
    orders::request_tail(1);
    orders::request_done(1);
}
