//! Merging the chunks of a large test: 10,000 workers, 50 request names, on an S3-compatible store, by the real function.
//!
//! Writes the chunks of some intervals, then gives the function the bucket's messages about them as Lambda would: in no order, so many a batch,
//! to so many copies at once. Prints for each interval what that took in CPU and requests, then the memory of a copy, how many copies keep up
//! with intervals of 5 s, what an hour is at list prices, and the same for the report.
//!
//! `SHARDS`, `NAMES`, `INTERVALS`, `FUNCTIONS` and `BATCH` change the size; `LATENCY_MS` makes each reading of a chunk take longer, as S3 is
//! farther away than a process of this machine. `FUNCTIONS_DIR` says where the functions are (target/function).

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark prints what it measured")]

mod cost;
mod load;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use http::Method;
use serde_json::{Value, json};
use swarmgate_aws::{Addressing, S3Store};
use swarmgate_domain::{Interval, Key, ShardId, key};
use swarmgate_service::ports::{Condition, ObjectStore};
use swarmgate_testbed::{AwsStandIns, Fault, FaultProxy, LambdaFunction};

use cost::{Cost, Work};
use load::{INTERVAL, begun, chunk, ports, stats};

const BUCKET: &str = "results";

/// Chunks that are written at once.
const WRITERS: usize = 32;

/// A copy that merges, and one that sweeps, may take as long as the template allows.
const TIME_OUT: Duration = Duration::from_secs(60);
const SWEEP_TIME_OUT: Duration = Duration::from_secs(900);

/// After so many sweeps something is wrong.
const MOST_SWEEPS: u32 = 5;

