//! What a user of the walkthrough's locustfile costs: CPU a request without a network, and memory a suspended user.
//!
//! `cargo run --release -p swarmgate-locust --example cost -- 10000 1000000`
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a program for the terminal"
)]

use std::rc::Rc;
use std::time::Instant;

use swarmgate_locust::{Answer, Files, LocustUser, Locustfile, Options, UserStep, World, ask_nobody};
use swarmgate_python::VmLimits;

const SOURCE: &str = "from locust import HttpUser, task

default_headers = {'User-Agent': 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_13_4)'}

class WebsiteUser(HttpUser):
    @task(1)
    def get_index(self):
        self.client.get('/', headers=default_headers)
";

fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|pages| pages.parse::<f64>().ok()).unwrap_or(0.0) * 4096.0
}

fn main() {
    let number = |at: usize, default: usize| std::env::args().nth(at).and_then(|n| n.parse().ok()).unwrap_or(default);
    let (users, requests) = (number(1, 1_000), number(2, 200_000));
    let start = Instant::now();
    let nanos = Rc::new(move || u64::try_from(start.elapsed().as_nanos()).unwrap_or(0));
    let world = World {
        files: Files::default(),
        environment: Vec::new(),
        arguments: Vec::new(),
        wall: nanos.clone(),
        monotonic: nanos,
        entropy: Rc::new(|| 4),
        log: Rc::new(|_, _, _| {}),
        ask: ask_nobody(),
    };
    let options = Options { host: Some("http://127.0.0.1:8080".to_owned()), ..Options::default() };
    let loaded = Locustfile::load("locustfile.py", SOURCE, world, &options, VmLimits::default());
    let Ok(mut file) = loaded else { return println!("the locustfile did not load") };
    println!("loaded in {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let before = resident();
    let mut all: Vec<LocustUser> = (0..users).map(|_| LocustUser::default()).collect();
    let mut steps: Vec<UserStep> = all.iter_mut().map(|user| user.start(&mut file, 0)).collect();
    println!("{:.0} bytes a user", (resident() - before) / users as f64);
    let begun = Instant::now();
    let mut done = 0;
    while done < requests {
        for (user, step) in all.iter_mut().zip(&mut steps) {
            *step = match step {
                UserStep::Sleep(_) => user.waited(&mut file),
                UserStep::Exchange(_) => {
                    done += 1;
                    let headers = [("Content-Length", "2"), ("Server", "nginx")].into_iter().collect();
                    user.answered(&mut file, Ok(Answer::new(200, "OK", headers, "ok")))
                }
                other => return println!("{other:?}"),
            };
        }
        file.reports();
    }
    println!("{:.2} us of CPU a request", begun.elapsed().as_secs_f64() * 1e6 / done as f64);
}
