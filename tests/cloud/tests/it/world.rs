//! A deployment at work: store, queues, functions, a cluster with the workers' chart, and a server to load.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use kube::Api;
use reqwest::Client;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use swarmgate_aws::SqsQueue;
use swarmgate_domain::{Key, Summary, key};
use swarmgate_kubernetes::testing::{ControlPlane, Kubelet, Program};
use swarmgate_testbed::{
    Access, Arrival, AwsStandIns, Caller, EventBridge, EventFormat, EventSource, FakeEks, FaultProxy, HttpFront,
    KeyFilter, LambdaFunction,
};
use swarmgate_workload::{RunningWorkload, Workload};
use tokio::sync::SemaphorePermit;
use tokio::task::JoinSet;

use crate::binaries::binary;
use crate::entries::AccessEntries;
use crate::{chart, room};

pub const BUCKET: &str = "results";
const CLUSTER: &str = "load";
pub const NAMESPACE: &str = "swarmgate";

/// How often the schedule comes by: in tests a minute would be long.
const SWEEP_EVERY: Duration = Duration::from_secs(3);

/// How long a test of some seconds may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// A deployment at work. Fields end in the order in which they stand: callers before what they call.
pub struct World {
    pub client: Client,
    pub front: HttpFront,
    pub schedule: JoinSet<()>,
    _events: EventSource,
    pub kubelet: Kubelet,
    pub merge: LambdaFunction,
    sweep: LambdaFunction,
    pub api: LambdaFunction,
    deployments: Api<Deployment>,
    pub plane: ControlPlane,
    pub entries: AccessEntries,
    eks: FakeEks,
    pub proxy: FaultProxy,
    pub server: RunningWorkload,
    pub bridge: Option<EventBridge>,
    /// The URLs of the queues of shards and of events.
    pub queues: [String; 2],
    pub aws: AwsStandIns,
    _room: SemaphorePermit<'static>,
}

impl World {
    /// Starts everything; `None`: the test is skipped, which was said.
    pub async fn start(test: &str, arrival: Arrival) -> Option<Self> {
        let helm = chart::helm()?;
        let room = room::take().await;
        let mut bridge = EventBridge::start().await;
        let aws = AwsStandIns::start(test, Some(&bridge.url())).await?;
        let entries = AccessEntries::start(aws.keys().0).await;
        let plane = ControlPlane::start_with(&entries.flags())?;
        plane.node("node-1", 64).await;
        plane.namespace(NAMESPACE).await;

        aws.make_bucket(BUCKET).await;
        let (shards, _) = aws.make_queue_with_dead_letters("shards").await;
        let (events, _) = aws.make_queue_with_dead_letters("events").await;
        let config = aws.config(aws.aws_url()).await;
        let told = KeyFilter { prefix: key::ALL_TESTS, suffix: key::NEWS };
        bridge.deliver_to(SqsQueue::new(&config, &events), told, arrival);
        let proxy = FaultProxy::start(aws.store_url()).await;
        plane.apply(NAMESPACE, &chart::workers(&helm, NAMESPACE, BUCKET, &shards, "")).await.unwrap();
        let eks = FakeEks::start(CLUSTER, &plane.url(), &plane.authority_pem()).await;

        let of_workers = aws.environment(&proxy.url());
        let environment = of_functions(of_workers.clone(), &eks.url(), &shards, &events);
        let function =
            |name: &str, copies| LambdaFunction::new(name, Path::new(&binary(name)), environment.clone(), copies);
        let (api, merge, sweep) = (function("api", 2), function("merge", 3), function("sweep", 1));
        let worker = binary("swarmgate-worker");
        let kubelet = Kubelet::start(&plane, NAMESPACE, move |_| {
            let program = Program::new(&worker).listens_by("SWARMGATE_LISTEN");
            Some(of_workers.iter().fold(program, |program, (name, value)| program.variable(name, value.as_str())))
        })
        .await;
        let mut schedule = JoinSet::new();
        schedule.spawn(sweep_again_and_again(sweep.clone()));
        Some(Self {
            client: Client::builder().no_proxy().redirect(Policy::none()).build().unwrap(),
            front: HttpFront::start(&api, EventFormat::HttpApi, "$default", Access::Iam(aws.caller())).await,
            schedule,
            _events: EventSource::start(&config, &events, &merge, 3),
            kubelet,
            merge,
            sweep,
            api,
            deployments: Api::namespaced(plane.client().await, NAMESPACE),
            plane,
            entries,
            eks,
            proxy,
            server: Workload::builder().start().unwrap(),
            bridge: Some(bridge),
            queues: [shards, events],
            aws,
            _room: room,
        })
    }

    /// Runs `swarmgate test …` against the API, with requests that are signed; gives the exit code and what it printed.
    pub async fn swarmgate_test(&self, arguments: &[&str]) -> (i32, String) {
        let caller = self.aws.caller();
        self.swarmgate_test_as(arguments, Some(&caller)).await
    }

