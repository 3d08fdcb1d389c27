//! A deployment without AWS: the chart with its controller in a cluster, a store and queues that others wrote.

use std::process::Command;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use serde_json::Value;
use swarmgate_kubernetes::testing::{ControlPlane, Kubelet, Program, RunningPod};
use swarmgate_testbed::{AwsStandIns, free_port};
use swarmgate_workload::{RunningWorkload, Workload};
use tokio::net::TcpListener;
use tokio::sync::SemaphorePermit;
use tokio::task::JoinSet;

use crate::binaries::binary;
use crate::{chart, room};

const BUCKET: &str = "results";
const NAMESPACE: &str = "swarmgate";

/// What users of the API must know.
const TOKEN: &str = "a token of the tests";

/// How long a test of some seconds may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// How the controller learns of new objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It looks.
    ByLooking,
    /// The store's webhook tells it; it looks so seldom that nothing comes of that.
    ByWebhook,
}

/// A deployment at work.
pub struct OnPremises {
    pub client: reqwest::Client,
    pub kubelet: Kubelet,
    deployments: Api<Deployment>,
    _plane: ControlPlane,
    pub server: RunningWorkload,
    api: String,
    _aws: AwsStandIns,
    _room: SemaphorePermit<'static>,
}

impl OnPremises {
    /// Starts everything; `None`: the test is skipped, which was said.
    pub async fn start(test: &str, news: News) -> Option<Self> {
        let helm = chart::helm()?;
        let room = room::take().await;
        let (api, hooks) = (format!("127.0.0.1:{}", free_port()), format!("127.0.0.1:{}", free_port()));
        let webhook = format!("http://{hooks}/notices");
        // The store tries its webhook when it starts, and the controller needs the store.
        let greeter = Greeter::listen(&hooks).await;
        let aws = AwsStandIns::start(test, (news == News::ByWebhook).then_some(webhook.as_str())).await?;
        drop(greeter);
        let plane = ControlPlane::start()?;
        plane.node("node-1", 64).await;
        plane.namespace(NAMESPACE).await;
        aws.make_bucket(BUCKET).await;
        let (shards, _) = aws.make_queue_with_dead_letters("shards").await;
        let secret = format!(
            "{{apiVersion: v1, kind: Secret, metadata: {{name: api-token}}, stringData: {{token: '{TOKEN}'}}}}"
        );
        plane.apply(NAMESPACE, &secret).await.unwrap();
        let often = if news == News::ByLooking { "2s" } else { "10m" };
        let more = format!(
            "controller.enabled=true,controller.image.repository=registry.example/controller,controller.tokenSecret=api-token,\
             controller.sweepEvery={often},controller.lookEvery={often}"
        );
        plane.apply(NAMESPACE, &chart::workers(&helm, NAMESPACE, BUCKET, &shards, &more)).await.unwrap();

        let variables = aws.environment(aws.store_url());
        let (worker, controller) = (binary("swarmgate-worker"), binary("swarmgate-controller"));
        let at = api.clone();
        let kubelet = Kubelet::start(&plane, NAMESPACE, move |pod| {
            let program = if is_of_controller(pod) {
                let program = Program::new(&controller).variable("SWARMGATE_LISTEN", at.as_str());
                let program = program.variable("SWARMGATE_INTERVAL", "1s");
                match news {
                    News::ByLooking => program.listens_by("SWARMGATE_HOOKS_LISTEN"),
                    News::ByWebhook => program.variable("SWARMGATE_HOOKS_LISTEN", hooks.as_str()),
                }
            } else {
                Program::new(&worker).listens_by("SWARMGATE_LISTEN")
            };
            Some(variables.iter().fold(program, |program, (name, value)| program.variable(name, value.as_str())))
        })
        .await;
        let deployments = Api::namespaced(plane.client().await, NAMESPACE);
        let world = Self {
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            kubelet,
            deployments,
            _plane: plane,
            server: Workload::builder().start().unwrap(),
            api: format!("http://{api}"),
            _aws: aws,
            _room: room,
        };
        world.wait_until("the API", async || world.status("/health", Some(TOKEN)).await == Some(200)).await;
        Some(world)
    }

    /// The status of a path for who knows this token; `None`: nobody answers.
    pub async fn status(&self, path: &str, token: Option<&str>) -> Option<u16> {
        let request = self.client.get(format!("{}{path}", self.api));
        let request =
            token.map_or_else(|| request.try_clone().unwrap(), |token| request.try_clone().unwrap().bearer_auth(token));
        request.send().await.ok().map(|answer| answer.status().as_u16())
    }

    /// What lies at a path; null while nobody answers.
    pub async fn get(&self, path: &str) -> Value {
        let sent = self.client.get(format!("{}{path}", self.api)).bearer_auth(TOKEN).send().await;
        match sent {
            Ok(answer) => answer.json().await.unwrap_or_default(),
            Err(_) => Value::Null,
        }
    }

    /// Runs `swarmgate` with the API and its token in the environment; gives the exit code and what it printed.
    pub async fn swarmgate(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(binary("swarmgate"));
        command.args(arguments).env("SWARMGATE_API", &self.api).env("SWARMGATE_API_TOKEN", TOKEN);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.code().unwrap_or(-1), said)
    }

    /// What the size of the workers' Deployment is set to.
    pub async fn replicas(&self) -> i32 {
        self.deployments.get("workers").await.unwrap().spec.and_then(|spec| spec.replicas).unwrap_or(-1)
    }

    /// The Pods of the controller that run, and those of workers.
    pub fn pods(&self) -> (Vec<RunningPod>, Vec<RunningPod>) {
        self.kubelet.running().into_iter().partition(|pod| pod.name.starts_with("workers-controller-"))
    }

    /// Waits until `done`.
    pub async fn wait_until(&self, what: &str, mut done: impl AsyncFnMut() -> bool) {
        let waiting = async {
            while !done().await {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            let logs: Vec<_> = self.kubelet.logged().iter().map(|pod| self.kubelet.log(pod)).collect();
            panic!("waited for {what}\n{}", logs.join("\n"));
        }
    }
}

/// Answers what is asked before there is a controller.
struct Greeter {
    _answers: JoinSet<()>,
}

impl Greeter {
    async fn listen(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.expect("the port was free a moment ago");
        let routes = Router::new().fallback(async || StatusCode::NO_CONTENT);
        let mut answers = JoinSet::new();
        answers.spawn(async move { axum::serve(listener, routes).await.expect("it serves until it is dropped") });
        Self { _answers: answers }
    }
}

fn is_of_controller(pod: &Pod) -> bool {
    let labels = pod.metadata.labels.as_ref();
    labels.and_then(|labels| labels.get("app.kubernetes.io/name")).is_some_and(|name| name == "workers-controller")
}
