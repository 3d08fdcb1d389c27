//! What a Locust writes to standard error: its log, tracebacks, and what the locustfile prints. It goes to the program's own log, so many
//! lines a second and no more; the last of it is kept, for when the process dies.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;
use tracing::Level;

/// More lines are counted, and said to have been: a script that prints for each request must not drown the log.
const LINES_A_SECOND: u64 = 50;

/// A longer line is cut off.
const LONGEST_LINE: usize = 4_000;

/// How many of the last lines are kept.
const KEPT: usize = 30;

/// Takes bytes as they come.
#[derive(Debug)]
pub struct Log {
    line: Vec<u8>,
    kept: VecDeque<String>,
    level: Level,
    second: Instant,
    lines: u64,
}

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
struct Line<'a> {
    level: Level,
    logger: Option<&'a str>,
    text: &'a str,
}

impl Log {
    /// An empty one.
    pub fn new() -> Self {
        Self { line: Vec::new(), kept: VecDeque::new(), level: Level::INFO, second: Instant::now(), lines: 0 }
    }

    /// Takes what came.
    pub fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' {
                self.end_line();
            } else if self.line.len() < LONGEST_LINE {
                self.line.push(*byte);
            }
        }
    }

    /// Nothing more comes.
    pub fn finish(&mut self) {
        if !self.line.is_empty() {
            self.end_line();
        }
    }

    /// The last lines, but for those that say that all is well.
    pub fn last_words(&self) -> Vec<&str> {
        self.kept.iter().map(String::as_str).collect()
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        if text.is_empty() {
            return;
        }
        let line = parse(text, self.level);
        self.level = line.level;
        if line.level <= Level::INFO {
            self.kept.push_back(line.text.to_owned());
            if self.kept.len() > KEPT {
                self.kept.pop_front();
            }
        }
        if self.second.elapsed() >= Duration::from_secs(1) {
            let left_out = self.lines.saturating_sub(LINES_A_SECOND);
            (self.second, self.lines) = (Instant::now(), 0);
            if left_out > 0 {
                tracing::warn!(target: "locustfile", "{left_out} more lines in that second");
            }
        }
        self.lines += 1;
        if self.lines <= LINES_A_SECOND {
            let (logger, text) = (line.logger, line.text);
            match line.level {
                Level::ERROR => tracing::error!(target: "locustfile", logger, "{text}"),
                Level::WARN => tracing::warn!(target: "locustfile", logger, "{text}"),
                Level::INFO => tracing::info!(target: "locustfile", logger, "{text}"),
                _ => tracing::debug!(target: "locustfile", logger, "{text}"),
            }
        }
    }
}

/// Reads `[2026-11-25 22:00:00,123] host/INFO/locust.main: text`. A line of another form goes on with what was said before at `level`, if that
/// was an error: a traceback.
fn parse(line: &str, level: Level) -> Line<'_> {
    let parts = line.strip_prefix('[').and_then(|rest| {
        let (_time, rest) = rest.split_once("] ")?;
        let (origin, text) = rest.split_once(": ")?;
        let mut origin = origin.splitn(3, '/');
        let (_host, level, logger) = (origin.next()?, origin.next()?, origin.next()?);
        let level = match level {
            "CRITICAL" | "ERROR" => Level::ERROR,
            "WARNING" => Level::WARN,
            // Of how Locust itself fares there is more than anyone wants to know.
            "INFO" if logger.starts_with("locust.") => Level::DEBUG,
            "INFO" => Level::INFO,
            "DEBUG" => Level::DEBUG,
            _ => return None,
        };
        Some(Line { level, logger: Some(logger), text })
    });
    let level = if level == Level::ERROR { Level::ERROR } else { Level::INFO };
    parts.unwrap_or(Line { level, logger: None, text: line })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        let check = |line: &str, before, level, logger, text| {
            assert_eq!(parse(line, before), Line { level, logger, text }, "{line}");
        };
        let head = "[2026-11-25 22:00:00,123] host/";
        check(&format!("{head}INFO/locust.main: Starting"), Level::INFO, Level::DEBUG, Some("locust.main"), "Starting");
        check(&format!("{head}INFO/root: mine: yes"), Level::INFO, Level::INFO, Some("root"), "mine: yes");
        check(
            &format!("{head}ERROR/locust.user.task: bad"),
            Level::INFO,
            Level::ERROR,
            Some("locust.user.task"),
            "bad",
        );
        check(
            "Traceback (most recent call last):",
            Level::ERROR,
            Level::ERROR,
            None,
            "Traceback (most recent call last):",
        );
        check("[1] printed", Level::WARN, Level::INFO, None, "[1] printed");
    }

    #[tokio::test]
    async fn the_last_words_are_kept() {
        let mut log = Log::new();
        for n in 0..100 {
            log.take(format!("line {n}\n").as_bytes());
        }
        log.take(b"[2026-11-25 22:00:00,123] host/INFO/locust.main: fine\nlast");
        log.finish();
        assert_eq!((log.last_words().len(), log.last_words().last()), (KEPT, Some(&"last")));
    }
}
