//! What a pipeline stage asks and is told: it starts a test (or finds the one it started), and waits for the verdict.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use swarmgate_domain::{RunId, Summary, Verdict, Wrong};
use swarmgate_service::{GateView, gate};

use crate::api::Api;
use crate::body::{object, read_fields};
use crate::inputs::{ScenarioSource, StartBody, is_locustfile};
use crate::problem::{Kind, Mistake, Problem, cut};
use crate::starting::Found;

/// The longest text that CodePipeline takes as a failure's message.
const LONGEST_MESSAGE: usize = 5_000;

/// The fields of the parameters that are not those of a test.
const OWN_FIELDS: [&str; 2] = ["file", "inconclusive"];

/// What a stage asks.
#[derive(Clone, Debug)]
pub struct GateJob {
    /// Names the job: the same one never starts two tests.
    pub id: String,
    /// JSON: the fields of `POST /tests`, and `file`, a scenario in the input artifact instead of `scenario`, and `inconclusive`, `fail` (as it
    /// is without it) or `pass`: what the stage makes of a verdict that is neither.
    pub parameters: String,
    /// What [`GateAnswer::Wait`] held last time; `None` the first time.
    pub continuation: Option<String>,
}

/// The files that the stage was given.
#[async_trait]
pub trait Artifact: Send + Sync {
    /// The file at `path`, and all others in its folder and below, by their paths from there.
    ///
    /// # Errors
    /// Why they can't be had, in words.
    async fn folder_of(&self, path: &str) -> Result<BTreeMap<String, Bytes>, String>;
}

/// What a stage is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateAnswer {
    /// The test is not over: ask again.
    Wait {
        /// The test; to be sent back with the next question.
        run: RunId,
        /// How it stands, in words.
        summary: String,
        /// How much of the load is over: 0 to 100.
        percent: u8,
    },
    /// The stage may go on.
    Succeed {
        /// The test.
        run: RunId,
        /// What it came to, in words.
        summary: String,
        /// Values for later stages: `verdict`, `report`, `p95_ms` and so on.
        outputs: BTreeMap<String, String>,
    },
    /// The stage has failed.
    Fail {
        /// The test, if there was one.
        run: Option<RunId>,
        /// Whose fault it is.
        failure: GateFailure,
        /// Which threshold, its value, its limit, and where the report is; or what is wrong with the parameters.
        message: String,
    },
}

/// Why a stage has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateFailure {
    /// The parameters or the scenario are wrong.
    Configuration,
    /// The verdict.
    Verdict,
}

/// Why a stage can't be answered now. Ask again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("answering job {job}: {reason}")]
pub struct GateError {
    /// The job.
    pub job: String,
    /// Why not.
    pub reason: String,
}

impl Api {
    /// Answers a stage: starts its test at first, then says how it stands, in the end what it came to.
    ///
    /// # Errors
    /// [`GateError`]: the store failed. The same question may be asked again.
    pub async fn gate(&self, job: &GateJob, artifact: &dyn Artifact) -> Result<GateAnswer, GateError> {
        match self.gate_answer(job, artifact).await {
            Ok(answer) => Ok(answer),
            Err(problem) if matches!(problem.kind, Kind::Internal | Kind::Unavailable | Kind::StoreFull) => {
                Err(GateError { job: job.id.clone(), reason: problem.detail })
            }
            Err(problem) => Ok(GateAnswer::Fail {
                run: None,
                failure: GateFailure::Configuration,
                message: shortened(in_words(&problem)),
            }),
        }
    }

    async fn gate_answer(&self, job: &GateJob, artifact: &dyn Artifact) -> Result<GateAnswer, Problem> {
        let (parameters, inconclusive) = parameters(&job.parameters)?;
        let run = match &job.continuation {
            Some(token) => RunId::new(token.as_str()).map_err(|_| {
                let wrong = Wrong::new("it names no test").allowed("what the last answer gave");
                Problem::about(Kind::BadRequest, "continuationToken", Some(token), wrong)
            })?,
            None => self.start_for(job, parameters, artifact).await?,
        };
        Ok(match gate(&self.ports, &run, &job.id).await? {
            GateView::Running { phase, percent } => {
                let phase = serde_json::to_value(phase).ok().and_then(|word| word.as_str().map(str::to_owned));
                let summary = format!("test {run} is {}, {percent} % of the load is over", phase.unwrap_or_default());
                GateAnswer::Wait { run, summary, percent }
            }
            GateView::Over(summary) => self.verdict_answer(run, &summary, inconclusive),
        })
    }

