//! How long functions take from their start to their first call for an event: `init_times BOOTSTRAP...`
//!
//! Starts each ten times in an environment like Lambda's, and prints the median and the longest.

use std::path::Path;
use std::time::Duration;

use swarmgate_testbed::LambdaFunction;

const STARTS: usize = 10;

/// Each start gets an event that no function can read: it answers at once, with an error, and asks no service.
const EVENT: &str = "no JSON";

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "what it is for")]
async fn main() {
    for bootstrap in std::env::args().skip(1) {
        let mut times = Vec::new();
        for _ in 0..STARTS {
            let function = LambdaFunction::new("init", Path::new(&bootstrap), environment(), 1);
            // Whatever comes of it: the function has started.
            let _ = function.invoke(EVENT).await;
            times.extend(function.init_times());
        }
        times.sort();
        let [median, longest] = [times.get(times.len() / 2), times.last()].map(|t| t.map(Duration::as_micros));
        println!("{bootstrap}: median {median:?} us, longest {longest:?} us, of {} starts", times.len());
    }
}

fn environment() -> Vec<(String, String)> {
    let variables = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("SWARMGATE_BUCKET", "results"),
        ("SWARMGATE_POOLS", r#"{"default": {"queue": "https://sqs.example/shards", "cluster": "load"}}"#),
        ("SWARMGATE_ALLOWED_TARGETS", "shop.example"),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}
