//! What a threshold may look like, and what each mistake in one says.

use proptest::prelude::*;

use super::*;

fn reads_as(text: &str, canonical: &str, metric: Metric, operator: Operator, limit: f64) {
    let threshold = Threshold::parse(text).unwrap_or_else(|wrong| panic!("{text}: {wrong}"));
    let read = (threshold.text.as_str(), threshold.metric, threshold.operator, threshold.limit);
    assert_eq!(read, (canonical, metric, operator, limit), "{text}");
}

#[test]
#[rustfmt::skip] // the columns are the point
fn limits_are_read() {
    use LatencyClock::{Connect, FirstByte, Response, Service, Tls};
    use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    reads_as("p95 < 300ms",              "p95 < 300ms",            Metric::Percentile(Response, 95.0), Less, 300_000.0);
    reads_as("p99.9<=1.5s",              "p99.9 <= 1.5s",          Metric::Percentile(Response, 99.9), LessOrEqual, 1_500_000.0);
    reads_as(" service.p95  <  300 ms ", "service.p95 < 300ms",    Metric::Percentile(Service, 95.0), Less, 300_000.0);
    reads_as("median < 1m",              "median < 1m",            Metric::Percentile(Response, 50.0), Less, 60e6);
    reads_as("avg < 250us",              "avg < 250us",            Metric::Mean(Response), Less, 250.0);
    reads_as("first_byte.mean < 1s",     "first_byte.mean < 1s",   Metric::Mean(FirstByte), Less, 1e6);
    reads_as("connect.max < 1s",         "connect.max < 1s",       Metric::Max(Connect), Less, 1e6);
    reads_as("tls.min > 1ms",            "tls.min > 1ms",          Metric::Min(Tls), Greater, 1_000.0);
    reads_as("error_rate < 1%",          "error_rate < 1%",        Metric::ErrorRate, Less, 0.01);
    reads_as("error_rate <= 0.01",       "error_rate <= 0.01",     Metric::ErrorRate, LessOrEqual, 0.01);
    reads_as("errors == 0",              "errors == 0",            Metric::Errors, Equal, 0.0);
    reads_as("requests >= 1000",         "requests >= 1000",       Metric::Requests, GreaterOrEqual, 1_000.0);
    reads_as("rps > 50",                 "rps > 50",               Metric::RequestsPerSecond, Greater, 50.0);
    reads_as("rps > 50/s",               "rps > 50/s",             Metric::RequestsPerSecond, Greater, 50.0);
}

#[test]
fn filters_are_read() {
    for (text, canonical, equals) in [
        ("p99{name=/login} < 1s", "p99{name=/login} < 1s", vec![(FilterKey::Name, "/login")]),
        (
            "p99 { method = GET , name = /a b } < 1s",
            "p99{name=/a b,method=GET} < 1s",
            vec![(FilterKey::Name, "/a b"), (FilterKey::Method, "GET")],
        ),
        ("max{name=\"a,\\\"b}\"} < 1s", "max{name=\"a,\\\"b}\"} < 1s", vec![(FilterKey::Name, "a,\"b}")]),
        ("max{name=/items/${id}} < 1s", "max{name=\"/items/${id}\"} < 1s", vec![(FilterKey::Name, "/items/${id}")]),
        ("max{name=/a?b=c} < 1s", "max{name=/a?b=c} < 1s", vec![(FilterKey::Name, "/a?b=c")]),
        ("error_rate{group=checkout} < 1%", "error_rate{group=checkout} < 1%", vec![(FilterKey::Group, "checkout")]),
    ] {
        let threshold = Threshold::parse(text).unwrap_or_else(|wrong| panic!("{text}: {wrong}"));
        let wanted = equals.into_iter().map(|(key, value)| (key, value.to_owned())).collect();
        assert_eq!((threshold.text.as_str(), threshold.filter.equals), (canonical, wanted), "{text}");
    }
}

#[test]
fn what_is_no_limit_says_why() {
    let wrong: String = [
        "",
        "p95",
        "p95 < ",
        "p95 < 300",
        "p95 = 3s",
        "p101 < 1s",
        "p95 < 5 parsecs",
        "p95 < -1s",
        "eror_rate < 1%",
        "error_rate < 1",
        "error_rate < 101%",
        "service.rps > 5",
        "sevice.p95 < 1s",
        "p95{nam=/a} < 1s",
        "p95{name=/a < 1s",
        "p95{name=a,name=b} < 1s",
        "errors < 1.5",
        "rps > fast",
        "p95 != 3s",
        "latency < 3s",
    ]
    .iter()
    .map(|text| format!("{text:28} {}\n", Threshold::parse(text).unwrap_err()))
    .collect();
    insta::assert_snapshot!(wrong);
}

fn any_text() -> impl Strategy<Value = String> {
    let clock =
        prop_oneof![Just(""), Just("response."), Just("service."), Just("first_byte."), Just("connect."), Just("tls.")];
    let time_metric = prop_oneof![
        Just("median".to_owned()),
        Just("mean".to_owned()),
        Just("max".to_owned()),
        (0..=100_000_u32).prop_map(|p| format!("p{}", f64::from(p) / 1_000.0)),
    ];
    let time = (0..10_000_u32, prop_oneof![Just("us"), Just("ms"), Just("s"), Just("m")]);
    let time = (clock, time_metric, time)
        .prop_map(|(clock, metric, (n, unit))| (format!("{clock}{metric}"), format!("{n}{unit}")));
    let rate = (0..=1_000_u32).prop_map(|n| ("error_rate".to_owned(), format!("{}%", f64::from(n) / 10.0)));
    let count = any::<u32>().prop_map(|n| ("errors".to_owned(), n.to_string()));
    let filter = prop_oneof![
        Just(String::new()),
        "[^\"\\\\]{0,20}".prop_map(|name| format!("{{name=\"{name}\"}}")),
        "[a-z/]{1,20}".prop_map(|name| format!("{{ method=GET , name={name} }}")),
    ];
    let operator = prop_oneof![Just("<"), Just("<="), Just(">"), Just(">="), Just("==")];
    (prop_oneof![time, rate, count], filter, operator)
        .prop_map(|((metric, limit), filter, operator)| format!("{metric} {filter}{operator}  {limit}"))
}

proptest! {
    #[test]
    fn what_is_read_reads_back_equal(text in any_text()) {
        let threshold = Threshold::parse(&text).unwrap_or_else(|wrong| panic!("{text}: {wrong}"));
        prop_assert_eq!(Threshold::parse(&threshold.to_string()), Ok(threshold));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}", tail in "[p0-9.{}=,<>a-z\" ]{0,40}") {
        for text in [&text, &tail] {
            if let Ok(threshold) = Threshold::parse(text) {
                prop_assert_eq!(Threshold::parse(&threshold.text), Ok(threshold));
            }
        }
    }
}
