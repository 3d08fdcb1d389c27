//! versitygw as S3, moto as everything else of AWS.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::config::Builder;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::json;
use tempfile::TempDir;

use crate::lambda::Caller;
use crate::process::Process;

/// Any; moto looks at none of it, versitygw at all.
const ACCESS_KEY: &str = "AKIATEST";
const SECRET_KEY: &str = "testtesttest";
const REGION: &str = "us-east-1";

/// How often a stand-in is asked whether it is ready, and how long for.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const MOST_LOOKS: u32 = 1_200;

/// A store and a queue service at work.
#[derive(Debug)]
pub struct AwsStandIns {
    folder: TempDir,
    store: Process,
    store_url: String,
    moto: Process,
    moto_url: String,
}

impl AwsStandIns {
    /// Starts them, or says that a test is skipped since they are not installed (`None`). With `SWARMGATE_NEED_ALL=1` that is no reason to skip.
    ///
    /// The store tells of its objects to `webhook`, where there is one that listens already.
    pub async fn start(test: &str, webhook: Option<&str>) -> Option<Self> {
        let bin = installed(test)?;
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (store_port, moto_port) = (free_port(), free_port());
        let store = start_store(&bin, folder.path(), store_port, webhook);
        let mut moto = Command::new(bin.join("moto_server"));
        moto.args(["-H", "127.0.0.1", "-p", &moto_port.to_string()]);
        let moto = Process::start(&mut moto, &folder.path().join("moto.log")).expect("moto can be started");
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        let mut stand_ins = Self { folder, store, store_url: url(store_port), moto, moto_url: url(moto_port) };
        stand_ins.wait_until_ready().await;
        Some(stand_ins)
    }

    async fn wait_until_ready(&mut self) {
        for _ in 0..MOST_LOOKS {
            let answers = |url: &str| {
                let url = url.to_owned();
                async move { reqwest::get(url).await.is_ok() }
            };
            if answers(&self.store_url).await && answers(&format!("{}/moto-api/", self.moto_url)).await {
                return;
            }
            assert!(!self.store.has_ended(), "versitygw ended: {}", self.log("versitygw.log"));
            assert!(!self.moto.has_ended(), "moto ended: {}", self.log("moto.log"));
            tokio::time::sleep(LOOK_EVERY).await;
        }
        panic!("the stand-ins are not ready: {}", self.log("moto.log"));
    }

    fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    /// Where the store is.
    pub fn store_url(&self) -> &str {
        &self.store_url
    }

    /// Where everything else is.
    pub fn aws_url(&self) -> &str {
        &self.moto_url
    }

