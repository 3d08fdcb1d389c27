//! `swarmgate doctor` on a deployment that works, and then on one in which one thing after another is broken and mended: the right line names
//! what is wrong, with what mends it.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::rbac::v1::RoleBinding;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use serde_json::json;
use swarmgate_domain::key;
use swarmgate_testbed::Arrival;

use crate::world::{BUCKET, NAMESPACE, World};

/// What a doctor says.
struct Said(String);

impl Said {
    /// The line about `what`, and the one below it where that says what to do.
    fn about(&self, what: &str) -> Option<(&str, &str)> {
        let mut lines = self.0.lines();
        let is_about = |line: &&str| {
            let rest =
                ["fine", "note", "WRONG", "unknown"].iter().find_map(|word| line.trim_start().strip_prefix(word));
            rest.is_some_and(|rest| rest.trim_start().strip_prefix(what).is_some_and(|rest| rest.starts_with("  ")))
        };
        let line = lines.find(is_about)?;
        Some((line.trim(), lines.next().unwrap_or_default().trim()))
    }

    fn is_fine(&self, what: &str) {
        let (line, _) = self.about(what).unwrap_or_else(|| panic!("nothing is said of {what}: {}", self.0));
        assert!(line.starts_with("fine "), "{line}");
    }

    fn is_wrong(&self, what: &str, why: &str, remedy: &str) {
        let (line, below) = self.about(what).unwrap_or_else(|| panic!("nothing is said of {what}: {}", self.0));
        assert!(line.starts_with("WRONG ") && line.contains(why), "{line}\nis not about {why}, all is:\n{}", self.0);
        assert!(below.starts_with("mend it: ") && below.contains(remedy), "{below}\ndoes not say {remedy}");
    }
}

