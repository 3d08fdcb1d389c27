//! S3's messages, read leniently: stores that imitate S3 leave out fields that are not needed here.

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use swarmgate_domain::{Key, Micros};

/// What a message tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    /// Objects that were written in our bucket, under keys that may be ours.
    pub created: Vec<Created>,
}

/// An object that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Created {
    pub key: Key,
    /// When, where that is told.
    pub at: Option<Micros>,
}

#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "Records")]
    records: Option<Vec<Record>>,
    /// What S3 sends when notifications are set up.
    #[serde(rename = "Event")]
    event: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: String,
    event_time: Option<String>,
    s3: Entity,
}

#[derive(Deserialize)]
struct Entity {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    key: String,
}

/// Reads a message of `bucket`.
///
/// # Errors
/// Why it is no notification of S3, or one of another bucket.
pub(super) fn read(body: &str, bucket: &str) -> Result<Message, String> {
    let notification: Notification = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let Some(records) = notification.records else {
        return match notification.event.as_deref() {
            Some("s3:TestEvent") => Ok(Message::default()),
            _ => Err("it has no records".to_owned()),
        };
    };
    if let Some(other) = records.iter().find(|record| record.s3.bucket.name != bucket) {
        return Err(format!("it is of the bucket {}, this function's is {bucket}", other.s3.bucket.name));
    }
    let created = records.iter().filter(|record| record.event_name.contains("ObjectCreated:"));
    Ok(Message { created: created.filter_map(created_of).collect() })
}

/// `None`: its key is none of ours.
fn created_of(record: &Record) -> Option<Created> {
    // As in a form: a space is a plus, everything else is by percent.
    let with_spaces = record.s3.object.key.replace('+', " ");
    let key = percent_decode_str(&with_spaces).decode_utf8().ok()?;
    let at = record.event_time.as_deref().and_then(|time| time.parse::<jiff::Timestamp>().ok());
    let at = at.and_then(|time| u64::try_from(time.as_microsecond()).ok()).map(Micros);
    Some(Created { key: Key::parse(&key)?, at })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(key: &str) -> String {
        format!(
            r#"{{"Records":[{{"eventName":"ObjectCreated:Put","eventTime":"2026-11-24T02:30:00.5Z",
               "s3":{{"bucket":{{"name":"results"}},"object":{{"key":"{key}"}}}}}}]}}"#
        )
    }

    fn keys(body: &str) -> Result<Vec<String>, String> {
        read(body, "results").map(|message| message.created.iter().map(|created| created.key.to_string()).collect())
    }

    #[test]
    fn keys_are_decoded() {
        assert_eq!(keys(&message("tests/a/ready/000001.new")).unwrap(), ["tests/a/ready/000001.new"]);
        assert_eq!(keys(&message("tests%2Fa%2Fready%2F000001.new")).unwrap(), ["tests/a/ready/000001.new"]);
        assert_eq!(keys(&message("tests/Not+ours")).unwrap(), [""; 0]);
        let at = read(&message("tests/a/ready/000001.new"), "results").unwrap().created[0].at;
        assert_eq!(at, Some(Micros(1_795_487_400_500_000)));
    }

    #[test]
    fn what_is_no_news_is_told_apart_from_what_is_wrong() {
        assert_eq!(keys(r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"results"}"#).unwrap(), [""; 0]);
        assert_eq!(keys(&message("x").replace("ObjectCreated:Put", "ObjectRemoved:Delete")).unwrap(), [""; 0]);
        assert_eq!(keys(r#"{"Records":[]}"#).unwrap(), [""; 0]);
        for wrong in ["", "null", "{}", "[1]", r#"{"Records":[{}]}"#, r#"{"Event":"other"}"#] {
            assert!(keys(wrong).is_err(), "{wrong}");
        }
        assert!(read(&message("tests/a/ready/000001.new"), "another").is_err());
    }
}
