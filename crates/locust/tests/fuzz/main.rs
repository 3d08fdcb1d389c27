//! No locustfile, however broken, panics or hangs what runs it: sources that are mangled token by token, and programs that are
//! made up, are loaded and run for some steps under small limits. `PROPTEST_CASES=100000 cargo test --release -p swarmgate-locust
//! --test fuzz` does it for longer.

mod mangle;
mod program;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use proptest::prelude::*;
use swarmgate_locust::{Answer, AnswerError, Files, LocustUser, Locustfile, Options, UserStep, World, ask_nobody};
use swarmgate_python::VmLimits;

/// Far longer than any case takes that comes to its end.
const LONGEST: Duration = Duration::from_secs(60);

/// The largest value, and all of the process.
const VALUE_BYTES: usize = 1 << 20;

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(100);
    ProptestConfig { cases, max_shrink_iters: 2_000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn mangled_locustfiles_end(source in mangle::source()) {
        survives(source)?;
    }

    #[test]
    fn made_up_programs_end(source in program::source()) {
        survives(source)?;
    }

    #[test]
    fn mangled_made_up_programs_end(source in program::source().prop_flat_map(mangle::of)) {
        survives(source)?;
    }
}

/// Runs `source` on a thread of its own, whose stack is that of a load thread: it must come back.
fn survives(source: String) -> Result<(), TestCaseError> {
    let (done, is_done) = mpsc::channel();
    let text = source.clone();
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        run(&text);
        // Nobody waits any more where it took too long.
        let _ = done.send(());
    });
    let thread = thread.map_err(|error| TestCaseError::fail(error.to_string()))?;
    match is_done.recv_timeout(LONGEST) {
        Err(mpsc::RecvTimeoutError::Timeout) => Err(TestCaseError::fail(format!("it hangs:\n{source}"))),
        _ => thread.join().map_err(|_| TestCaseError::fail(format!("it panics:\n{source}"))),
    }
}

fn run(source: &str) {
    let clock = Rc::new(Cell::new(1_700_000_000_000_000_000_u64));
    let (wall, monotonic) = (Rc::clone(&clock), Rc::clone(&clock));
    let held = [
        ("helper.py", "def twice(x): return x * 2\n"),
        ("users.csv", "name,age\nann,3\n"),
        ("data.json", "{\"a\": [1, 2]}"),
    ];
    let world = World {
        files: Files::new(held.map(|(path, text)| (path.to_owned(), text.as_bytes().into()))),
        environment: vec![("TOKEN".to_owned(), "t0k".to_owned())],
        arguments: vec!["locust".to_owned()],
        wall: Rc::new(move || wall.get()),
        monotonic: Rc::new(move || monotonic.get()),
        entropy: Rc::new(|| 4),
        log: Rc::new(|_, _, _| {}),
        ask: ask_nobody(),
    };
    let options = Options { host: Some("http://127.0.0.1:1".to_owned()), users: 2, ..Options::default() };
    let limits = VmLimits { instructions: 300_000, value_bytes: VALUE_BYTES, process_bytes: 2 << 30, depth: 900 };
    let Ok(mut file) = Locustfile::load("locustfile.py", source, world, &options, limits) else { return };
    let mut listeners = LocustUser::default();
    let mut step = listeners.listen(&mut file, "test_start");
    for n in 0..5 {
        step = match step {
            UserStep::Sleep(_) => listeners.waited(&mut file),
            UserStep::Exchange(_) => listeners.answered(&mut file, answer(n)),
            _ => break,
        };
    }
    for class in 0..file.classes().len().min(3) {
        let mut user = LocustUser::default();
        let mut step = user.start(&mut file, class);
        for n in 0..12 {
            clock.set(clock.get() + 5_000_000);
            step = match step {
                UserStep::Sleep(_) => user.waited(&mut file),
                UserStep::Exchange(_) => user.answered(&mut file, answer(n)),
                _ => break,
            };
        }
        if matches!(step, UserStep::Sleep(_) | UserStep::Exchange(_)) {
            user.stop(&mut file);
        }
        spawned(&mut file);
    }
    let _ = file.tick(1.0, 1);
    let _ = file.fire("test_stop", &["environment"]);
}

/// Lets some of what was spawned go on, and stops it.
fn spawned(file: &mut Locustfile) {
    for _ in 0..5 {
        let Some(spawned) = file.next_spawned() else { break };
        let mut helper = LocustUser::default();
        let mut step = helper.run_spawned(file, spawned);
        for n in 0..4 {
            step = match step {
                UserStep::Sleep(_) => helper.waited(file),
                UserStep::Exchange(_) => helper.answered(file, answer(n)),
                _ => return,
            };
        }
        helper.stop(file);
    }
    file.take_killed();
}

fn answer(n: u32) -> Result<Answer, AnswerError> {
    let body: &[u8] = match n % 4 {
        0 => b"{\"token\": \"t\", \"items\": [{\"id\": 1}]}",
        1 => b"",
        2 => b"<html>\xff\xfe",
        _ => b"[[[[[[1, 2, {\"a\": null}]]]]]]",
    };
    let headers = [("Content-Type", "application/json"), ("Set-Cookie", "a=b; Path=/"), ("Location", "/next")];
    let headers = headers.into_iter().collect();
    match n % 5 {
        4 => Err(AnswerError::Timeout("no answer within 1s".to_owned())),
        n => {
            let status = [200, 302, 503, 404][n as usize];
            Ok(Answer::new(status, "OK", headers, body))
        }
    }
}
