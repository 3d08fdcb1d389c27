//! Runs locustfiles against answers of its own and says how far each comes: `… --example corpus -- [--sent] [--steps=200] FILE…`. With
//! `--sent` all requests and what was counted are printed too: `tests/side_by_side/corpus.py` holds them against what a real Locust does.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use swarmgate_locust::{Answer, Exchange, Files, LoadError, LocustUser, Locustfile, Options, UserStep, World};
use swarmgate_python::VmLimits;

const BODY: &str =
    r#"{"access_token": "t", "token": "t", "id": 1, "data": [], "items": [], "results": [], "status": "ok"}"#;

fn main() {
    let (flags, paths): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let steps = flags.iter().find_map(|flag| flag.strip_prefix("--steps=")?.parse().ok()).unwrap_or(200);
    for path in paths {
        println!("{path}\t{}", run(Path::new(&path), flags.iter().any(|flag| flag == "--sent"), steps));
    }
}

fn answer() -> Answer {
    let headers = [("Content-Type", "application/json")].into_iter().collect();
    Answer::new(200, "OK", headers, BODY)
}

/// A request on one line: method, URL, names of headers, body.
fn print_sent(exchange: &Exchange) {
    let mut names: Vec<_> = exchange.headers.iter().map(|(name, _): (&str, &str)| name.to_lowercase()).collect();
    names.sort();
    let body = String::from_utf8_lossy(exchange.body.as_deref().unwrap_or_default()).replace('\n', "\\n");
    println!("SENT\t{}\t{}\t{}\t{body}", exchange.method, exchange.url.as_str(), names.join(","));
}

fn run(path: &Path, shows: bool, steps: usize) -> String {
    let Ok(source) = std::fs::read_to_string(path) else { return "unreadable".to_owned() };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let root = std::env::current_dir()
        .ok()
        .filter(|root| folder.canonicalize().is_ok_and(|folder| folder != *root && folder.starts_with(root)));
    let files = match Files::gather(folder, root.as_deref(), &name, 16 << 20) {
        Ok(files) => files,
        Err(error) => return format!("unreadable\t{error}"),
    };
    let clock = Rc::new(Cell::new(1_700_000_000_000_000_000_u64));
    let (wall, monotonic) = (Rc::clone(&clock), Rc::clone(&clock));
    let world = World {
        files,
        environment: Vec::new(),
        arguments: vec!["locust".to_owned()],
        wall: Rc::new(move || wall.get()),
        monotonic: Rc::new(move || monotonic.get()),
        entropy: Rc::new(|| 4),
        log: Rc::new(|_, _, _| {}),
        ask: Rc::new(|_| Ok(Ok(answer()))),
    };
    let options = Options { host: Some("http://127.0.0.1:8080".to_owned()), users: 10, ..Options::default() };
    let file = match Locustfile::load("locustfile.py", &source, world, &options, VmLimits::default()) {
        Ok(file) => file,
        Err(LoadError::Refused(refusals)) => {
            let all: Vec<String> =
                refusals.iter().map(|refusal| format!("{}: {}", refusal.line, refusal.construct)).collect();
            return format!("refused\t{}", all.join("; "));
        }
        Err(LoadError::Raised(trace)) => return format!("raised\t{}", trace.replace('\n', " | ")),
        Err(other) => return format!("not loaded\t{other}"),
    };
    let mut play = Play { file, clock, shows, requests: 0, helpers: Vec::new() };
    if let Some(trouble) = play.listen("test_start") {
        return trouble;
    }
    let mut failed = Vec::new();
    for class in 0..play.file.classes().len() {
        let mut user = LocustUser::default();
        let mut step = user.start(&mut play.file, class);
        for _ in 0..steps {
            step = match play.go_on(&mut user, step) {
                Ok(step) => step,
                Err(None) => break,
                // The test goes on without it.
                Err(Some(trouble)) if trouble.starts_with("failed") => {
                    failed.push(trouble);
                    break;
                }
                Err(Some(trouble)) => return trouble,
            };
        }
    }
    for event in ["test_stopping", "test_stop", "quitting"] {
        if let Some(trouble) = play.listen(event) {
            return trouble;
        }
    }
    let Play { mut file, requests, .. } = play;
    let mut errors: Vec<String> = file.user_errors().into_iter().map(|(line, _)| line).collect();
    errors.sort();
    errors.dedup();
    let reports = file.reports();
    for report in reports.iter().filter(|_| shows) {
        println!("COUNTED\t{}\t{}\t{}", report.method, report.name, report.failure.as_deref().unwrap_or_default());
    }
    errors.extend(failed);
    format!("native\t{requests} requests, {} reports; errors: {}", reports.len(), errors.join("; "))
}

/// A locustfile at work.
struct Play {
    file: Locustfile,
    clock: Rc<Cell<u64>>,
    shows: bool,
    requests: u64,
    /// What was spawned, and what each of it asks for.
    helpers: Vec<(LocustUser, UserStep)>,
}

impl Play {
    /// Answers what `user` asks for. `Err`: it is gone, or something is wrong.
    fn go_on(&mut self, user: &mut LocustUser, step: UserStep) -> Result<UserStep, Option<String>> {
        let step = match step {
            UserStep::Sleep(seconds) => {
                self.pass(seconds);
                self.go_on_with_helpers()?;
                user.waited(&mut self.file)
            }
            UserStep::Exchange(exchange) => {
                self.requests += 1;
                if self.shows {
                    print_sent(&exchange);
                }
                self.pass(0.005);
                user.answered(&mut self.file, Ok(answer()))
            }
            UserStep::Gone => return Err(None),
            UserStep::Failed(trace) => return Err(Some(format!("failed\t{}", trace.replace('\n', " | ")))),
            UserStep::Ended(why) => return Err(Some(format!("ended\t{why}"))),
            UserStep::Unsupported(why) => return Err(Some(format!("unsupported\t{why}"))),
        };
        while let Some(spawned) = self.file.next_spawned() {
            let mut helper = LocustUser::default();
            let step = helper.run_spawned(&mut self.file, spawned);
            self.helpers.push((helper, step));
        }
        Ok(step)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "waits are short")]
    fn pass(&self, seconds: f64) {
        self.clock.set(self.clock.get() + (seconds * 1e9) as u64);
    }

    fn go_on_with_helpers(&mut self) -> Result<(), Option<String>> {
        for (mut helper, step) in std::mem::take(&mut self.helpers) {
            match self.go_on(&mut helper, step) {
                Ok(step) => self.helpers.push((helper, step)),
                Err(None) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(())
    }

    /// Tells the listeners of an event; says what is wrong.
    fn listen(&mut self, event: &str) -> Option<String> {
        let mut listeners = LocustUser::default();
        let mut step = listeners.listen(&mut self.file, event);
        loop {
            step = match self.go_on(&mut listeners, step) {
                Ok(step) => step,
                Err(None) => return None,
                Err(Some(trouble)) => return Some(format!("event {event}\t{trouble}")),
            };
        }
    }
}
