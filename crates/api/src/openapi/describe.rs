//! What each endpoint takes and answers.

use serde_json::{Value, json};

use super::Schemas;
use crate::answer::{HTML, JSON, YAML};
use crate::endpoints::{BaselineBody, UsersBody};
use crate::inputs::StartBody;
use crate::routes::Endpoint;
use crate::views::{
    AcceptedView, BaselineView, ChangeView, DoctorView, FileView, Health, ScenarioList, ScenarioView, TestList,
    TestView, WatchView,
};

/// What an endpoint takes and answers.
pub(super) struct Description {
    pub summary: &'static str,
    /// Beside those in the path.
    pub parameters: Vec<Parameter>,
    /// Types of content with their schemas; empty: there is no body.
    pub body: Vec<(&'static str, Value)>,
    pub answers: Vec<Answer>,
    /// Statuses of problems, beside those that any request may meet.
    pub problems: &'static [u16],
}

/// A parameter of the query or a header.
pub(super) struct Parameter {
    place: &'static str,
    name: &'static str,
    what: &'static str,
    schema: Value,
}

impl Parameter {
    fn header(name: &'static str, what: &'static str) -> Self {
        Self { place: "header", name, what, schema: json!({ "type": "string" }) }
    }

    fn query(name: &'static str, what: &'static str, schema: Value) -> Self {
        Self { place: "query", name, what, schema }
    }

    pub fn value(&self) -> Value {
        json!({ "name": self.name, "in": self.place, "description": self.what, "schema": self.schema })
    }
}

/// An answer.
pub(super) struct Answer {
    pub status: u16,
    pub what: &'static str,
    pub content: Content,
    pub headers: &'static [(&'static str, &'static str)],
}

impl Answer {
    pub fn new(status: u16, what: &'static str, content: Content) -> Self {
        Self { status, what, content, headers: &[] }
    }

