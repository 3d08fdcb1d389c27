//! One request over a stream of an HTTP/2 connection, and its answer.

use std::future::poll_fn;
use std::rc::Rc;

use h2::Reason;
use http::header::{CONTENT_ENCODING, SET_COOKIE};
use http::response::Parts;
use swarmgate_domain::{ConnectionReuse, ErrorKind, Micros};

use super::hop::{MOST_RETRIES, Sending};
use super::request::{Desk, Trouble};
use super::runner::Interrupt;
use super::user::User;
use crate::failure::Failure;
use crate::http::{Framing, Head, Response};
use crate::net::{Greeting, Lane, Meter};
use crate::program::{Framed, Message};

/// How an exchange ended without an answer.
enum Broken {
    Failed(Failed),
    Interrupted(Interrupt),
}

/// What the connection or the server did.
struct Failed {
    failure: Failure,
    may_repeat: Repeat,
}

/// Whether the request may be sent again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// The server says that it did nothing with it (RFC 9113, 6.8 and 8.7).
    Untouched,
    /// The connection ended before any of the answer came.
    IfIdempotent,
    /// It was at least looked at.
    Never,
}

impl From<Interrupt> for Broken {
    fn from(interrupt: Interrupt) -> Self {
        Self::Interrupted(interrupt)
    }
}

impl Desk {
    /// One request and its answer, whatever it says. Sends again what the server did not look at, and, where an idle connection
    /// turned out to be closed, what may be repeated.
    pub(super) async fn send_framed(
        &mut self,
        user: &mut User,
        sending: &Sending<'_>,
    ) -> Result<(Response, Micros), Trouble> {
        let thread = Rc::clone(&self.thread);
        let https = thread.origins.borrow().get(sending.origin).key.https;
        let rendered = match sending.framed {
            Some(_) => None,
            None => Some(Framed::of(sending.bytes, https).map_err(|why| Failure::new(ErrorKind::BadResponse, why))?),
        };
        let framed = rendered.as_ref().or(sending.framed).expect("what was not framed before is framed now");
        let mut retries = 0;
        loop {
            let lane = self.lane(user, sending.origin).await?;
            if self.is_cut() {
                return Err(Trouble::Cut);
            }
            let is_reused = lane.requests() > 0;
            let sent = *self.tally.sent.get_or_insert_with(|| thread.clock.now());
            self.runner.set_deadline(&thread, sent + sending.timeout);
            thread.inboxes.take_back(&mut self.inbox);
            self.body.reset(sending.reads_body);
            let meter = Rc::clone(&lane.connection().meter);
            let written = meter.written();
            let result = self.over(&lane, framed).await;
            self.tally.has_left |= meter.written() > written;
            let (written, read) = meter.take();
            self.tally.sent_bytes += written;
            self.tally.received_bytes += read;
            let is_late = matches!(result, Err(Broken::Interrupted(Interrupt::Deadline)));
            if is_late && meter.last_read() < sent {
                // Nothing at all came since: the next one would wait for as long.
                lane.connection().retire();
            }
            if thread.program().reuse != ConnectionReuse::PerRequest && lane.connection().is_usable() {
                user.keep_shared(lane.connection());
            }
            match result {
                Ok(answer) => return Ok(answer),
                Err(Broken::Interrupted(Interrupt::Cut)) => return Err(Trouble::Cut),
                Err(Broken::Interrupted(Interrupt::Deadline)) => {
                    let limit = sending.timeout;
                    return Err(Failure::new(ErrorKind::Timeout, format!("no answer within {limit}")).into());
                }
                Err(Broken::Failed(Failed { failure, may_repeat })) => {
                    let again = match may_repeat {
                        Repeat::Untouched => true,
                        Repeat::IfIdempotent => is_reused && Message::is_idempotent(sending.method),
                        Repeat::Never => false,
                    };
                    if !again || retries == MOST_RETRIES {
                        return Err(failure.into());
                    }
                    retries += 1;
                }
            }
        }
    }

