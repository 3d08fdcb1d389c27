//! The player of kubelets itself: what tests of others rest on.

use std::io::{Read, Write};
use std::net::TcpListener;

use swarmgate_kubernetes::testing::{Kubelet, Program};
use swarmgate_service::ports::Fleet;

use crate::world::{World, status_when, until};

fn shell(script: &str) -> Program {
    Program::new("/bin/sh").argument("-c").argument(script)
}

#[tokio::test]
async fn a_program_gets_its_pods_environment_and_a_sigterm_with_grace() {
    let Some(world) = World::new("grace").await else { return };
    let script = "trap 'echo asked to end; exit 0' TERM; echo $GREETING; while :; do sleep 0.05; done";
    let kubelet =
        Kubelet::start(world.plane, world.namespace, move |_| Some(shell(script).variable("WHO", "none"))).await;
    world.deployment("workers", 1).await;
    let fleet = world.fleet();
    fleet.scale("main", 1).await.unwrap();
    status_when(&fleet, |status| status.running == 1).await;
    let pod = kubelet.running().remove(0).name;
    until("the greeting", async || kubelet.log(&pod).contains("I am").then_some(())).await;
    fleet.scale("main", 0).await.unwrap();
    until("the end of the Pod", async || world.pods().await.is_empty().then_some(())).await;
    // What is no variable of the Pod stays as it is.
    assert_eq!(kubelet.log(&pod), format!("I am {pod} of $(WHO)\nasked to end\n"));
    assert_eq!(kubelet.running(), []);
}

#[tokio::test]
async fn a_program_that_will_not_end_is_killed_after_the_grace_time() {
    let Some(world) = World::new("stubborn").await else { return };
    let script = "trap 'echo no' TERM; echo up; while :; do sleep 0.05; done";
    let kubelet = Kubelet::start(world.plane, world.namespace, move |_| Some(shell(script))).await;
    world.deployment("workers", 1).await;
    let fleet = world.fleet();
    fleet.scale("main", 1).await.unwrap();
    let pod = until("a program", async || kubelet.running().pop()).await.name;
    until("its first word", async || kubelet.log(&pod).contains("up").then_some(())).await;
    fleet.scale("main", 0).await.unwrap();
    until("the end of the Pod", async || world.pods().await.is_empty().then_some(())).await;
    assert!(kubelet.log(&pod).starts_with("up\nno\n"), "{}", kubelet.log(&pod));
}

#[tokio::test]
async fn a_program_that_is_killed_has_failed_and_another_pod_comes() {
    let Some(world) = World::new("killed").await else { return };
    let kubelet = Kubelet::start(world.plane, world.namespace, |_| Some(shell("exec sleep 300"))).await;
    world.deployment("workers", 1).await;
    let fleet = world.fleet();
    fleet.scale("main", 1).await.unwrap();
    let first = until("a program", async || kubelet.running().pop()).await;
    let killed = std::process::Command::new("kill").arg("-9").arg(first.process.to_string()).status().unwrap();
    assert!(killed.success());
    let second = until("another", async || kubelet.running().into_iter().find(|pod| pod.name != first.name)).await;
    assert_ne!(second.process, first.process);
    let pods = world.pods().await;
    let failed = pods.iter().find(|pod| pod.metadata.name.as_ref() == Some(&first.name)).unwrap();
    let status = failed.status.as_ref().unwrap();
    let container = &status.container_statuses.as_ref().unwrap()[0];
    assert_eq!(status.phase.as_deref(), Some("Failed"));
    assert_eq!(container.state.as_ref().unwrap().terminated.as_ref().unwrap().exit_code, 137);
}

#[tokio::test]
async fn a_pod_is_ready_when_its_program_says_so() {
    let Some(world) = World::new("readiness").await else { return };
    let this = std::env::current_exe().unwrap();
    let program = Program::new(this).argument("--ignored").argument("--exact").argument("player::serves_readiness");
    let program = program.listens_by("LISTEN");
    let kubelet = Kubelet::start(world.plane, world.namespace, move |_| Some(program.clone())).await;
    world.deployment("workers", 1).await;
    let fleet = world.fleet();
    fleet.scale("main", 1).await.unwrap();
    // The two are asked one after the other, and a Pod may be replaced between.
    until("a ready Pod with its program", async || {
        let is_ready = fleet.status("main").await.unwrap().running == 1;
        (is_ready && kubelet.running().len() == 1).then_some(())
    })
    .await;
}

/// The program of the test above, which is this program with other arguments. Not ready when first asked.
#[test]
#[ignore = "a program that another test starts"]
fn serves_readiness() {
    let listener = TcpListener::bind(std::env::var("LISTEN").unwrap()).unwrap();
    for asked in 0_u32.. {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 10];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(&head, b"GET /ready");
        let status = if asked == 0 { "503 Service Unavailable" } else { "200 OK" };
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").unwrap();
        // Nothing is left unread, or closing would take the answer back.
        let _rest = stream.read(&mut [0; 1024]);
    }
}
