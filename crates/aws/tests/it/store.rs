//! What a bucket is beyond the port: links, foreign objects, refusals that name what is wrong.

use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use bytes::Bytes;
use swarmgate_api::ReportLinks;
use swarmgate_aws::{Addressing, ReportUrls, S3Store};
use swarmgate_domain::{Key, RunId, key};
use swarmgate_service::ports::{Condition, ObjectStore, StoreError};
use swarmgate_testbed::AwsStandIns;

fn key_of(text: &str) -> Key {
    Key::parse(text).expect("these are keys")
}

#[tokio::test]
async fn a_link_gives_out_a_report_for_a_while() {
    let Some(aws) = AwsStandIns::start("a_link_gives_out_a_report_for_a_while", None).await else { return };
    aws.make_bucket("results").await;
    let store = S3Store::new(&aws.config(aws.store_url()).await, "results", Addressing::Path);
    let page = key::report(&RunId::new("t1").unwrap(), "index.html");
    store.put(&page, Bytes::from_static(b"<h1>report</h1>"), Condition::Absent).await.unwrap();

    let link = ReportUrls::new(store.clone(), Duration::from_secs(60)).link(&page).await.unwrap();
    let answer = reqwest::get(&link).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(answer.text().await.unwrap(), "<h1>report</h1>");

    let other = link.replace("t1", "t2");
    assert_eq!(reqwest::get(&other).await.unwrap().status(), 403, "a link is good for one object");
    let short = ReportUrls::new(store, Duration::from_secs(1)).link(&page).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(reqwest::get(&short).await.unwrap().status(), 403, "a link ends");
}

#[tokio::test]
async fn objects_that_are_not_ours_are_passed_over() {
    let Some(aws) = AwsStandIns::start("objects_that_are_not_ours_are_passed_over", None).await else { return };
    aws.make_bucket("results").await;
    let config = aws.config(aws.store_url()).await;
    let foreign = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    let foreign = aws_sdk_s3::Client::from_conf(foreign);
    // More than a page of them, before the one that is ours.
    for n in 0..1_001 {
        let put = foreign.put_object().bucket("results").key(format!("tests/A FOREIGN KEY {n:04}"));
        put.send().await.unwrap();
    }
    let store = S3Store::new(&config, "results", Addressing::Path);
    store.put(&key_of("tests/ours"), Bytes::new(), Condition::Absent).await.unwrap();
    let page = store.list("tests/", None).await.unwrap();
    assert_eq!((page.keys, page.more), (vec![key_of("tests/ours")], false));
}

#[tokio::test]
async fn what_is_set_up_wrong_is_said() {
    let Some(aws) = AwsStandIns::start("what_is_set_up_wrong_is_said", None).await else { return };
    let config = aws.config(aws.store_url()).await;
    let store = S3Store::new(&config, "no-such-bucket", Addressing::Path);
    let missing = store.get(&key_of("a")).await.unwrap_err();
    assert!(matches!(missing, StoreError::Broken { .. }), "a bucket that is not there is no empty one: {missing:?}");
    assert!(missing.to_string().contains("reading a of bucket no-such-bucket"), "{missing}");
    let missing = store.put(&key_of("a"), Bytes::new(), Condition::Absent).await.unwrap_err();
    assert!(matches!(missing, StoreError::Broken { .. }), "{missing:?}");

    aws.make_bucket("results").await;
    let config = aws.forged_config(aws.store_url()).await;
    let denied = S3Store::new(&config, "results", Addressing::Path).get(&key_of("a")).await.unwrap_err();
    assert!(matches!(denied, StoreError::Denied { .. }), "{denied:?}");
}

#[tokio::test]
async fn a_store_that_is_not_there_may_come_and_credentials_may_not() {
    let nowhere = swarmgate_aws::connect().await.to_builder().endpoint_url("http://127.0.0.1:9");
    let nowhere = nowhere.region(aws_config::Region::from_static("us-east-1")).build();
    let keys = aws_sdk_s3::config::Credentials::new("key", "secret", None, None, "test");
    let keys = aws_sdk_s3::config::SharedCredentialsProvider::new(keys);
    let config = nowhere.to_builder().credentials_provider(keys).build();
    let busy = S3Store::new(&config, "results", Addressing::Path).get(&key_of("a")).await.unwrap_err();
    assert!(busy.is_busy(), "{busy:?}");

    let keyless = aws_sdk_s3::config::SharedCredentialsProvider::new(NoCredentials);
    let config = nowhere.to_builder().credentials_provider(keyless).build();
    let denied = S3Store::new(&config, "results", Addressing::Path).get(&key_of("a")).await.unwrap_err();
    assert!(matches!(denied, StoreError::Denied { .. }), "{denied:?}");
}

/// A machine without credentials.
#[derive(Debug)]
struct NoCredentials;

impl ProvideCredentials for NoCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("there are none")))
    }
}
