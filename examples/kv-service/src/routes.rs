//! The HTTP API, and the middleware that fires a probe at each end of a request.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, MatchedPath, Path, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::probes::probes;
use crate::store::Store;

const LONGEST_KEY: usize = 1024;
const LARGEST_VALUE: usize = 1024 * 1024;

type Shared = Arc<RwLock<Store>>;

/// The whole API over `store`.
pub(crate) fn router(store: Shared) -> Router {
    Router::new()
        .route("/kv/{key}", get(get_value).put(put_value).delete(delete_value))
        .route("/keys", get(list_keys))
        .route("/report", get(report))
        .layer(DefaultBodyLimit::max(LARGEST_VALUE))
        .layer(from_fn(observe))
        .with_state(store)
}

/// Fires `request_start` and `request_done` around everything else.
async fn observe(route: Option<MatchedPath>, request: Request, next: Next) -> Response {
    static NEXT_ID: AtomicU64 = AtomicU64::new(1);
    let mut watch =
        Watch { id: NEXT_ID.fetch_add(1, Ordering::Relaxed), start: Instant::now(), answered: false };
    probes::request_start_with(|| (watch.id, request.method().as_str(), request.uri().path()));
    let response = next.run(request).await;
    watch.answered = true;
    probes::request_done_with(|| {
        let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
        (watch.id, route, response.status().as_u16(), watch.start.elapsed())
    });
    response
}

/// A request under way. The server drops it when the client goes away, and no line after the `await` ever runs.
struct Watch {
    id: u64,
    start: Instant,
    answered: bool,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.answered {
            probes::request_abandoned_with(|| (self.id, self.start.elapsed()));
        }
    }
}

async fn get_value(State(store): State<Shared>, Path(key): Path<String>) -> Result<Response, Failure> {
    let value = on_disk(move || read(&store, |store| store.get(&key))).await?;
    Ok(value.map_or_else(|| StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response))
}

async fn put_value(
    State(store): State<Shared>,
    Path(key): Path<String>,
    value: Bytes,
) -> Result<Response, Failure> {
    if key.len() > LONGEST_KEY || key.contains(char::is_control) {
        let rule = format!("a key has at most {LONGEST_KEY} bytes and no control characters\n");
        return Ok((StatusCode::BAD_REQUEST, rule).into_response());
    }
    let replaced = on_disk(move || write(&store, |store| store.put(&key, &value))).await?;
    Ok(if replaced { StatusCode::NO_CONTENT } else { StatusCode::CREATED }.into_response())
}

async fn delete_value(State(store): State<Shared>, Path(key): Path<String>) -> Result<StatusCode, Failure> {
    let existed = on_disk(move || write(&store, |store| store.delete(&key))).await?;
    Ok(if existed { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND })
}

/// The keys that begin with `prefix`, one a line.
async fn list_keys(
    State(store): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<String, Failure> {
    let prefix = query.get("prefix").cloned().unwrap_or_default();
    on_disk(move || read(&store, |store| Ok(store.keys(&prefix).flat_map(|key| [key, "\n"]).collect()))).await
}

/// Reads everything there is: slow, and nobody can write meanwhile.
async fn report(State(store): State<Shared>) -> Result<String, Failure> {
    let summary = on_disk(move || read(&store, Store::scan)).await?;
    Ok(format!(
        "keys {}\nbytes {}\nzero bytes {}\nlargest {}\n",
        summary.keys,
        summary.bytes,
        summary.zeros,
        summary.largest.as_deref().unwrap_or("-")
    ))
}

// A panic under a lock leaves a store that is still whole: the index changes last, and at once.

fn read<T>(store: &RwLock<Store>, work: impl FnOnce(&Store) -> io::Result<T>) -> io::Result<T> {
    work(&store.read().unwrap_or_else(PoisonError::into_inner))
}

fn write<T>(store: &RwLock<Store>, work: impl FnOnce(&mut Store) -> io::Result<T>) -> io::Result<T> {
    work(&mut store.write().unwrap_or_else(PoisonError::into_inner))
}

/// Runs what may wait for the disk or for a lock on a thread that may wait.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|panic| Err(io::Error::other(panic)))
        .map_err(Failure)
}

/// The store could not do it. The client learns that much, the log of the service the rest.
struct Failure(io::Error);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        eprintln!("kv-service: {}", self.0);
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
