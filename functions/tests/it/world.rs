//! A deployment at work: store, queues, functions, workers, and a server to load.

use std::path::Path;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use swarmgate_aws::SqsQueue;
use swarmgate_domain::{Summary, key};
use swarmgate_testbed::{
    Access, Arrival, AwsStandIns, Caller, EventBridge, EventFormat, EventSource, FakeEks, FakePipelines, FaultProxy,
    HttpFront, KeyFilter, LambdaFunction,
};
use swarmgate_workload::{RunningWorkload, Workload};
use tokio::task::JoinSet;

use super::workers;

pub const BUCKET: &str = "results";

/// How often the schedule comes by: in tests a minute would be long.
const SWEEP_EVERY: Duration = Duration::from_secs(3);

/// How long a test of a few seconds may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// How a world is set up.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub workers: usize,
    pub arrival: Arrival,
    pub format: EventFormat,
    pub stage: &'static str,
    /// The cluster that the pool is said to be in; there is one of the name `load`, to which no way leads. `None`: someone else keeps workers.
    pub cluster: Option<&'static str>,
    /// After so long without a question a stage of a pipeline waits no more.
    pub gate_patience: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        let (arrival, format) = (Arrival::Once, EventFormat::HttpApi);
        Self { workers: 3, arrival, format, stage: "$default", cluster: None, gate_patience: "15m" }
    }
}

/// A deployment at work. Fields end in the order in which they stand: callers before what they call.
pub struct World {
    pub client: Client,
    front: HttpFront,
    _schedule: JoinSet<()>,
    _events: EventSource,
    _workers: JoinSet<()>,
    pub api: LambdaFunction,
    pub merge: LambdaFunction,
    pub sweep: LambdaFunction,
    pub gate: LambdaFunction,
    pub pipelines: FakePipelines,
    _eks: FakeEks,
    pub proxy: FaultProxy,
    pub server: RunningWorkload,
    bridge: Option<EventBridge>,
    pub shards: SqsQueue,
    aws: AwsStandIns,
}

impl World {
    /// Starts everything; `None`: the test is skipped.
    pub async fn start(test: &str, setup: Setup) -> Option<Self> {
        let mut bridge = EventBridge::start().await;
        let aws = AwsStandIns::start(test, Some(&bridge.url())).await?;
        aws.make_bucket(BUCKET).await;
        let (shards, events) = (aws.make_queue("shards").await, aws.make_queue("events").await);
        let config = aws.config(aws.aws_url()).await;
        let told = KeyFilter { prefix: key::ALL_TESTS, suffix: key::NEWS };
        bridge.deliver_to(SqsQueue::new(&config, &events), told, setup.arrival);
        let proxy = FaultProxy::start(aws.store_url()).await;
        let pipelines = FakePipelines::start().await;
        let eks = FakeEks::start("load", "https://127.0.0.1:9", "no certificate").await;
        let mut environment = environment(&aws, &proxy.url(), &shards, &setup);
        environment.push(("AWS_ENDPOINT_URL_CODEPIPELINE".to_owned(), pipelines.url()));
        environment.push(("AWS_ENDPOINT_URL_EKS".to_owned(), eks.url()));
        let function = |name: &str, bootstrap: &str, copies| {
            LambdaFunction::new(name, Path::new(bootstrap), environment.clone(), copies)
        };
        let api = function("api", env!("CARGO_BIN_EXE_api"), 2);
        let merge = function("merge", env!("CARGO_BIN_EXE_merge"), 3);
        let sweep = function("sweep", env!("CARGO_BIN_EXE_sweep"), 1);
        let gate = function("gate", env!("CARGO_BIN_EXE_gate"), 1);
        let store_config = aws.config(&proxy.url()).await;
        let store = workers::store(&store_config).await;
        let mut schedule = JoinSet::new();
        schedule.spawn(sweep_again_and_again(sweep.clone()));
        Some(Self {
            client: Client::builder()
                .redirect(Policy::none())
                .no_proxy()
                .build()
                .expect("a client without settings can be made"),
            front: HttpFront::start(&api, setup.format, setup.stage, Access::Open).await,
            _schedule: schedule,
            _events: EventSource::start(&config, &events, &merge, 3),
            _workers: workers::start(setup.workers, store, SqsQueue::new(&config, &shards)),
            api,
            merge,
            sweep,
            gate,
            pipelines,
            _eks: eks,
            proxy,
            server: Workload::builder().start().expect("the workload starts"),
            bridge: Some(bridge),
            shards: SqsQueue::new(&config, &shards),
            aws,
        })
    }