    async fn start_for(
        &self,
        job: &GateJob,
        parameters: Parameters,
        artifact: &dyn Artifact,
    ) -> Result<RunId, Problem> {
        let (source, found) = match parameters.file {
            None => {
                let source = ScenarioSource::of(parameters.body.scenario.clone().unwrap_or_default());
                let found = self.found(&source).await?;
                (source, found)
            }
            Some(path) => {
                let unread = |reason: String| {
                    let wrong = Wrong::new(reason).allowed("paths of scenarios in the stage's input artifact");
                    Problem::about(Kind::Invalid, "file", Some(&path), wrong)
                };
                let mut files = artifact.folder_of(&path).await.map_err(unread)?;
                let name = path.rsplit('/').next().unwrap_or(&path);
                if is_locustfile(name) {
                    (ScenarioSource::Locustfile(name.to_owned()), Found { text: String::new(), files })
                } else {
                    let text = files.remove(name).ok_or_else(|| unread("it is not in the artifact".to_owned()))?;
                    let text = String::from_utf8(text.into()).map_err(|_| unread("it is no UTF-8 text".to_owned()))?;
                    (ScenarioSource::Text(String::new()), Found { text, files })
                }
            }
        };
        let key = format!("codepipeline {}", job.id);
        let (accepted, _) = self.start(&source, found, &parameters.body, Some(key)).await?;
        Ok(accepted.id)
    }

    fn verdict_answer(&self, run: RunId, summary: &Summary, inconclusive: Inconclusive) -> GateAnswer {
        let report =
            self.policy.public_url.as_ref().map(|url| format!("{}/tests/{run}/report", url.trim_end_matches('/')));
        let mut message = verdict_in_words(summary);
        if let Some(report) = &report {
            message = format!("{message}; {report}");
        }
        let message = shortened(message);
        match (&summary.verdict, inconclusive) {
            (Verdict::Pass, _) | (Verdict::Inconclusive { .. }, Inconclusive::Pass) => {
                GateAnswer::Succeed { outputs: outputs(&run, summary, report), run, summary: message }
            }
            _ => GateAnswer::Fail { run: Some(run), failure: GateFailure::Verdict, message },
        }
    }
}

/// What a stage makes of an inconclusive verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inconclusive {
    Fail,
    Pass,
}

struct Parameters {
    file: Option<String>,
    body: StartBody,
}

fn parameters(text: &str) -> Result<(Parameters, Inconclusive), Problem> {
    let mut fields = object(text.as_bytes())?;
    let inconclusive = match fields.remove("inconclusive") {
        None => Inconclusive::Fail,
        Some(value) => match value.as_str() {
            Some("fail") => Inconclusive::Fail,
            Some("pass") => Inconclusive::Pass,
            _ => {
                let wrong = Wrong::new(format!("`{}` is neither", cut(&value.to_string()))).allowed("`fail`, `pass`");
                return Err(Problem::about(Kind::Invalid, "inconclusive", Some(&value.to_string()), wrong));
            }
        },
    };
    let file = match fields.remove("file") {
        None => None,
        Some(_) if fields.contains_key("scenario") => {
            let wrong = Wrong::new("it is given beside `scenario`").allowed("one of the two");
            return Err(Problem::about(Kind::Invalid, "file", None, wrong));
        }
        Some(value) => match value.as_str() {
            Some(path) => {
                // It takes the place of the scenario.
                fields.insert("scenario".to_owned(), path.into());
                Some(path.to_owned())
            }
            None => {
                let wrong = Wrong::new("it is no text").allowed("paths of scenarios in the stage's input artifact");
                return Err(Problem::about(Kind::Invalid, "file", Some(&value.to_string()), wrong));
            }
        },
    };
    Ok((Parameters { file, body: read_fields(fields, &OWN_FIELDS)? }, inconclusive))
}

fn verdict_in_words(summary: &Summary) -> String {
    let reasons = match &summary.verdict {
        Verdict::Pass => vec!["every threshold held".to_owned()],
        Verdict::Fail { breaches } => breaches.clone(),
        Verdict::Inconclusive { doubts } => doubts.iter().map(ToString::to_string).collect(),
    };
    format!("{}: {} ({} requests)", summary.verdict.word(), reasons.join("; "), summary.total.count)
}

fn outputs(run: &RunId, summary: &Summary, report: Option<String>) -> BTreeMap<String, String> {
    let (total, millis) = (&summary.total, |time: swarmgate_domain::Micros| format!("{:.1}", time.as_secs_f64() * 1e3));
    let mut outputs = BTreeMap::from([
        ("verdict".to_owned(), summary.verdict.word().to_owned()),
        ("test_id".to_owned(), run.to_string()),
        ("requests".to_owned(), total.count.to_string()),
        ("rate".to_owned(), format!("{:.1}", total.rate)),
        ("error_rate".to_owned(), format!("{:.6}", total.error_rate)),
        ("p50_ms".to_owned(), millis(total.response.p50_us)),
        ("p95_ms".to_owned(), millis(total.response.p95_us)),
        ("p99_ms".to_owned(), millis(total.response.p99_us)),
        ("coverage".to_owned(), format!("{:.4}", summary.quality.coverage)),
    ]);
    outputs.extend(report.map(|link| ("report".to_owned(), link)));
    outputs
}

fn in_words(problem: &Problem) -> String {
    let with_help = |mistake: &Mistake| match &mistake.help {
        Some(help) => format!("{} ({help})", mistake.detail),
        None => mistake.detail.clone(),
    };
    let mistakes: Vec<_> = problem.mistakes.iter().map(with_help).collect();
    if mistakes.is_empty() { problem.detail.clone() } else { mistakes.join("; ") }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(LONGEST_MESSAGE - 1) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
