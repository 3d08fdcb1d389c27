//! What went wrong, as a problem document (RFC 9457) that names the field, the value and what is allowed.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use swarmgate_domain::{BadPlan, Diagnostic, Diagnostics, FieldMistake, Severity, Wrong};
use swarmgate_service::ports::StoreError;
use swarmgate_service::{AcceptError, BaselineError, ChangeUsersError, ServiceError};
use tracing::error;

/// A kind of problem: what a caller treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    BadJson,
    BadRequest,
    Unidentified,
    ForeignHost,
    ForeignOrigin,
    NoSuchPath,
    NoSuchTest,
    NoSuchScenario,
    NoSuchBaseline,
    NoReport,
    MethodNotAllowed,
    WrongPhase,
    TooLarge,
    TooSlow,
    UnknownContentType,
    Invalid,
    KeyReused,
    Internal,
    Unavailable,
    StoreFull,
}

impl Kind {
    /// The status, the end of the type's URI, and the title: the same for every problem of the kind.
    fn facts(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::BadJson => (S::BAD_REQUEST, "bad-json", "the body is no JSON"),
            Self::BadRequest => (S::BAD_REQUEST, "bad-request", "a header or a query parameter is wrong"),
            Self::Unidentified => (S::UNAUTHORIZED, "unidentified", "the request does not say who asks"),
            Self::ForeignHost => (S::FORBIDDEN, "foreign-host", "the request is for another host"),
            Self::ForeignOrigin => (S::FORBIDDEN, "foreign-origin", "the request was made by another site's page"),
            Self::NoSuchPath => (S::NOT_FOUND, "no-such-path", "there is nothing at this path"),
            Self::NoSuchTest => (S::NOT_FOUND, "no-such-test", "there is no such test"),
            Self::NoSuchScenario => (S::NOT_FOUND, "no-such-scenario", "there is no such scenario"),
            Self::NoSuchBaseline => (S::NOT_FOUND, "no-such-baseline", "there is no such baseline"),
            Self::NoReport => (S::NOT_FOUND, "no-report", "there is no such file of a report"),
            Self::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "method-not-allowed", "the path has no such method"),
            Self::WrongPhase => (S::CONFLICT, "wrong-phase", "the test is not in a phase for this"),
            Self::TooLarge => (S::PAYLOAD_TOO_LARGE, "too-large", "the body is too large"),
            Self::TooSlow => (S::REQUEST_TIMEOUT, "too-slow", "the body came too slowly"),
            Self::UnknownContentType => {
                (S::UNSUPPORTED_MEDIA_TYPE, "unknown-content-type", "the body is of an unknown type")
            }
            Self::Invalid => (S::UNPROCESSABLE_ENTITY, "invalid", "what was asked for can't be done"),
            Self::KeyReused => (S::UNPROCESSABLE_ENTITY, "key-reused", "the idempotency key was used for another test"),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal", "it failed here"),
            Self::Unavailable => (S::SERVICE_UNAVAILABLE, "unavailable", "it can't be done now"),
            Self::StoreFull => (S::INSUFFICIENT_STORAGE, "store-full", "no space is left"),
        }
    }

    pub(crate) fn status(self) -> StatusCode {
        self.facts().0
    }
}

/// Why a request was not answered as asked.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub kind: Kind,
    pub detail: String,
    pub mistakes: Vec<Mistake>,
    /// For `Allow`.
    pub methods: Option<String>,
}

/// A problem as it is sent.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct ProblemDocument {
    /// Names the kind of problem: `urn:swarmgate:problem:` and a word.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: &'static str,
    /// The HTTP status.
    #[schemars(range(min = 400, max = 599))]
    status: u16,
    /// This problem in words.
    detail: String,
    /// Each mistake of what was sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Mistake>,
}

/// A mistake, or a warning, about one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Mistake {
    /// The field of the body or of the scenario, the header, or the query parameter.
    pub field: String,
    /// The value as it was sent, cut when it is long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The mistake in words: where it is, the field, what is wrong with it, and what is allowed.
    pub detail: String,
    /// What is allowed instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
    /// What might be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The line of the scenario or of the JSON text, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column in the line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
}

impl Mistake {
    /// `wrong` about `field`.
    pub fn new(field: &str, value: Option<String>, wrong: Wrong) -> Self {
        FieldMistake { field: field.to_owned(), value, wrong }.into()
    }

