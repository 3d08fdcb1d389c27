//! Where a cluster is, and who may come in.

use swarmgate_aws::{ClusterAddress, EksCluster};
use swarmgate_service::ports::Outlook;
use swarmgate_testbed::FakeEks;

const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

#[tokio::test]
async fn a_cluster_is_described_once() {
    let fake = FakeEks::start("load", "https://127.0.0.1:6443", PEM).await;
    let cluster = EksCluster::new(&fake.config().await, "load");
    let expected = ClusterAddress { endpoint: "https://127.0.0.1:6443".to_owned(), ca_pem: PEM.to_owned() };
    assert_eq!(cluster.describe().await.unwrap(), expected);
    drop(fake);
    assert_eq!(cluster.describe().await.unwrap(), expected, "it was asked for again");
}

#[tokio::test]
async fn a_cluster_that_does_not_exist_is_named() {
    let fake = FakeEks::start("load", "https://127.0.0.1:6443", PEM).await;
    let error = EksCluster::new(&fake.config().await, "laod").describe().await.unwrap_err();
    assert_eq!(error.to_string(), "describing the cluster `laod`: No cluster found for name: laod.");
    assert_eq!(error.outlook, Outlook::Lasting);
    let (config, nobody) = (fake.config().await, "load");
    drop(fake);
    assert_eq!(EksCluster::new(&config, nobody).describe().await.unwrap_err().outlook, Outlook::Passing);
}

#[tokio::test]
async fn a_token_is_kept_until_it_is_old() {
    let fake = FakeEks::start("load", "https://127.0.0.1:6443", PEM).await;
    let cluster = EksCluster::new(&fake.config().await, "load");
    let first = cluster.token().await.unwrap();
    assert!(first.text.starts_with("k8s-aws-v1."), "{}", first.text);
    assert_eq!(cluster.token().await.unwrap(), first);
    assert!(!format!("{first:?}").contains("k8s-aws-v1"), "a log would show it");
}
