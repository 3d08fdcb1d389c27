//! One exchange that a script asks for: written, sent, and its answer handed back.

use std::borrow::Cow;
use std::rc::Rc;

use swarmgate_domain::{ErrorKind, Micros};
use swarmgate_locust::{Answer, AnswerError, Exchange};
use url::Url;

use super::{ScriptUser, Uncounted};
use crate::failure::Failure;
use crate::http::Response;
use crate::net::OriginId;
use crate::program::split;
use crate::thread::hop::Sending;
use crate::thread::recorder::Tally;
use crate::thread::request::{Cut, Desk, Trouble};
use crate::thread::user::User;

/// How long an answer may take where the script sets no limit: Locust would wait for ever.
const LONGEST_WAIT: Micros = Micros::from_secs(300);

/// More answered requests that nobody counts are forgotten, the oldest first.
const MOST_UNCOUNTED: usize = 8;

/// A request of a script as it goes out.
#[derive(Default)]
pub struct ScriptWire {
    bytes: Vec<u8>,
    /// What that is, and for which server, where the script may ask for the very same again.
    of: Option<(Rc<Exchange>, OriginId)>,
}

impl Desk {
    /// Sends what the script asks for, and gives when it was answered, and how.
    pub(super) async fn exchange(
        &mut self,
        user: &mut User,
        script: &mut ScriptUser,
        exchange: &Rc<Exchange>,
        now: Micros,
    ) -> Result<(Micros, Result<Answer, AnswerError>), Cut> {
        let thread = Rc::clone(&self.thread);
        // A redirect goes on with the request that was redirected.
        let mut due = user.due.min(now);
        self.tally.clear();
        if exchange.follows
            && let Some(before) = script.uncounted.pop()
        {
            due = before.due;
            self.tally = before.tally;
            self.tally.redirects += 1;
        }
        self.connect_timeout = exchange.connect_timeout.map_or(thread.connect_timeout, Micros::from_secs_f64);
        let result = self.transmit(user, exchange).await;
        let (done, result) = match result {
            Ok((response, done)) => (done, self.answer(exchange, &response)),
            Err(Trouble::Failed(failure)) => (thread.clock.now(), Err(failure)),
            Err(Trouble::Cut) => {
                let at = thread.clock.now();
                if self.tally.was_sent() {
                    self.cut_off(exchange, at);
                }
                return Err(Cut { at });
            }
        };
        thread.inboxes.take_back(&mut self.inbox);
        // What never got a connection was "sent" when that began: it has no other time.
        self.tally.sent.get_or_insert(now);
        if script.uncounted.len() == MOST_UNCOUNTED {
            script.uncounted.remove(0);
        }
        let tally = std::mem::take::<Tally>(&mut self.tally);
        let trouble = result.as_ref().err().cloned();
        script.uncounted.push(Uncounted { tally, due, done, trouble });
        Ok((done, result.map_err(as_python_sees_it)))
    }

    async fn transmit(&mut self, user: &mut User, exchange: &Rc<Exchange>) -> Result<(Response, Micros), Trouble> {
        // Taken out while it is sent: what is cut short in the middle leaves nothing behind.
        let mut wire = std::mem::take(&mut self.script_wire);
        let origin = match &wire.of {
            Some((before, origin)) if Rc::ptr_eq(before, exchange) => *origin,
            _ => self.write(exchange, &mut wire)?,
        };
        let sending = Sending {
            origin,
            method: &exchange.method,
            bytes: &wire.bytes,
            framed: None,
            timeout: exchange.timeout.map_or(LONGEST_WAIT, Micros::from_secs_f64),
            reads_body: true,
        };
        let result = self.send(user, &sending).await;
        self.script_wire = wire;
        result
    }

