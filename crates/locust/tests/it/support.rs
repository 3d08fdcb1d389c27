//! A locustfile and what becomes of it: answers and the clock are the test's.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;

use swarmgate_locust::{
    Answer, AnswerError, Exchange, Files, LoadError, LocustUser, Locustfile, Options, Report, UserStep, World,
    ask_nobody,
};
use swarmgate_python::VmLimits;

/// The files of `tests/files`.
fn files() -> Files {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    let read = |name: &str| (name.to_owned(), std::fs::read(folder.join(name)).expect("the file is there").into());
    Files::new(["helper.py", "users.csv"].map(read))
}

pub struct Bench {
    pub file: Locustfile,
    pub clock: Rc<Cell<u64>>,
    pub log: Rc<RefCell<Vec<String>>>,
    pub sent: Vec<Exchange>,
    pub slept: Vec<f64>,
}

pub fn load(source: &str, options: &Options) -> Result<Bench, LoadError> {
    let clock = Rc::new(Cell::new(1_700_000_000_000_000_000_u64));
    let log = Rc::new(RefCell::new(Vec::new()));
    let (wall, monotonic, lines) = (Rc::clone(&clock), Rc::clone(&clock), Rc::clone(&log));
    let world = World {
        files: files(),
        environment: vec![("TOKEN".to_owned(), "t0k".to_owned())],
        arguments: vec!["locust".to_owned()],
        wall: Rc::new(move || wall.get()),
        monotonic: Rc::new(move || monotonic.get()),
        entropy: Rc::new(|| 4),
        log: Rc::new(move |_, _, text| lines.borrow_mut().push(text.to_owned())),
        ask: ask_nobody(),
    };
    let limits = VmLimits { instructions: 3_000_000, ..VmLimits::default() };
    let file = Locustfile::load("locustfile.py", source, world, options, limits)?;
    Ok(Bench { file, clock, log, sent: Vec::new(), slept: Vec::new() })
}

impl Bench {
    /// Runs a user of the first class through so many requests; `answer` says what comes back.
    pub fn run(&mut self, requests: usize, answer: impl Fn(&Exchange) -> Result<Answer, AnswerError>) -> UserStep {
        let mut user = LocustUser::default();
        let mut step = user.start(&mut self.file, 0);
        loop {
            step = match step {
                UserStep::Sleep(seconds) if self.slept.len() < requests * 20 => {
                    self.slept.push(seconds);
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "waits are short")]
                    self.clock.set(self.clock.get() + (seconds * 1e9) as u64);
                    user.waited(&mut self.file)
                }
                UserStep::Exchange(exchange) if self.sent.len() < requests => {
                    self.clock.set(self.clock.get() + 5_000_000);
                    let answer = answer(&exchange);
                    self.sent.push((*exchange).clone());
                    user.answered(&mut self.file, answer)
                }
                UserStep::Sleep(_) | UserStep::Exchange(_) => return user.stop(&mut self.file),
                other => return other,
            };
        }
    }

    /// Runs a user of the first class through one task, up to the wait after it.
    pub fn run_task(&mut self, answer: impl Fn(&Exchange) -> Result<Answer, AnswerError>) -> String {
        let mut user = LocustUser::default();
        let mut step = user.start(&mut self.file, 0);
        while let UserStep::Exchange(exchange) = step {
            self.clock.set(self.clock.get() + 5_000_000);
            let answer = answer(&exchange);
            self.sent.push((*exchange).clone());
            step = user.answered(&mut self.file, answer);
        }
        format!("{step:?}")
    }

    pub fn lines(&self) -> Vec<String> {
        self.sent.iter().map(|sent| format!("{} {}", sent.method, sent.url.as_str())).collect()
    }

    pub fn reports(&mut self) -> Vec<String> {
        let line = |report: Report| {
            let Report { method, name, milliseconds, bytes, failure } = report;
            format!("{method} {name} {milliseconds:.0}ms {bytes}B {}", failure.unwrap_or_else(|| "ok".to_owned()))
        };
        self.file.reports().into_iter().map(line).collect()
    }
}

pub fn ok(body: &str) -> Result<Answer, AnswerError> {
    let headers = [("Content-Type", "application/json")].into_iter().collect();
    Ok(Answer::new(200, "OK", headers, body))
}

pub fn with_host() -> Options {
    Options { host: Some("http://localhost:8080".to_owned()), ..Options::default() }
}
