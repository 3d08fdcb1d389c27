//! CloudFormation templates: what cfn-lint and sam say, and rules of our own that they do not know.

use serde_json::Value;
use swarmgate_domain::key;

use crate::reading::document;
use crate::tools::{infra, run, said, tools};

pub const TEMPLATES: [&str; 3] = ["template.yaml", "cloudfront.yaml", "pipeline.yaml"];

#[test]
fn cfn_lint_has_nothing_to_say() {
    let Some(tools) = tools() else { return };
    let output = run(tools, "cfn-lint", &TEMPLATES);
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn sam_takes_the_template() {
    let Some(tools) = tools() else { return };
    let output = run(tools, "sam", &["validate", "--lint", "--template", "template.yaml"]);
    assert!(output.status.success(), "{}", said(&output));
}

/// The resources of a type, by name.
pub fn resources(template: &Value, kind: &str) -> Vec<(String, Value)> {
    let resources = template["Resources"].as_object().unwrap();
    let of_kind = resources.iter().filter(|(_, resource)| resource["Type"] == kind);
    of_kind.map(|(name, resource)| (name.clone(), resource["Properties"].clone())).collect()
}

fn template() -> Value {
    document(&infra("template.yaml"))
}

#[test]
fn the_bucket_may_tell_the_queue() {
    let template = template();
    let bucket = &template["Resources"]["Bucket"];
    let told = &bucket["Properties"]["NotificationConfiguration"]["QueueConfigurations"][0];
    assert_eq!((&told["Event"], &told["Queue"]), (&"s3:ObjectCreated:*".into(), &"EventsQueue.Arn".into()));
    let policy = &template["Resources"]["EventsQueuePolicy"]["Properties"];
    assert_eq!(policy["Queues"][0], "EventsQueue");
    let allowed = &policy["PolicyDocument"]["Statement"][0];
    assert_eq!((&allowed["Effect"], &allowed["Action"]), (&"Allow".into(), &"sqs:SendMessage".into()));
    assert_eq!(
        (&allowed["Principal"]["Service"], &allowed["Resource"]),
        (&"s3.amazonaws.com".into(), &"EventsQueue.Arn".into())
    );
    // Of this bucket alone, which is made after the policy: S3 tries the queue when it is told of it.
    let source = allowed["Condition"]["ArnEquals"]["aws:SourceArn"].as_str().unwrap();
    let name = bucket["Properties"]["BucketName"].as_str().unwrap();
    assert_eq!(source.strip_prefix("arn:${AWS::Partition}:s3:::"), Some(name));
    assert_eq!(bucket["DependsOn"], "EventsQueuePolicy");
}

#[test]
fn every_queue_is_encrypted_and_has_dead_letters() {
    let template = template();
    let queues = resources(&template, "AWS::SQS::Queue");
    assert_eq!(queues.len(), 4);
    for (name, queue) in &queues {
        assert_eq!(queue["SqsManagedSseEnabled"], true, "{name}");
        if name.ends_with("DeadLetters") {
            assert_eq!(queue["MessageRetentionPeriod"], 1_209_600, "{name}: 14 days, the most there is");
            continue;
        }
        let target = queue["RedrivePolicy"]["deadLetterTargetArn"].as_str().unwrap();
        assert_eq!(target, format!("{}DeadLetters.Arn", name.trim_end_matches("Queue")));
        assert!(queue["RedrivePolicy"]["maxReceiveCount"].as_u64().unwrap() >= 5, "{name}");
        let watched = resources(&template, "AWS::CloudWatch::Alarm").into_iter().any(|(_, alarm)| {
            alarm["Dimensions"][0]["Value"] == format!("{}.QueueName", target.trim_end_matches(".Arn"))
        });
        assert!(watched, "nobody watches {target}");
    }
}

#[test]
fn a_queue_hides_messages_for_six_times_as_long_as_its_function_may_take() {
    let template = template();
    let mut sources = 0;
    for (name, function) in resources(&template, "AWS::Serverless::Function") {
        for event in function["Events"].as_object().into_iter().flat_map(|events| events.values()) {
            let properties = &event["Properties"];
            let queue = properties["Queue"].as_str().unwrap().trim_end_matches(".Arn");
            let hidden = template["Resources"][queue]["Properties"]["VisibilityTimeout"].as_u64().unwrap();
            assert!(hidden >= 6 * function["Timeout"].as_u64().unwrap(), "{name}");
            assert_eq!(properties["FunctionResponseTypes"][0], "ReportBatchItemFailures", "{name}");
            sources += 1;
        }
    }
    assert_eq!(sources, 1);
}

#[test]
fn the_bucket_tells_of_what_workers_write_once_and_of_nothing_else() {
    let bucket = &template()["Resources"]["Bucket"]["Properties"];
    let told = bucket["NotificationConfiguration"]["QueueConfigurations"].as_array().unwrap();
    let rules =
        serde_json::json!([{ "Name": "prefix", "Value": key::ALL_TESTS }, { "Name": "suffix", "Value": key::NEWS }]);
    assert_eq!((told.len(), &told[0]["Filter"]["S3Key"]["Rules"]), (1, &rules));
}

#[test]
fn every_log_ends_some_day_and_every_function_has_one() {
    for file in TEMPLATES {
        for (name, log) in resources(&document(&infra(file)), "AWS::Logs::LogGroup") {
            assert_eq!(log["RetentionInDays"], "LogsKeptDays", "{file}: {name}");
        }
    }
    let template = template();
    for (name, function) in resources(&template, "AWS::Serverless::Function") {
        let log = function["LoggingConfig"]["LogGroup"].as_str().unwrap();
        assert_eq!(template["Resources"][log]["Type"], "AWS::Logs::LogGroup", "{name}");
    }
}

#[test]
fn every_bucket_is_private_and_encrypted_and_forgets() {
    for file in TEMPLATES {
        for (name, bucket) in resources(&document(&infra(file)), "AWS::S3::Bucket") {
            let shut = bucket["PublicAccessBlockConfiguration"].as_object().unwrap();
            assert!(shut.len() == 4 && shut.values().all(|value| value == true), "{file}: {name}");
            assert!(
                bucket["BucketEncryption"].is_object() && bucket["LifecycleConfiguration"].is_object(),
                "{file}: {name}"
            );
        }
    }
}

#[test]
fn the_api_lets_nobody_in_unsigned_and_is_throttled() {
    let template = template();
    for (name, route) in resources(&template, "AWS::ApiGatewayV2::Route") {
        assert_eq!(route["AuthorizationType"], serde_json::json!(["TakesTokens", "JWT", "AWS_IAM"]), "{name}");
    }
    for (name, stage) in resources(&template, "AWS::ApiGatewayV2::Stage") {
        assert_eq!(stage["DefaultRouteSettings"]["ThrottlingRateLimit"], "RequestsPerSecond", "{name}");
    }
    let api = &template["Resources"]["ApiFunction"]["Properties"];
    assert!(api["Timeout"].as_u64().unwrap() < 30, "the gateway gives up after 30 s");
}

#[test]
fn the_gate_comes_before_promotion_and_its_verdict_is_asked_for_again() {
    let pipeline = document(&infra("pipeline.yaml"));
    let pipeline = &pipeline["Resources"]["Pipeline"]["Properties"];
    assert_eq!(pipeline["PipelineType"], "V2", "stage conditions need it");
    let stages = pipeline["Stages"].as_array().unwrap();
    let names: Vec<&str> = stages.iter().filter_map(|stage| stage["Name"].as_str()).collect();
    assert_eq!(names, ["Source", "Build", "Deploy", "PerformanceGate", "Promote"]);
    let gate = &stages[3]["Actions"][0];
    assert_eq!((&gate["ActionTypeId"]["Provider"], &gate["Namespace"]), (&"Lambda".into(), &"Gate".into()));
    let parameters = gate["Configuration"]["UserParameters"].as_str().unwrap();
    assert!(parameters.len() <= 500 && serde_json::from_str::<Value>(parameters).is_ok(), "AWS takes 1,000 characters");
    let rule = &stages[4]["BeforeEntry"]["Conditions"][0]["Rules"][0];
    assert_eq!(rule["RuleTypeId"]["Provider"], "VariableCheck");
    assert_eq!(
        rule["Configuration"],
        serde_json::json!({ "Variable": "#{Gate.verdict}", "Operator": "EQ", "Value": "pass" })
    );
}