#[tokio::main]
async fn main() {
    // Asked by `cargo test` what there is to run: nothing.
    if std::env::args().any(|argument| argument == "--list" || argument == "--test") {
        return;
    }
    let size = |name: &str, usual: u32| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (shards, names, intervals) = (size("SHARDS", 10_000), size("NAMES", 50), size("INTERVALS", 5));
    let (copies, batch, latency) =
        (size("FUNCTIONS", 2) as usize, size("BATCH", 3_000) as usize, size("LATENCY_MS", 0));
    let Some(aws) = AwsStandIns::start("merging", None).await else { return };
    aws.make_bucket(BUCKET).await;
    let proxy = FaultProxy::start(aws.store_url()).await;
    let store_url = match latency {
        0 => aws.store_url().to_owned(),
        latency => {
            proxy.plan(Method::GET, "/chunks/", Fault::Slow(Duration::from_millis(latency.into())), u32::MAX);
            proxy.url()
        }
    };
    let environment = environment(&aws, &store_url);
    let function = |name: &str, copies, time_out| {
        LambdaFunction::new(name, &bootstrap(name), environment.clone(), copies).may_take(time_out)
    };
    let (merge, sweep) = (function("merge", copies, TIME_OUT), function("sweep", 1, SWEEP_TIME_OUT));
    let store = S3Store::new(&aws.config(aws.store_url()).await, BUCKET, Addressing::Path);
    let ports = ports(Arc::new(store));
    let run = begun(&ports, shards, intervals).await;

    let (stats, mut total) = (Arc::new(stats(names)), Work::default());
    for interval in (0..intervals).map(Interval) {
        let began = Instant::now();
        let puts = (0..shards).map(|shard| {
            let (run, stats) = (run.clone(), stats.clone());
            put(&ports.store, move || {
                let chunk = chunk(&run, interval, shard, &stats);
                (chunk.id.key(&chunk.run), chunk.encode())
            })
        });
        let mut keys: Vec<Key> = stream::iter(puts).buffer_unordered(WRITERS).collect().await;
        fastrand::shuffle(&mut keys);
        let bytes = chunk(&run, interval, 0, &stats).encode().len();
        println!("interval {}: {shards} chunks of {bytes} bytes, written in {:.1?}", interval.0, began.elapsed());

        let (before, began) = (Work::of(&merge), Instant::now());
        let events = keys.chunks(batch).map(event);
        stream::iter(events)
            .for_each_concurrent(copies, |event| async {
                let answer = merge.invoke(event).await.expect("the function does not fail");
                let answer: Value = serde_json::from_slice(&answer).expect("it answers JSON");
                assert_eq!(answer["batchItemFailures"], json!([]), "{}", merge.log());
            })
            .await;
        let work = Work::of(&merge) - before;
        println!("  merged by {copies} at once in {:.1?}: {work}", began.elapsed());
        total = total + work;
    }
    println!("a copy of the function took {} MB at most", merge.usage().peak_bytes >> 20);
    println!("{}", Cost::of(total, intervals, INTERVAL));
    println!("one prefix got {} writes and {} reads of it", shards, total.reads / u64::from(intervals.max(1)));

    let done = (0..shards).map(|shard| {
        let run = run.clone();
        put(&ports.store, move || (key::done(&run, ShardId(shard)), br#"{"attempt":1}"#.to_vec()))
    });
    let done: Vec<Key> = stream::iter(done).buffer_unordered(WRITERS).collect().await;
    // The message about the last of them, after which the function makes the report, unless that takes longer than it may: then it is swept.
    let (before, began) = (Work::of(&merge), Instant::now());
    let made = merge.invoke(event(&done[..1])).await;
    let mut sweeps = 0;
    while !swarmgate_service::status(&ports, &run).await.expect("the test is there").state.phase.is_over() {
        assert!(sweeps < MOST_SWEEPS, "no report, though all is there: {}", sweep.log());
        sweep.invoke(json!({}).to_string()).await.unwrap_or_else(|error| panic!("{error:?}: {}", sweep.log()));
        sweeps += 1;
    }
    println!(
        "the report of {intervals} intervals: {:.1?}: {}; {}, it took {} MB at most",
        began.elapsed(),
        Work::of(&merge) - before + Work::of(&sweep),
        match made {
            Ok(_) => "made by the function that merges".to_owned(),
            Err(error) => format!("made by {sweeps} sweeps, since the function that merges did not: {error:?}"),
        },
        merge.usage().peak_bytes.max(sweep.usage().peak_bytes) >> 20
    );
}

/// Has an object written, made and signed on any core.
async fn put(store: &Arc<dyn ObjectStore>, object: impl FnOnce() -> (Key, Vec<u8>) + Send + 'static) -> Key {
    let store = store.clone();
    let put = async move {
        let (key, bytes) = object();
        store.put(&key, bytes.into(), Condition::Absent).await.expect("the store takes an object");
        key
    };
    tokio::spawn(put).await.expect("no writer panics")
}

/// What Lambda gives the function for the messages about these objects.
fn event(keys: &[Key]) -> String {
    let message = |key: &Key| {
        let object = json!({ "key": key.as_str(), "size": 27_000, "eTag": "0123456789abcdef0123456789abcdef", "sequencer": "00" });
        let entity = json!({ "s3SchemaVersion": "1.0", "bucket": { "name": BUCKET, "arn": "arn:aws:s3:::results" }, "object": object });
        json!({ "Records": [{ "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": entity }] })
    };
    let record = |(index, key)| {
        json!({ "messageId": format!("message-{index}"), "receiptHandle": "r", "body": message(key).to_string(), "attributes": {},
            "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:1:events",
            "awsRegion": "us-east-1" })
    };
    json!({ "Records": keys.iter().enumerate().map(record).collect::<Vec<_>>() }).to_string()
}

fn environment(aws: &AwsStandIns, store_url: &str) -> Vec<(String, String)> {
    let ours = [
        ("SWARMGATE_BUCKET", BUCKET),
        ("SWARMGATE_POOLS", r#"{"default": {"queue": "http://127.0.0.1:9/shards"}}"#),
        ("SWARMGATE_ALLOWED_TARGETS", "any"),
    ];
    let ours = ours.map(|(name, value)| (name.to_owned(), value.to_owned()));
    aws.environment(store_url).into_iter().chain(ours).collect()
}

/// The function of this name, as it is deployed.
fn bootstrap(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("this program is somewhere");
    let beside = own.ancestors().nth(3).map(|target| target.join("function")).unwrap_or_default();
    let folder = std::env::var_os("FUNCTIONS_DIR").map_or(beside, PathBuf::from);
    let path = Path::new(&folder).join(name);
    assert!(path.exists(), "{} is not built: cargo build --profile function -p swarmgate-functions", path.display());
    path
}
