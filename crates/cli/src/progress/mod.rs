//! The live progress of a test, in the way that was asked for.

mod bar;
mod line;

use std::io::IsTerminal;

use swarmgate_domain::{LiveView, Micros};
use swarmgate_service::TestStatus;

use self::bar::Bar;

/// Shows how a test goes.
pub struct Progress {
    way: Way,
    /// Up to which test time it was told, where each interval is told once.
    told: Micros,
}

/// What is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Numbers for people.
    ForPeople,
    /// JSON for programs.
    Json,
    /// Nothing.
    Nothing,
}

enum Way {
    /// A bar with numbers below, drawn again and again.
    Bar(Box<Bar>),
    /// A line now and then, where there is no terminal.
    Lines,
    /// A JSON object each interval.
    Json,
    /// Nothing.
    Quiet,
}

/// Without a terminal a line is printed once in so much test time.
const LINE_EVERY: Micros = Micros::from_secs(5);

impl Progress {
    /// Shows tests as is asked for, and as the terminal allows.
    pub fn new(shown: Shown) -> Self {
        let way = match shown {
            Shown::Nothing => Way::Quiet,
            Shown::Json => Way::Json,
            Shown::ForPeople if std::io::stderr().is_terminal() => Way::Bar(Box::new(Bar::new())),
            Shown::ForPeople => Way::Lines,
        };
        Self { way, told: Micros::ZERO }
    }

    /// Shows how the test stands at `now` (microseconds since the Unix epoch).
    pub fn show(&mut self, test: &TestStatus, view: Option<&LiveView>, now: Micros) {
        match &mut self.way {
            Way::Bar(bar) => bar.show(test, view, now),
            Way::Lines => {
                if let Some(view) = view.filter(|view| view.now_us >= self.told + LINE_EVERY) {
                    self.told = view.now_us;
                    crate::print_error(&line::of(view));
                }
            }
            Way::Json => {
                if let Some(view) = view.filter(|view| view.now_us > self.told) {
                    self.told = view.now_us;
                    crate::print_line(&serde_json::json!({ "event": "live", "live": view }).to_string());
                }
            }
            Way::Quiet => {}
        }
    }

    /// Says something beside the progress.
    pub fn say(&mut self, message: &str) {
        match &self.way {
            Way::Bar(bar) => bar.say(message),
            Way::Lines | Way::Json => crate::print_error(message),
            Way::Quiet => {}
        }
    }

    /// Takes the bar away.
    pub fn finish(&mut self) {
        if let Way::Bar(bar) = &self.way {
            bar.clear();
        }
    }
}
