//! A bar with the time left, and the numbers of the newest interval below it.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use swarmgate_domain::{LiveView, Micros, Phase};
use swarmgate_service::TestStatus;

use super::line;

/// A bar with the time left, and the numbers of the newest interval below it.
pub struct Bar {
    all: MultiProgress,
    time: ProgressBar,
    numbers: ProgressBar,
    warning: ProgressBar,
}

impl Bar {
    pub fn new() -> Self {
        let all = MultiProgress::new();
        let styled = |template: &str| {
            let style = ProgressStyle::with_template(template).expect("the template is right");
            all.add(ProgressBar::new(1_000)).with_style(style.progress_chars("=> "))
        };
        let time = styled("[{bar:40}] {msg}");
        let numbers = styled("{msg}");
        let warning = styled("{msg}");
        Self { all, time, numbers, warning }
    }

    pub fn show(&self, test: &TestStatus, view: Option<&LiveView>, now: Micros) {
        let planned = test.planned_us;
        let passed = test.state.start.map_or(Micros::ZERO, |start| now.saturating_since(start)).min(planned);
        self.time.set_position(passed.0.saturating_mul(1_000) / planned.0.max(1));
        let second = |time: Micros| Micros(time.0 / 1_000_000 * 1_000_000);
        let message = match test.state.phase {
            Phase::Pending | Phase::Starting => "starting".to_owned(),
            Phase::Running if test.state.ending.is_some() => "stopping".to_owned(),
            Phase::Running if passed == planned => "requests in flight are finishing".to_owned(),
            Phase::Running => {
                format!("{} of {planned}, {} left", second(passed), second(planned - passed + Micros(999_999)))
            }
            Phase::Merging | Phase::Finished | Phase::Stopped | Phase::Failed => "making the report".to_owned(),
        };
        self.time.set_message(message);
        if let Some(view) = view {
            self.numbers.set_message(line::numbers(view));
            self.warning.set_message(line::warning(view).unwrap_or_default());
        }
    }

    pub fn say(&self, message: &str) {
        // Where the line can't be printed there is no terminal any more, and nobody to tell.
        let _ = self.all.println(message);
    }

    pub fn clear(&self) {
        self.time.finish_and_clear();
        self.numbers.finish_and_clear();
        self.warning.finish_and_clear();
    }
}