    /// The URL of a path of the API.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.front.url())
    }

    pub async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.expect("the API answers")
    }

    /// Asks for a test.
    pub async fn post_test(&self, idempotency_key: &str, body: &Value) -> (StatusCode, Value) {
        let request = self.client.post(self.url("/tests")).header("idempotency-key", idempotency_key).json(body);
        let answer = request.send().await.expect("the API answers");
        (answer.status(), answer.json().await.expect("the answer is JSON"))
    }

    /// Starts a test of the server by so many workers; gives its id.
    pub async fn start_test(&self, idempotency_key: &str, workers: usize, duration: &str) -> String {
        let (status, answer) = self.post_test(idempotency_key, &self.test_body(workers, duration)).await;
        assert_eq!(status, 202, "{answer}");
        answer["id"].as_str().expect("a test has an id").to_owned()
    }

    pub fn test_body(&self, workers: usize, duration: &str) -> Value {
        let load = format!("load: {{ users: 12, spawn_rate: 12/s, duration: {duration} }}");
        json!({
            "scenario": format!("{load}\nthink_time: 20ms..60ms\nflow: [ GET /, GET /items ]\ngrace: 10s\n"),
            "target": self.server.url(""),
            "interval": "1s",
            "workers": workers,
        })
    }

    /// Waits until the test is over; gives how it stands.
    pub async fn wait_until_over(&self, id: &str) -> Value {
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                let test: Value = self.get(&format!("/tests/{id}")).await.json().await.expect("the answer is JSON");
                if ["finished", "stopped", "failed"].contains(&test["phase"].as_str().unwrap_or_default()) {
                    return test;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
        waited.await.unwrap_or_else(|_| panic!("{id} is not over\n{}\n{}", self.merge.log(), self.sweep.log()))
    }

    /// A file of the report, as a user gets it: by a link to the store.
    pub async fn report_file(&self, id: &str, file: &str) -> Response {
        let answer = self.get(&format!("/tests/{id}/report/{file}")).await;
        assert_eq!(answer.status(), 302, "{file}");
        let link = answer.headers()["location"].to_str().expect("a link is ASCII");
        self.client.get(link).send().await.expect("the store answers")
    }

    /// Writes an object that is none of Swarmgate's.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) {
        self.aws.put_object(BUCKET, key, bytes).await;
    }

    /// From now on nobody hears of new objects.
    pub fn tell_nobody(&mut self) {
        self.bridge = None;
    }

    /// Waits until no news of an object waits for the functions any more.
    pub async fn all_is_heard(&self) {
        while self.aws.messages_in("events").await > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The access key and the secret key of everything.
    pub fn keys(&self) -> (&'static str, &'static str) {
        self.aws.keys()
    }

    /// Messages in the queue of shards, those that are hidden included.
    pub async fn messages_left(&self) -> u32 {
        self.aws.messages_in("shards").await
    }

    /// Whose signature IAM authorization asks for.
    pub fn caller(&self) -> Caller {
        self.aws.caller()
    }

    /// Checks that no test was started.
    pub async fn has_no_test(&self) {
        let tests: Value = self.get("/tests").await.json().await.expect("the answer is JSON");
        assert_eq!(tests["tests"], json!([]));
    }

    /// All requests that the summary in the bucket counts.
    pub async fn checked_total(&self, id: &str) -> u64 {
        self.summary(id).await.total.count
    }

    /// The summary in the bucket.
    pub async fn summary(&self, id: &str) -> Summary {
        self.report_file(id, "summary.json").await.json().await.expect("it is a summary")
    }

    /// The summary in the bucket, which must say what the server counted: no request more, none less.
    pub async fn checked_summary(&self, id: &str) -> Summary {
        let summary = self.summary(id).await;
        let stats = self.server.stats();
        assert_eq!(summary.total.count, stats.received, "{:?}", summary.quality);
        for path in ["/", "/items"] {
            let ours = summary.requests.iter().find(|entry| entry.name == path).map(|entry| entry.count);
            assert_eq!(ours, stats.request("GET", path).map(|request| request.received), "{path}");
        }
        summary
    }
}

/// What the template gives to each function.
fn environment(aws: &AwsStandIns, store_url: &str, shards: &str, setup: &Setup) -> Vec<(String, String)> {
    let mut environment = aws.environment(store_url);
    let pool = match setup.cluster {
        Some(cluster) => json!({ "queue": shards, "cluster": cluster }),
        None => json!({ "queue": shards }),
    };
    let ours = [
        ("SWARMGATE_BUCKET", BUCKET.to_owned()),
        ("SWARMGATE_PUBLIC_URL", "https://swarmgate.example".to_owned()),
        ("SWARMGATE_POOLS", json!({ "default": pool }).to_string()),
        ("SWARMGATE_GATE_PATIENCE", setup.gate_patience.to_owned()),
        ("SWARMGATE_ALLOWED_TARGETS", "127.0.0.1".to_owned()),
        ("SWARMGATE_START_TIMEOUT", "60s".to_owned()),
        ("SWARMGATE_MOST_WORKERS", "5".to_owned()),
    ];
    environment.extend(ours.map(|(name, value)| (name.to_owned(), value)));
    environment
}

async fn sweep_again_and_again(sweep: LambdaFunction) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        let event = json!({ "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": {} });
        // The next one mends what this one could not.
        let _ = sweep.invoke(event.to_string()).await;
    }
}
