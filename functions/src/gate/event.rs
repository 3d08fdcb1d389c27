//! The event of CodePipeline's invoke action. It holds credentials: none of it is ever shown.

use serde::Deserialize;
use swarmgate_aws::Credentials;

/// What CodePipeline calls the function with.
#[derive(Deserialize)]
pub struct GateEvent {
    #[serde(rename = "CodePipeline.job")]
    pub(super) job: Job,
}

#[derive(Deserialize)]
pub(super) struct Job {
    pub id: String,
    pub data: JobData,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobData {
    pub action_configuration: ActionConfiguration,
    #[serde(default)]
    pub input_artifacts: Vec<InputArtifact>,
    pub artifact_credentials: ArtifactCredentials,
    pub continuation_token: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ActionConfiguration {
    pub configuration: Configuration,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Configuration {
    pub user_parameters: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct InputArtifact {
    pub location: Location,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    pub s3_location: S3Location,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct S3Location {
    pub bucket_name: String,
    pub object_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactCredentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

impl ArtifactCredentials {
    pub fn into_credentials(self) -> Credentials {
        Credentials::new(self.access_key_id, self.secret_access_key, self.session_token, None, "CodePipeline")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_read() {
        let event: GateEvent = serde_json::from_str(
            r#"{"CodePipeline.job": {"id": "11111111-abcd", "accountId": "111111111111", "data": {
                "actionConfiguration": {"configuration": {"FunctionName": "gate", "UserParameters": "{\"scenario\":\"shop\"}"}},
                "inputArtifacts": [{"location": {"s3Location": {"bucketName": "b", "objectKey": "k.zip"}, "type": "S3"},
                                    "revision": null, "name": "source"}],
                "outputArtifacts": [],
                "artifactCredentials": {"accessKeyId": "a", "secretAccessKey": "s", "sessionToken": "t", "expirationTime": 1},
                "continuationToken": "key-1"}}}"#,
        )
        .unwrap_or_else(|error| panic!("{error}"));
        let data = event.job.data;
        assert_eq!((event.job.id.as_str(), data.continuation_token.as_deref()), ("11111111-abcd", Some("key-1")));
        assert_eq!(data.action_configuration.configuration.user_parameters.as_deref(), Some(r#"{"scenario":"shop"}"#));
        assert_eq!(data.input_artifacts[0].location.s3_location.object_key, "k.zip");
        assert_eq!(data.artifact_credentials.into_credentials().session_token(), Some("t"));
    }

    #[test]
    fn a_stage_without_parameters_and_artifacts_is_read() {
        let event = serde_json::from_str::<GateEvent>(
            r#"{"CodePipeline.job": {"id": "1", "data": {"actionConfiguration": {"configuration": {"FunctionName": "gate"}},
                "artifactCredentials": {"accessKeyId": "a", "secretAccessKey": "s"}}}}"#,
        );
        assert!(event.is_ok_and(|event| event.job.data.action_configuration.configuration.user_parameters.is_none()));
    }
}