    /// The environment variables by which a process reaches them, its store at `store_url`.
    pub fn environment(&self, store_url: &str) -> Vec<(String, String)> {
        let variables = [
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
            ("AWS_REGION", REGION),
            ("AWS_ENDPOINT_URL", &self.moto_url),
            ("AWS_ENDPOINT_URL_S3", store_url),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// What adapters are made of, for the service at `url`.
    pub async fn config(&self, url: &str) -> SdkConfig {
        config_for(url).await
    }

    /// The same, but whoever signs with it does not know the secret key.
    pub async fn forged_config(&self, url: &str) -> SdkConfig {
        signed_by("a guess", url).await
    }

    /// The access key and the secret key that everything is signed with.
    pub fn keys(&self) -> (&'static str, &'static str) {
        (ACCESS_KEY, SECRET_KEY)
    }

    /// Who has these keys, as API Gateway's IAM authorization knows them.
    pub fn caller(&self) -> Caller {
        Caller { key_id: ACCESS_KEY.to_owned(), secret: SECRET_KEY.to_owned(), region: REGION.to_owned() }
    }

    /// A client of the store.
    pub async fn store_client(&self) -> aws_sdk_s3::Client {
        let config = Builder::from(&self.config(&self.store_url).await).force_path_style(true).build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// Makes a bucket.
    pub async fn make_bucket(&self, name: &str) {
        let made = self.store_client().await.create_bucket().bucket(name).send().await;
        made.expect("the store makes buckets");
    }

    /// Writes an object.
    pub async fn put_object(&self, bucket: &str, key: &str, bytes: Vec<u8>) {
        let put = self.store_client().await.put_object().bucket(bucket).key(key).body(bytes.into());
        put.send().await.expect("the store takes objects");
    }

    /// How many messages are in the queue of this name, those that are hidden included.
    pub async fn messages_in(&self, name: &str) -> u32 {
        use aws_sdk_sqs::types::QueueAttributeName::{
            ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible,
        };
        let client = aws_sdk_sqs::Client::new(&self.config(&self.moto_url).await);
        let url = self.make_queue(name).await;
        let call = client.get_queue_attributes().queue_url(url);
        let call =
            call.attribute_names(ApproximateNumberOfMessages).attribute_names(ApproximateNumberOfMessagesNotVisible);
        let attributes = call.send().await.expect("moto knows the queue").attributes.unwrap_or_default();
        attributes.values().filter_map(|count| count.parse::<u32>().ok()).sum()
    }

    /// Makes a queue, unless it is there; gives its URL.
    pub async fn make_queue(&self, name: &str) -> String {
        let made = self.queue_client().await.create_queue().queue_name(name).send().await.expect("moto makes queues");
        made.queue_url.expect("a queue has a URL")
    }

    /// Makes a queue, and one beside it, `NAME-dead`, for its dead letters; gives the URLs of both.
    pub async fn make_queue_with_dead_letters(&self, name: &str) -> (String, String) {
        let dead = self.make_queue(&format!("{name}-dead")).await;
        let policy = json!({ "deadLetterTargetArn": format!("arn:aws:sqs:{REGION}:123456789012:{name}-dead"), "maxReceiveCount": "50" });
        let call = self.queue_client().await.create_queue().queue_name(name);
        let made = call.attributes(QueueAttributeName::RedrivePolicy, policy.to_string()).send().await;
        (made.expect("moto makes queues").queue_url.expect("a queue has a URL"), dead)
    }

    /// A client of the queues.
    pub async fn queue_client(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config(&self.moto_url).await)
    }

    /// From now on everything but the store holds who calls against the access keys that it knows: it knows none.
    pub async fn know_nobody(&self) {
        self.reset_auth("0").await;
    }

    /// From now on everybody is let in again.
    pub async fn let_in_all(&self) {
        self.reset_auth("inf").await;
    }

    async fn reset_auth(&self, calls: &str) {
        let url = format!("{}/moto-api/reset-auth", self.moto_url);
        let answer = reqwest::Client::new().post(url).body(calls.to_owned()).send().await.expect("moto answers");
        assert!(answer.status().is_success(), "{answer:?}");
    }
}

/// What adapters of a test are made of, for the service at `url`.
pub(crate) async fn config_for(url: &str) -> SdkConfig {
    signed_by(SECRET_KEY, url).await
}

async fn signed_by(secret_key: &str, url: &str) -> SdkConfig {
    let credentials = aws_sdk_s3::config::Credentials::new(ACCESS_KEY, secret_key, None, None, "test");
    let config = swarmgate_aws::connect().await.to_builder().endpoint_url(url);
    let region = aws_config::Region::new(REGION);
    let credentials = aws_sdk_s3::config::SharedCredentialsProvider::new(credentials);
    config.region(region).credentials_provider(credentials).build()
}

fn start_store(bin: &Path, folder: &Path, port: u16, webhook: Option<&str>) -> Process {
    let objects = folder.join("objects");
    std::fs::create_dir_all(&objects).expect("the temporary folder can be written");
    let mut command = Command::new(bin.join("versitygw"));
    command.env("ROOT_ACCESS_KEY", ACCESS_KEY).env("ROOT_SECRET_KEY", SECRET_KEY);
    command.args(["--port", &format!("127.0.0.1:{port}"), "--region", REGION]);
    if let Some(webhook) = webhook {
        command.args(["--event-webhook-url", webhook]);
    }
    command.arg("posix").arg(objects);
    Process::start(&mut command, &folder.join("versitygw.log")).expect("versitygw can be started")
}

/// The folder of the commands, as the script that installs them says; `None`: the test is skipped.
fn installed(test: &str) -> Option<PathBuf> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/tools/aws-stand-ins");
    let output = Command::new(script).arg("installed").output().expect("the script can be started");
    if output.status.success() {
        let folder = String::from_utf8(output.stdout).expect("a path that is text");
        return Some(PathBuf::from(folder.trim()));
    }
    let needed = std::env::var("SWARMGATE_NEED_ALL").is_ok_and(|needed| needed == "1");
    assert!(!needed, "{test}: the stand-ins for AWS are not installed, run {script} install");
    skipped(test);
    None
}

#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn skipped(test: &str) {
    println!("skipped: {test}, since the stand-ins for AWS are not installed");
}

/// A port that nobody listens on now, and that nobody else in this process is given. Below those that the system gives to whoever asks
/// for any port: it would give them away before the stand-in listens.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let port = fastrand::u16(20_000..32_000);
        let is_new = GIVEN.lock().expect("no holder of this lock panics").insert(port);
        if is_new && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
