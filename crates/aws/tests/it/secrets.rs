//! Secrets of scenarios.

use swarmgate_aws::SecretValues;
use swarmgate_testbed::AwsStandIns;

#[tokio::test]
async fn secrets_are_found_by_their_names() {
    let Some(aws) = AwsStandIns::start("secrets_are_found_by_their_names", None).await else { return };
    let config = aws.config(aws.aws_url()).await;
    let manager = aws_sdk_secretsmanager::Client::new(&config);
    manager.create_secret().name("swarmgate/shop-password").secret_string("hunter2").send().await.unwrap();
    let secrets = SecretValues::new(&config, "swarmgate/");
    let read = secrets.read(["shop-password"]).await.unwrap();
    assert_eq!(read.0["shop-password"], "hunter2");
    assert!(!format!("{read:?}").contains("hunter2"), "a log would show it");
    let missing = secrets.read(["shop-password", "other"]).await.unwrap_err();
    assert!(missing.to_string().starts_with("reading the secret swarmgate/other: "), "{missing}");
}