    /// The same, signed by `caller`, or not at all.
    pub async fn swarmgate_test_as(&self, arguments: &[&str], caller: Option<&Caller>) -> (i32, String) {
        let mut command = Command::new(binary("swarmgate"));
        command.args(["test", "--api", &self.front.url()]).args(arguments);
        for name in ["SWARMGATE_API_AUTH", "AWS_SESSION_TOKEN"] {
            command.env_remove(name);
        }
        if let Some(caller) = caller {
            command.env("SWARMGATE_API_AUTH", "iam").env("AWS_REGION", &caller.region);
            command.env("AWS_ACCESS_KEY_ID", &caller.key_id).env("AWS_SECRET_ACCESS_KEY", &caller.secret);
        }
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.code().unwrap_or(-1), said)
    }

    /// Runs `swarmgate doctor` as someone with this access key; gives the exit code and what it printed.
    pub async fn doctor(&self, api: Option<&str>, access_key: &str) -> (i32, String) {
        let mut command = Command::new(binary("swarmgate"));
        command.arg("doctor").args(api.into_iter().flat_map(|api| ["--api", api]));
        command.env("SWARMGATE_API_AUTH", "iam").env("AWS_ACCESS_KEY_ID", access_key);
        command.env("AWS_ENDPOINT_URL_EKS", self.eks.url()).env_remove("SWARMGATE_API");
        command.env("AWS_SECRET_ACCESS_KEY", self.aws.keys().1).env("AWS_REGION", "us-east-1");
        command.env("AWS_ENDPOINT_URL_STS", self.aws.aws_url()).env_remove("AWS_SESSION_TOKEN");
        let folder = tempfile::tempdir().unwrap();
        command.current_dir(folder.path());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.code().unwrap_or(-1), said)
    }

    /// A file with a scenario that loads the server; gives its path.
    pub fn scenario(&self, duration: &str) -> tempfile::TempPath {
        scenario(&self.server, duration)
    }

    pub async fn get(&self, path: &str) -> Value {
        let mut request = self.client.get(format!("{}{path}", self.front.url())).build().unwrap();
        self.aws.caller().sign(&mut request, Duration::ZERO);
        let answer = self.client.execute(request).await.unwrap();
        let answer = match answer.headers().get("location") {
            // A link to the store carries its own signature.
            Some(link) => self.client.get(link.to_str().unwrap()).send().await.unwrap(),
            None => answer,
        };
        answer.json().await.unwrap()
    }

    /// The summary, which the API redirects to.
    pub async fn summary(&self, id: &str) -> Summary {
        serde_json::from_value(self.get(&format!("/tests/{id}/report/summary.json")).await).unwrap()
    }

    pub async fn has_object(&self, key: &Key) -> bool {
        self.aws.store_client().await.head_object().bucket(BUCKET).key(key.as_str()).send().await.is_ok()
    }

    pub async fn remove_object(&self, key: &Key) {
        self.aws.store_client().await.delete_object().bucket(BUCKET).key(key.as_str()).send().await.unwrap();
    }

    /// Removes a bucket with all that is in it.
    pub async fn remove_bucket(&self, bucket: &str) {
        let store = self.aws.store_client().await;
        // Functions may write meanwhile.
        self.wait_until("the bucket to be gone", async || {
            let listed = store.list_objects_v2().bucket(bucket).send().await.unwrap();
            for object in listed.contents.unwrap_or_default() {
                store.delete_object().bucket(bucket).key(object.key.unwrap()).send().await.unwrap();
            }
            store.delete_bucket().bucket(bucket).send().await.is_ok()
        })
        .await;
    }

    /// Sweeps, as the schedule does.
    pub async fn sweep_once(&self) {
        sweep_now(&self.sweep).await;
    }

    /// What the Deployment's size is set to.
    pub async fn replicas(&self) -> i32 {
        self.deployments.get("workers").await.unwrap().spec.and_then(|spec| spec.replicas).unwrap_or(-1)
    }

    /// Waits until `done`.
    pub async fn wait_until(&self, what: &str, mut done: impl AsyncFnMut() -> bool) {
        let waiting = async {
            while !done().await {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            let workers: Vec<_> = self.kubelet.logged().iter().map(|pod| self.kubelet.log(pod)).collect();
            panic!("waited for {what}\n{}\n{}\n{}", self.api.log(), self.merge.log(), workers.join("\n"));
        }
    }

    /// Waits until the test stands like this; gives how it stands.
    pub async fn wait_for(&self, id: &str, phase: &str) -> Value {
        let mut test = Value::Null;
        self.wait_until(&format!("{id} to be {phase}"), async || {
            test = self.get(&format!("/tests/{id}")).await;
            test["phase"] == phase
        })
        .await;
        test
    }
}

/// A file with a scenario that loads `server`; gives its path.
pub fn scenario(server: &RunningWorkload, duration: &str) -> tempfile::TempPath {
    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    let target = server.url("");
    let text = format!(
        "target: {target}\nload: {{ users: 20, spawn_rate: 20/s, duration: {duration} }}\nthink_time: 20ms..60ms\n\
         flow: [ GET /, GET /items ]\ngrace: 10s\nthresholds: [ 'error_rate < 1%' ]\n"
    );
    std::fs::write(file.path(), text).unwrap();
    file.into_temp_path()
}

/// What the template gives to each function.
fn of_functions(
    mut environment: Vec<(String, String)>,
    eks: &str,
    shards: &str,
    events: &str,
) -> Vec<(String, String)> {
    let pools =
        json!({ "default": { "queue": shards, "cluster": CLUSTER, "namespace": NAMESPACE, "deployment": "workers" } });
    let ours = [
        ("AWS_ENDPOINT_URL_EKS", eks.to_owned()),
        ("SWARMGATE_BUCKET", BUCKET.to_owned()),
        ("SWARMGATE_POOLS", pools.to_string()),
        ("SWARMGATE_EVENTS_QUEUE", events.to_owned()),
        ("SWARMGATE_ALLOWED_TARGETS", "127.0.0.1".to_owned()),
        ("SWARMGATE_INTERVAL", "1s".to_owned()),
    ];
    environment.extend(ours.map(|(name, value)| (name.to_owned(), value)));
    environment
}

async fn sweep_again_and_again(sweep: LambdaFunction) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        sweep_now(&sweep).await;
    }
}

async fn sweep_now(sweep: &LambdaFunction) {
    let event = json!({ "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": {} });
    // The next one mends what this one could not.
    let _ = sweep.invoke(event.to_string()).await;
}