    /// The same, at a place of the text that was sent.
    pub fn at(self, line: usize, column: usize) -> Self {
        let detail = format!("line {line}, column {column}: {}", self.detail);
        Self { detail, line: Some(line), column: Some(column), ..self }
    }
}

impl From<FieldMistake> for Mistake {
    fn from(mistake: FieldMistake) -> Self {
        let detail = mistake.to_string();
        let FieldMistake { field, value, wrong: Wrong { allowed, help, .. } } = mistake;
        Self { field, value, detail, allowed, help, line: None, column: None }
    }
}

impl From<&Diagnostic> for Mistake {
    fn from(diagnostic: &Diagnostic) -> Self {
        Self::from(diagnostic.mistake.clone()).at(diagnostic.at.line, diagnostic.at.column)
    }
}

/// The mistakes among `diagnostics` that are of this severity.
pub(crate) fn mistakes_of(diagnostics: &Diagnostics, severity: Severity) -> Vec<Mistake> {
    diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).map(Mistake::from).collect()
}

impl Problem {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), mistakes: Vec::new(), methods: None }
    }

    /// Of mistakes, of which there is one at least.
    pub fn of(kind: Kind, mistakes: Vec<Mistake>) -> Self {
        let detail = match mistakes.len() {
            1 => "there is 1 mistake, see `errors`".to_owned(),
            count => format!("there are {count} mistakes, see `errors`"),
        };
        Self { kind, detail, mistakes, methods: None }
    }

    /// Of one value that is wrong.
    pub fn about(kind: Kind, field: &str, value: Option<&str>, wrong: Wrong) -> Self {
        Self::of(kind, vec![Mistake::new(field, value.map(cut), wrong)])
    }

    /// As it is sent.
    pub fn document(self) -> ProblemDocument {
        let (status, word, title) = self.kind.facts();
        ProblemDocument {
            kind: format!("urn:swarmgate:problem:{word}"),
            title,
            status: status.as_u16(),
            detail: self.detail,
            errors: self.mistakes,
        }
    }
}

/// A value as a problem repeats it.
pub(crate) fn cut(value: &str) -> String {
    const MOST: usize = 60;
    let mut shown: String = value.chars().take(MOST).collect();
    if value.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

impl From<ServiceError> for Problem {
    fn from(failure: ServiceError) -> Self {
        let kind = match &failure {
            ServiceError::NoSuchRun { .. } => Kind::NoSuchTest,
            ServiceError::Store(StoreError::Busy { .. }) | ServiceError::Contended { .. } => Kind::Unavailable,
            ServiceError::Store(StoreError::Full { .. }) => Kind::StoreFull,
            _ => Kind::Internal,
        };
        if matches!(kind, Kind::Internal | Kind::StoreFull) {
            error!(error = %failure, source = ?std::error::Error::source(&failure), "a request failed");
        }
        // What could be done about it is the operator's business, and said to them.
        Self::new(kind, failure.to_string())
    }
}

impl From<AcceptError> for Problem {
    fn from(failure: AcceptError) -> Self {
        match failure {
            AcceptError::Bad(BadPlan { field, value, problem, allowed }) => {
                let wrong = Wrong::new(format!("`{value}` {problem}")).allowed(allowed);
                Self::about(Kind::Invalid, field, Some(&value), wrong)
            }
            AcceptError::KeyReused { .. } => Self::new(Kind::KeyReused, failure.to_string()),
            AcceptError::Service(failure) => failure.into(),
        }
    }
}

impl From<ChangeUsersError> for Problem {
    fn from(failure: ChangeUsersError) -> Self {
        match failure {
            ChangeUsersError::NotRunning { .. } | ChangeUsersError::NoUsers { .. } => {
                Self::new(Kind::WrongPhase, failure.to_string())
            }
            ChangeUsersError::BadSpawnRate { value } => {
                let wrong = Wrong::new(format!("{value} is out of range")).allowed("numbers above 0");
                Self::about(Kind::Invalid, "spawn_rate", Some(&value.to_string()), wrong)
            }
            ChangeUsersError::Service(failure) => failure.into(),
        }
    }
}

impl From<BaselineError> for Problem {
    fn from(failure: BaselineError) -> Self {
        match failure {
            BaselineError::NotOver { .. } => Self::new(Kind::WrongPhase, failure.to_string()),
            BaselineError::Service(failure) => failure.into(),
        }
    }
}