    /// Sends over `lane` and reads the answer; gives the time when its last byte was there.
    async fn over(&mut self, lane: &Lane, framed: &Framed) -> Result<(Response, Micros), Broken> {
        let meter = &lane.connection().meter;
        let answer = lane.send(framed.head.clone(), &framed.body).map_err(|error| failed(&error, meter, None))?;
        let answer = self.runner.unless_interrupted(answer).await?.map_err(|error| failed(&error, meter, None))?;
        let (head, mut body) = answer.into_parts();
        self.tally.first_byte.get_or_insert(meter.last_read());
        self.tally.statuses.push(head.status.as_u16());
        let response = self.write_head(&head);
        while !body.is_end_stream() {
            let data = self.runner.unless_interrupted(poll_fn(|cx| body.poll_data(cx))).await?;
            match data {
                None => break,
                Some(Ok(data)) => {
                    self.tally.body_bytes += data.len() as u64;
                    self.body.take(&data);
                    // It was read, wherever it is now. Fails only for more than what came.
                    let _ = body.flow_control().release_capacity(data.len());
                }
                // The answer is whole; the server only does not want the rest of the request (RFC 9113, 8.1).
                Some(Err(error)) if error.is_reset() && error.reason() == Some(Reason::NO_ERROR) => break,
                Some(Err(error)) => return Err(failed(&error, meter, Some(&head))),
            }
        }
        Ok((response, meter.last_read()))
    }

    /// Puts the head where that of HTTP/1.1 would be, in the same form: all that reads it then reads both.
    fn write_head(&mut self, head: &Parts) -> Response {
        self.thread.inboxes.lend(&mut self.inbox);
        let inbox = &mut self.inbox;
        for part in [b"HTTP/2 ", head.status.as_str().as_bytes(), b"\r\n"] {
            inbox.put(part);
        }
        for (name, value) in &head.headers {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                inbox.put(part);
            }
        }
        inbox.put(b"\r\n");
        Response::framed(Head {
            status: head.status.as_u16(),
            length: inbox.bytes().len(),
            framing: Framing::None,
            keeps_alive: true,
            sets_cookies: head.headers.contains_key(SET_COOKIE),
            names_coding: head.headers.contains_key(CONTENT_ENCODING),
        })
    }
}

/// What an error says, as it is counted; `head` is that of the answer, where it came.
fn failed(error: &h2::Error, meter: &Meter, head: Option<&Parts>) -> Broken {
    let of = |kind, detail: String, may_repeat| Failed { failure: Failure::new(kind, detail), may_repeat };
    let untouched = if head.is_none() { Repeat::Untouched } else { Repeat::Never };
    let failed = match error.reason() {
        _ if meter.greeting() == Greeting::Http1 => {
            of(ErrorKind::BadResponse, "the server speaks HTTP/1.1 only: leave out `http: 2`".to_owned(), Repeat::Never)
        }
        Some(Reason::HTTP_1_1_REQUIRED) if error.is_remote() => of(
            ErrorKind::BadResponse,
            "the server wants HTTP/1.1 for this: leave out `http: 2`".to_owned(),
            Repeat::Never,
        ),
        Some(reason) if error.is_remote() && error.is_go_away() => {
            of(ErrorKind::Reset, format!("the server ended the connection: {reason:?}"), untouched)
        }
        Some(Reason::REFUSED_STREAM) if error.is_remote() => {
            of(ErrorKind::Reset, "the server refused the stream".to_owned(), untouched)
        }
        Some(reason) if error.is_remote() => {
            of(ErrorKind::Reset, format!("the server reset the stream: {reason:?}"), Repeat::Never)
        }
        Some(reason) => of(ErrorKind::BadResponse, format!("not HTTP/2: {reason:?}"), Repeat::Never),
        None if error.is_io() => {
            let failure = meter.failure().unwrap_or_else(|| {
                let detail = match (head, meter.greeting()) {
                    (Some(_), _) => "connection closed in the middle of an answer",
                    (None, Greeting::None) => "connection closed before a word of HTTP/2: does the server speak it?",
                    (None, _) => "connection closed before an answer",
                };
                Failure::new(ErrorKind::Reset, detail)
            });
            Failed { failure, may_repeat: if head.is_none() { Repeat::IfIdempotent } else { Repeat::Never } }
        }
        None => of(ErrorKind::BadResponse, "the request can't be sent in HTTP/2".to_owned(), Repeat::Never),
    };
    Broken::Failed(failed)
}
