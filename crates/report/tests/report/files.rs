//! The files beside the page: for scripts, spreadsheets, CIs and HdrHistogram's tools.

use std::path::Path;

use base64::Engine;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use swarmgate_domain::Summary;

use crate::fixture::{self, Sample};

fn file(sample: &Sample, name: &str) -> String {
    let file = sample.files().unwrap().into_iter().find(|file| file.name == name).unwrap();
    String::from_utf8(file.bytes).unwrap()
}

/// The page without its styles and scripts: those are files of their own.
fn bare(page: &str) -> String {
    let mut text = page.to_owned();
    for (from, to) in [("<style>", "</style>"), ("<script>", "</script>")] {
        while let Some(start) = text.find(from) {
            let end = start + text[start..].find(to).unwrap() + to.len();
            text.replace_range(start..end, "");
        }
    }
    // A line an element, so that a difference is one line.
    text.replace("><", ">\n<")
}

#[test]
fn all_files_of_a_small_test() {
    let sample = fixture::small();
    let names: Vec<_> = sample.files().unwrap().iter().map(|file| file.name).collect();
    assert_eq!(
        names,
        ["index.html", "summary.json", "junit.xml", "intervals.csv", "requests.csv", "failures.csv", "latency.hlog"]
    );
    insta::assert_snapshot!("index.html", bare(&file(&sample, "index.html")));
    for name in ["junit.xml", "intervals.csv", "requests.csv", "failures.csv"] {
        insta::assert_snapshot!(name, file(&sample, name));
    }
}

#[test]
fn junit_of_data_in_doubt_is_an_error() {
    insta::assert_snapshot!(file(&fixture::inconclusive(), "junit.xml"));
}

#[test]
fn summary_json_is_the_summary() {
    for sample in fixture::all() {
        let read: Summary = serde_json::from_str(&file(&sample, "summary.json")).unwrap();
        assert!(read == sample.summary, "{}", read.id);
    }
}

#[test]
fn the_published_schema_is_that_of_the_summary() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/summary.schema.json");
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(Summary)).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &schema).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == schema,
        "schemas/summary.schema.json is not that of Summary; if the change is meant: \
         UPDATE=1 cargo test -p swarmgate-report schema"
    );
}

#[test]
fn requests_csv_reads_like_locusts() {
    let sample = fixture::failed();
    let text = file(&sample, "requests.csv");
    let mut csv = csv::Reader::from_reader(text.as_bytes());
    let heads: Vec<_> = csv.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(
        heads.join(","),
        "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,\
         Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%"
    );
    let rows: Vec<_> = csv.records().map(Result::unwrap).collect();
    let (total, entries) = rows.split_last().unwrap();
    assert_eq!((&total[0], &total[1]), ("", "Aggregated"));
    let sum: u64 = entries.iter().map(|row| row[2].parse::<u64>().unwrap()).sum();
    assert_eq!(total[2], sum.to_string());
    let p95_ms: f64 = total[16].parse().unwrap();
    assert_eq!(p95_ms, sample.summary.total.service.p95_us.0 as f64 / 1e3, "Locust's clock is service time");
}

#[test]
fn names_in_csv_come_back_as_they_were() {
    let sample = fixture::hostile();
    let text = file(&sample, "requests.csv");
    let mut csv = csv::Reader::from_reader(text.as_bytes());
    let names: Vec<_> = csv.records().map(|row| row.unwrap()[1].to_owned()).collect();
    let expected: Vec<_> =
        sample.summary.requests.iter().map(|r| r.name.clone()).chain(["Aggregated".into()]).collect();
    assert_eq!(names, expected);
}

#[test]
fn the_latency_log_holds_each_interval() {
    let sample = fixture::inconclusive();
    let log = file(&sample, "latency.hlog");
    let (mut response, mut starts) = (0, Vec::new());
    for entry in IntervalLogIterator::new(log.as_bytes()) {
        match entry.unwrap() {
            LogEntry::StartTime(time) | LogEntry::BaseTime(time) => {
                starts.push(u64::try_from(time.as_micros()).unwrap());
            }
            LogEntry::Interval(line) => {
                let bytes = base64::engine::general_purpose::STANDARD.decode(line.encoded_histogram()).unwrap();
                let histogram: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap();
                let point = sample.intervals.iter().find(|p| p.at_us == line.start_timestamp().into()).unwrap();
                assert_eq!(line.duration(), point.length_us.into());
                assert_eq!(histogram.len(), point.count);
                let tag = line.tag().unwrap();
                let expected = if tag.as_str() == "response" { point.response } else { point.service };
                // The largest value of a range stands for all in it: 3 significant digits.
                let p99 = histogram.value_at_quantile(0.99);
                assert!(p99.abs_diff(expected.p99_us.0) <= p99 / 1_000 + 1, "{p99} {expected:?}");
                assert!((line.max() * 1e3 - histogram.max() as f64).abs() < 1.0);
                response += u64::from(tag.as_str() == "response") * histogram.len();
            }
        }
    }
    assert_eq!(response, sample.summary.total.count);
    assert_eq!(starts, [sample.summary.started_at.unwrap().0; 2]);
}