    fn with(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }
}

/// What an answer holds.
pub(super) enum Content {
    Nothing,
    /// A type of content, and its schema.
    Is(&'static str, Value),
}

const LOCATION: &[(&str, &str)] = &[("Location", "Where it lies")];
const VERSION: &[(&str, &str)] = &[("ETag", "Names this version of the answer")];

pub(super) fn describe(endpoint: Endpoint, schemas: &mut Schemas) -> Description {
    let text = || json!({ "type": "string" });
    let if_none_match = || Parameter::header("If-None-Match", "The version that is known; it is not sent again");
    let known = || Answer::new(304, "The version that is known is the newest", Content::Nothing).with(VERSION);
    let of = |summary, answers, problems| Description {
        summary,
        parameters: Vec::new(),
        body: Vec::new(),
        answers,
        problems,
    };
    match endpoint {
        Endpoint::StartTest => Description {
            parameters: vec![Parameter::header(
                "Idempotency-Key",
                "The same key means the same test: asked again, it is not started again",
            )],
            body: vec![(JSON, schemas.of_body::<StartBody>()), (YAML, text())],
            ..of(
                "Start a test",
                vec![Answer::new(202, "The test was accepted", is_json::<AcceptedView>(schemas)).with(LOCATION)],
                &[400, 415, 422],
            )
        },
        Endpoint::ListTests => Description {
            parameters: vec![
                Parameter::query("from", "Where the page starts, as `next` of an earlier page says", text()),
                Parameter::query(
                    "limit",
                    "Tests on a page",
                    json!({ "type": "integer", "minimum": 1, "maximum": 200 }),
                ),
            ],
            ..of(
                "List tests, the newest first",
                vec![Answer::new(200, "A page of tests", is_json::<TestList>(schemas))],
                &[400],
            )
        },
        Endpoint::ShowTest => {
            of("Look how a test stands", vec![Answer::new(200, "How it stands", is_json::<TestView>(schemas))], &[404])
        }
        Endpoint::ChangeUsers => Description {
            body: vec![(JSON, schemas.of_body::<UsersBody>())],
            ..of(
                "Change the users of a running test",
                vec![Answer::new(202, "When the change holds", is_json::<ChangeView>(schemas))],
                &[400, 404, 409, 415, 422],
            )
        },
        Endpoint::StopTest => of(
            "Stop a test; it still gets its report",
            vec![
                Answer::new(200, "It was over already", is_json::<TestView>(schemas)),
                Answer::new(202, "It is stopping", is_json::<TestView>(schemas)),
            ],
            &[404],
        ),
        Endpoint::WatchTest => Description {
            parameters: vec![if_none_match()],
            ..of(
                "Look at what a test measures",
                vec![Answer::new(200, "The test so far", is_json::<WatchView>(schemas)).with(VERSION), known()],
                &[404],
            )
        },
        Endpoint::OpenReport => of(
            "Open the report of a test",
            vec![Answer::new(302, "Where its page is", Content::Nothing).with(LOCATION)],
            &[404],
        ),
        Endpoint::ReportFile => of(
            "Read a file of a report: index.html, summary.json, junit.xml, intervals.csv, requests.csv, failures.csv, latency.hlog",
            vec![
                Answer::new(200, "The file", Content::Is("*/*", json!({}))),
                Answer::new(302, "Where the file is", Content::Nothing).with(LOCATION),
            ],
            &[404],
        ),
        Endpoint::ListScenarios => {
            of("List stored scenarios", vec![Answer::new(200, "All of them", is_json::<ScenarioList>(schemas))], &[])
        }
        Endpoint::ShowScenario => Description {
            parameters: vec![if_none_match()],
            ..of(
                "Read a stored scenario",
                vec![Answer::new(200, "Its text", Content::Is(YAML, text())).with(VERSION), known()],
                &[404, 422],
            )
        },
        Endpoint::StoreScenario => Description {
            body: vec![(YAML, text())],
            ..of("Check a scenario and store it", stored::<ScenarioView>(schemas), &[415, 422])
        },
        Endpoint::StoreData => Description {
            body: vec![("*/*", json!({}))],
            ..of("Store a data file beside a scenario", stored::<FileView>(schemas), &[422])
        },
        Endpoint::ShowBaseline => of(
            "Look which test is a baseline",
            vec![Answer::new(200, "The baseline", is_json::<BaselineView>(schemas))],
            &[404, 422],
        ),
        Endpoint::SetBaseline => Description {
            body: vec![(JSON, schemas.of_body::<BaselineBody>())],
            ..of("Make a test a baseline", stored::<BaselineView>(schemas), &[400, 409, 415, 422])
        },
        Endpoint::OpenApi => of(
            "This description",
            vec![Answer::new(200, "OpenAPI 3.1", Content::Is(JSON, json!({ "type": "object" })))],
            &[],
        ),
        Endpoint::Dashboard => of(
            "The page that shows tests as they run",
            vec![Answer::new(200, "The page", Content::Is(HTML, text()))],
            &[],
        ),
        Endpoint::Health => of("Whether it works", vec![Answer::new(200, "It works", is_json::<Health>(schemas))], &[]),
        Endpoint::Doctor => of(
            "Look at every part of this deployment: what is wrong, and how it is mended",
            vec![Answer::new(200, "What was found", is_json::<DoctorView>(schemas))],
            &[],
        ),
    }
}

fn is_json<T: schemars::JsonSchema>(schemas: &mut Schemas) -> Content {
    Content::Is(JSON, schemas.of_answer::<T>())
}

/// The answers to having stored something.
fn stored<T: schemars::JsonSchema>(schemas: &mut Schemas) -> Vec<Answer> {
    vec![
        Answer::new(200, "It came in the place of another", is_json::<T>(schemas)),
        Answer::new(201, "It is new", is_json::<T>(schemas)).with(LOCATION),
    ]
}