    fn write(&self, exchange: &Rc<Exchange>, wire: &mut ScriptWire) -> Result<OriginId, Failure> {
        let (origin, path) = self.place(exchange)?;
        let out = &mut wire.bytes;
        out.clear();
        for part in [exchange.method.as_bytes(), b" ", &path, b" HTTP/1.1\r\n"] {
            out.extend_from_slice(part);
        }
        if !exchange.headers.name_the_host() {
            out.extend_from_slice(b"Host: ");
            out.extend_from_slice(&self.thread.origins.borrow().get(origin).host_header);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(exchange.headers.lines().as_bytes());
        let length = exchange.body.as_ref().map(Vec::len);
        if let Some(length) = length.or(matches!(&*exchange.method, "POST" | "PUT" | "PATCH").then_some(0)) {
            out.extend_from_slice(b"Content-Length: ");
            out.extend_from_slice(itoa::Buffer::new().format(length).as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(exchange.body.as_deref().unwrap_or_default());
        // Those with a body are made anew each time, and may be large.
        wire.of = exchange.body.is_none().then(|| (Rc::clone(exchange), origin));
        Ok(origin)
    }

    /// To which server, and the path as it is sent.
    fn place<'a>(&self, exchange: &'a Exchange) -> Result<(OriginId, Cow<'a, [u8]>), Failure> {
        let Some(host) = &self.thread.script else { return Err(bad("there is no script".to_owned())) };
        let (before, path) = exchange.url.as_str().split_at(exchange.path_at());
        let mut known = host.origins[usize::from(exchange.verify)].borrow_mut();
        if let Some(origin) = known.get(before).filter(|_| is_as_sent(path)) {
            return Ok((*origin, Cow::Borrowed(path.as_bytes())));
        }
        let url =
            Url::parse(exchange.url.as_str()).map_err(|error| bad(format!("{error}: {}", exchange.url.as_str())))?;
        let mut place = split(&url).map_err(bad)?;
        place.origin.unverified = place.origin.https && !exchange.verify;
        let mut origins = self.thread.origins.borrow_mut();
        let origin = origins.intern_allowed(place.origin).map_err(|refused| crate::thread::way::not_there(&refused))?;
        known.insert(before.to_owned(), origin);
        Ok((origin, Cow::Owned(place.path)))
    }

    fn answer(&mut self, exchange: &Rc<Exchange>, response: &Response) -> Result<Answer, Failure> {
        let Some(head) = response.head() else { return Ok(Answer::default()) };
        let bytes = &self.inbox.bytes()[..head.length];
        if head.names_coding {
            self.body.decode(bytes);
            self.body.kept().map_err(|why| bad(format!("{why} found")))?;
        }
        let Some(host) = &self.thread.script else { return Err(bad("there is no script".to_owned())) };
        Ok(Answer { status: head.status, head: host.heads.read(exchange, bytes), body: self.body.take_kept() })
    }

    /// Counts a request that the end of the test gave up: its name is not known yet, so it goes by its path.
    fn cut_off(&self, exchange: &Exchange, at: Micros) {
        let Some(host) = &self.thread.script else { return };
        let path = exchange.path().split('?').next().unwrap_or_default();
        let mut recorder = self.thread.recorder.borrow_mut();
        let entry = host.names.borrow_mut().index(&exchange.method, path, |name| recorder.add_name(name));
        recorder.cut_off(entry, &self.tally, at);
    }
}

fn bad(why: String) -> Failure {
    Failure::new(ErrorKind::BadResponse, why)
}

/// Whether a path that Python has quoted is sent as it is: there is nothing in it to resolve.
fn is_as_sent(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.first() == Some(&b'/')
        && bytes.iter().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#'))
        && !bytes.windows(2).any(|pair| pair == b"/.")
        && !bytes.windows(3).any(|escape| escape.eq_ignore_ascii_case(b"%2e"))
}

fn as_python_sees_it(failure: Failure) -> AnswerError {
    let text = failure.detail.into_owned();
    match failure.kind {
        ErrorKind::Timeout if text.starts_with("no answer") => AnswerError::Timeout(text),
        ErrorKind::Timeout => AnswerError::ConnectTimeout(text),
        ErrorKind::Tls => AnswerError::Tls(text),
        ErrorKind::Refused => AnswerError::Refused(text),
        _ => AnswerError::Connection(text),
    }
}
