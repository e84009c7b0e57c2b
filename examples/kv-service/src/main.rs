//! A key-value store over HTTP that tells a tracer what it does. `cargo xtask demo` runs it and watches.

mod options;
mod probes;
mod routes;
mod store;

use std::io;
use std::process::ExitCode;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use options::{Options, USAGE};
use store::Store;

/// How long a stop waits for the requests that are under way.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let result = match Options::parse(std::env::args_os().skip(1)) {
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(Some(options)) => serve(&options).map_err(|error| error.to_string()),
        Err(mistake) => Err(format!("{mistake}; try --help")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("kv-service: {message}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve(options: &Options) -> io::Result<()> {
    // Where the kernel has to be told of them. The service runs on without.
    if let Err(problem) = usdt_probes::register_probes() {
        eprintln!("kv-service: {problem}");
    }
    if let Some(firings) = options.record {
        record(firings)?;
    }
    let store = Arc::new(RwLock::new(Store::open(&options.data)?));
    // Before anybody learns the port, and with it that the service runs.
    let stop = stop_asked()?;
    let listener = TcpListener::bind(options.listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let server = axum::serve(listener, routes::router(store.clone())).with_graceful_shutdown(async {
        stop.await;
        let _ = stopping.send(());
    });
    let too_late = async {
        let _ = stopped.await;
        tokio::time::sleep(PATIENCE).await;
    };
    tokio::select! {
        served = server.into_future() => served?,
        () = too_late => eprintln!("kv-service: stopped with requests under way"),
    }
    store.read().unwrap_or_else(PoisonError::into_inner).sync()
}

/// Keeps the last firings. The service runs on where that can't be.
#[cfg(feature = "recorder")]
fn record(firings: usize) -> io::Result<()> {
    use usdt_probes::recorder::{self, Options};
    if let Err(problem) = recorder::start(Options::new().firings(firings)) {
        eprintln!("kv-service: nothing is recorded: {problem}");
    }
    Ok(())
}

/// Refuses what this build can't do.
#[cfg(not(feature = "recorder"))]
fn record(_: usize) -> io::Result<()> {
    Err(io::Error::other("--record: this service was built without the feature `recorder`"))
}

/// Ends when somebody presses Ctrl-C or the system asks the service to stop.
fn stop_asked() -> io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
