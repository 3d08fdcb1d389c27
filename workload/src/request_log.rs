//! The request log: one JSON line a request, written by a thread of its own.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use serde_json::json;
use tracing::error;

use crate::clock;
use crate::request::Request;

/// How many lines may wait for the disk; beyond that the server slows down rather than lose one.
const MAX_WAITING_LINES: usize = 8_192;
/// How much of a body is logged.
const MAX_BODY_BYTES: usize = 4 * 1024;

/// A thread's end of the log.
#[derive(Clone, Debug)]
pub(crate) struct RequestLog {
    lines: SyncSender<String>,
}

impl RequestLog {
    /// Creates the file, which ends when all clones of the log are dropped and its thread is joined.
    pub(crate) fn create(path: &Path) -> io::Result<(Self, JoinHandle<()>)> {
        let file = File::create(path)?;
        let (lines, waiting) = sync_channel(MAX_WAITING_LINES);
        let writer = std::thread::Builder::new().name("workload-log".to_owned()).spawn(move || {
            if let Err(error) = write_lines(&waiting, &mut BufWriter::new(file)) {
                error!(%error, "request log could not be written, it ends here");
            }
        })?;
        Ok((Self { lines }, writer))
    }

    /// Adds `request`, the moment it was received. Blocks while too many lines wait.
    pub(crate) fn add(&self, connection: u64, request: &Request<'_>) {
        // The writer is gone after an error of the disk only, which it has reported.
        let _ = self.lines.send(line(clock::unix_micros(), connection, request));
    }
}

/// `time_us` since 1970, `connection` (counted from 1), `method`, `path` with its query, `headers` as pairs in their order,
/// `body` (its first 4 KiB, what is not UTF-8 replaced) and `body_bytes`, its whole length.
fn line(time_us: u64, connection: u64, request: &Request<'_>) -> String {
    let logged = &request.body[..request.body.len().min(MAX_BODY_BYTES)];
    let mut line = json!({
        "time_us": time_us,
        "connection": connection,
        "method": request.method_text(),
        "path": request.target,
        "headers": request.headers(),
        "body": String::from_utf8_lossy(logged),
        "body_bytes": request.body.len(),
    })
    .to_string();
    line.push('\n');
    line
}

/// Writes until all senders are gone, and flushes whenever no line waits.
fn write_lines(waiting: &Receiver<String>, file: &mut impl Write) -> io::Result<()> {
    while let Ok(line) = waiting.recv() {
        file.write_all(line.as_bytes())?;
        while let Ok(line) = waiting.try_recv() {
            file.write_all(line.as_bytes())?;
        }
        file.flush()?;
    }
    Ok(())
}
