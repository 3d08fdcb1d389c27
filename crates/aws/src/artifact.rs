//! The input artifact of a pipeline's stage: a zip file, read with credentials of the job's own.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::error::DisplayErrorContext;
use bytes::Bytes;
use swarmgate_api::Artifact;
use zip::ZipArchive;
use zip::result::ZipError;

use crate::store::Addressing;

/// The largest artifact that is read, in bytes.
const MOST_BYTES: i64 = 256 * 1024 * 1024;

/// All that is taken out of it, in bytes: what a test's data may hold.
const MOST_UNPACKED: u64 = 32 * 1024 * 1024;

/// An input artifact of a pipeline's stage. Fetched when a file of it is asked for.
#[derive(Clone, Debug)]
pub struct StageArtifact {
    client: Client,
    bucket: String,
    key: String,
}

impl StageArtifact {
    /// The artifact in `bucket` under `key`, which may be read with `credentials` alone.
    pub fn new(
        config: &SdkConfig,
        addressing: Addressing,
        credentials: Credentials,
        bucket: impl Into<String>,
        key: impl Into<String>,
    ) -> Self {
        let config = config.to_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build();
        let config = Builder::from(&config).force_path_style(addressing == Addressing::Path).build();
        Self { client: Client::from_conf(config), bucket: bucket.into(), key: key.into() }
    }

    async fn fetch(&self) -> Result<Bytes, String> {
        let failed =
            |reason: String| format!("reading the input artifact {} of bucket {}: {reason}", self.key, self.bucket);
        let sent = self.client.get_object().bucket(&self.bucket).key(&self.key).send().await;
        let output = sent.map_err(|error| failed(DisplayErrorContext(&error).to_string()))?;
        if output.content_length.is_some_and(|length| length > MOST_BYTES) {
            return Err(failed(format!("it is larger than {MOST_BYTES} bytes")));
        }
        let body = output.body.collect().await.map_err(|error| failed(error.to_string()))?;
        Ok(body.into_bytes())
    }
}

#[async_trait]
impl Artifact for StageArtifact {
    async fn folder_of(&self, path: &str) -> Result<BTreeMap<String, Bytes>, String> {
        let bytes = self.fetch().await?;
        let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let unpacked = tokio::task::spawn_blocking(move || unpack(&bytes, &folder)).await;
        unpacked.map_err(|error| error.to_string())?
    }
}

/// The files below `folder` (which ends in a slash, or is empty), by their paths from there.
fn unpack(bytes: &[u8], folder: &str) -> Result<BTreeMap<String, Bytes>, String> {
    let unreadable = |error: ZipError| format!("the input artifact is no zip file that can be read: {error}");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    let (mut files, mut left) = (BTreeMap::new(), MOST_UNPACKED);
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(unreadable)?;
        let name = file.name().map_err(unreadable)?.into_owned();
        let Some(name) = name.strip_prefix(folder).filter(|_| file.is_file()) else { continue };
        let (name, mut content) = (name.to_owned(), Vec::new());
        // What a zip file says of its sizes need not be so.
        let read = file.take(left + 1).read_to_end(&mut content).map_err(|error| format!("{name}: {error}"))?;
        left = left.checked_sub(read as u64).ok_or_else(|| {
            format!(
                "the files beside the scenario are larger than {MOST_UNPACKED} bytes: keep it in a folder of its own"
            )
        })?;
        files.insert(name, content.into());
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_folder_is_taken_out() {
        let bytes =
            zipped(&[("load/a.yaml", b"a"), ("load/data/users.csv", b"u"), ("src/main.rs", b"m"), ("top", b"t")]);
        let names = |folder: &str| unpack(&bytes, folder).unwrap().into_keys().collect::<Vec<_>>();
        assert_eq!(names("load/"), ["a.yaml", "data/users.csv"]);
        assert_eq!(names("").len(), 4);
        assert_eq!(names("none/"), [""; 0]);
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let zeros = vec![0; 33 * 1024 * 1024];
        let bytes = zipped(&[("load/zeros", &zeros), ("other/a.yaml", b"a")]);
        assert!(bytes.len() < 1024 * 1024, "it is small until it is unpacked");
        assert!(unpack(&bytes, "load/").unwrap_err().contains("larger than"));
        assert!(unpack(&bytes, "other/").is_ok());
        assert!(unpack(b"no zip", "").is_err());
    }
}