/// Asks with the right key; exactly so many things are wrong.
async fn doctor(world: &World, wrong: usize) -> Said {
    let (code, said) = world.doctor(Some(&world.front.url()), world.aws.keys().0).await;
    assert_eq!(said.matches("  WRONG  ").count(), wrong, "{said}");
    assert_eq!(code, if wrong == 0 { 0 } else { 4 }, "{said}");
    Said(said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_wrong_is_named_with_what_mends_it() {
    let Some(mut world) = World::start("what_is_wrong_is_named", Arrival::Once).await else { return };
    world.wait_until("a sweep", async || world.has_object(&key::mark("swept")).await).await;
    let well = doctor(&world, 0).await;
    for what in [
        "credentials",
        "clock",
        "API",
        "store",
        "notifications",
        "events queue",
        "events queue: dead letters",
        "sweep",
        "pool default: queue",
        "pool default: queue: dead letters",
        "pool default: cluster",
        "pool default: rights",
        "pool default: workers",
        "targets",
        "limits",
    ] {
        well.is_fine(what);
    }

    who_is_let_in(&world).await;
    the_cluster(&world).await;
    the_queues(&world).await;
    the_sweep(&mut world).await;
    world.bridge = None;
    let said = doctor(&world, 1).await;
    said.is_wrong("notifications", "merge did not hear of a new object", "notifications");
}

async fn who_is_let_in(world: &World) {
    let (code, said) = world.doctor(None, world.aws.keys().0).await;
    assert_eq!(code, 0, "{said}");
    let said = Said(said);
    said.is_fine("credentials");
    assert!(said.about("load cluster").unwrap().0.contains("eksctl create cluster"), "{}", said.0);

    let (code, said) = world.doctor(Some("http://127.0.0.1:9"), world.aws.keys().0).await;
    assert_eq!(code, 4, "{said}");
    Said(said).is_wrong("API", "127.0.0.1", "ApiUrl");

    let (code, said) = world.doctor(Some(&world.front.url()), "AKIAOFANOTHER").await;
    assert_eq!(code, 4, "{said}");
    let said = Said(said);
    said.is_fine("credentials");
    said.is_wrong("signed call", "403", "execute-api:Invoke");

    world.aws.know_nobody().await;
    let (code, said) = world.doctor(Some(&world.front.url()), "AKIAOFANOTHER").await;
    world.aws.let_in_all().await;
    assert_eq!(code, 4, "{said}");
    Said(said).is_wrong("credentials", "InvalidClientTokenId", "AWS_ACCESS_KEY_ID");
}

async fn the_cluster(world: &World) {
    let client = world.plane.client().await;
    let bindings = Api::<RoleBinding>::namespaced(client.clone(), NAMESPACE);
    let binding = bindings.get("workers-fleet").await.unwrap();
    bindings.delete("workers-fleet", &DeleteParams::default()).await.unwrap();
    let said = doctor(world, 1).await;
    said.is_wrong("pool default: rights", "patch deployments/scale", "group swarmgate:functions");
    let mut again = binding.clone();
    again.metadata.resource_version = None;
    bindings.create(&PostParams::default(), &again).await.unwrap();

    let deployments = Api::<Deployment>::namespaced(client, NAMESPACE);
    let other = json!({ "spec": { "template": { "spec": { "containers": [
        { "name": "worker", "env": [{ "name": "SWARMGATE_ALLOWED_TARGETS", "value": "shop.example" }] },
    ] } } } });
    let before = deployments.get("workers").await.unwrap();
    deployments.patch("workers", &PatchParams::default(), &Patch::Strategic(other)).await.unwrap();
    let said = doctor(world, 1).await;
    said.is_wrong(
        "pool default: workers",
        "SWARMGATE_ALLOWED_TARGETS is `shop.example`",
        "--set 'allowedTargets={127.0.0.1}'",
    );

    deployments.delete("workers", &DeleteParams::default()).await.unwrap();
    let said = doctor(world, 1).await;
    said.is_wrong("pool default: workers", "404", "helm upgrade --install workers infra/helm/workers");
    let mut again = before;
    again.metadata.resource_version = None;
    deployments.create(&PostParams::default(), &again).await.unwrap();
    doctor(world, 0).await.is_fine("pool default: workers");
}

async fn the_queues(world: &World) {
    let queues = world.aws.queue_client().await;
    let [shards, events] = &world.queues;
    let dead = format!("{events}-dead");
    queues.send_message().queue_url(&dead).message_body("given up").send().await.unwrap();
    let said = doctor(world, 1).await;
    said.is_wrong("events queue: dead letters", "1 messages were given up on", "start-message-move-task");
    queues.purge_queue().queue_url(&dead).send().await.unwrap();

    queues.delete_queue().queue_url(shards).send().await.unwrap();
    let said = doctor(world, 1).await;
    said.is_wrong("pool default: queue", "there is no such queue", "sam deploy");
    world.aws.make_queue("shards").await;
    let said = doctor(world, 1).await;
    said.is_wrong("pool default: queue: dead letters", "it has no dead-letter queue", "aws sqs set-queue-attributes");
    queues.delete_queue().queue_url(shards).send().await.unwrap();
    queues.delete_queue().queue_url(format!("{shards}-dead")).send().await.unwrap();
    world.aws.make_queue_with_dead_letters("shards").await;
    doctor(world, 0).await.is_fine("pool default: queue: dead letters");
}

async fn the_sweep(world: &mut World) {
    world.schedule.shutdown().await;
    world.remove_object(&key::mark("swept")).await;
    let said = doctor(world, 1).await;
    said.is_wrong("sweep", "it has never come by", "aws scheduler list-schedules");
    world.sweep_once().await;
    doctor(world, 0).await.is_fine("sweep");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_that_is_not_there_is_named() {
    let Some(world) = World::start("a_store_that_is_not_there", Arrival::Once).await else { return };
    world.remove_bucket(BUCKET).await;
    let (code, said) = world.doctor(Some(&world.front.url()), world.aws.keys().0).await;
    assert_eq!(code, 4, "{said}");
    Said(said).is_wrong("store", "NoSuchBucket", "SWARMGATE_BUCKET");
}
