//! Requests that a locustfile sends as it is loaded, `requests.get(...)` at the top level say. It is loaded by the command, and once more
//! by each worker: they are sent once, by the command, and what came of them is part of the plan.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use swarmgate_domain::{ScriptAnswer, ScriptFile, ScriptOutcome};

use crate::exchange::{Answer, AnswerError, Exchange};

/// Answers what is asked as a locustfile is loaded. `Err`: nothing can be asked here; in words.
pub type Ask = Rc<dyn Fn(&Exchange) -> Result<Result<Answer, AnswerError>, String>>;

/// What can be done where nothing can be asked.
const MOVE_IT: &str = "move it into a task, on_start or test_start";

/// Answers nothing.
pub fn ask_nobody() -> Ask {
    Rc::new(|exchange| Err(format!("a request ({} {}) here: {MOVE_IT}", exchange.method, exchange.url.as_str())))
}

/// Answers what was asked before, in the same order.
pub fn ask_again(answers: &[ScriptAnswer]) -> Ask {
    let left: RefCell<VecDeque<ScriptAnswer>> = RefCell::new(answers.iter().cloned().collect());
    Rc::new(move |exchange| match left.borrow_mut().pop_front() {
        None => ask_nobody()(exchange),
        Some(answer) if is_of(&answer, exchange) => Ok(outcome(answer.came)),
        Some(answer) => Err(format!(
            "a request ({} {}) that was another one when the file was loaded before ({} {}), or had another body: {MOVE_IT}",
            exchange.method,
            exchange.url.as_str(),
            answer.method,
            answer.url
        )),
    })
}

fn is_of(answer: &ScriptAnswer, exchange: &Exchange) -> bool {
    let sent = answer.sent.as_ref().map(|sent| &*sent.0);
    *answer.method == *exchange.method && answer.url == exchange.url.as_str() && sent == exchange.body.as_deref()
}

/// What came of `exchange`, for others to be answered with.
pub fn recorded(exchange: &Exchange, outcome: &Result<Answer, AnswerError>) -> ScriptAnswer {
    let file = |bytes: &[u8]| ScriptFile(Arc::from(bytes));
    let came = match outcome {
        Ok(Answer { status, head, body }) => ScriptOutcome::Answer {
            status: *status,
            reason: head.reason.clone(),
            headers: head.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: file(body),
        },
        Err(error) => {
            let (kind, text) = error.parts();
            ScriptOutcome::None { kind: kind.to_owned(), text: text.to_owned() }
        }
    };
    ScriptAnswer {
        method: exchange.method.to_string(),
        url: exchange.url.as_str().to_owned(),
        sent: exchange.body.as_deref().map(file),
        came,
    }
}

fn outcome(came: ScriptOutcome) -> Result<Answer, AnswerError> {
    match came {
        ScriptOutcome::Answer { status, reason, headers, body } => {
            Ok(Answer::new(status, reason, headers.into_iter().collect(), body.0.to_vec()))
        }
        ScriptOutcome::None { kind, text } => Err(AnswerError::of(&kind, text)),
    }
}

#[cfg(test)]
mod tests {
    use swarmgate_python::PyStr;

    use super::*;

    fn exchange(url: &str, body: &[u8]) -> Exchange {
        Exchange {
            method: "POST".into(),
            url: Rc::new(PyStr::new(url.to_owned())),
            headers: [("A", "1")].into_iter().collect(),
            body: Some(body.to_vec()),
            timeout: None,
            connect_timeout: None,
            verify: true,
            follows: false,
        }
    }

    #[test]
    fn what_came_comes_again_in_the_same_order() {
        let headers = [("X-Id", "4"), ("x-id", "5")].into_iter().collect();
        let answer = Answer::new(201, "Created", headers, b"{}\xff");
        let outcomes = [Ok(answer), Err(AnswerError::Timeout("no answer".to_owned()))];
        let asked = [exchange("http://a/", b"1"), exchange("http://b/", b"")];
        let answers: Vec<_> = asked.iter().zip(&outcomes).map(|(asked, outcome)| recorded(asked, outcome)).collect();
        let again = ask_again(&answers);
        assert_eq!(again(&asked[0]), Ok(outcomes[0].clone()));
        assert_eq!(again(&asked[1]), Ok(outcomes[1].clone()));
        assert!(again(&asked[1]).unwrap_err().contains("POST http://b/"));
        let other = ask_again(&answers)(&exchange("http://a/", b"2")).unwrap_err();
        assert!(other.contains("another body"), "{other}");
    }
}
