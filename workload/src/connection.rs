//! One connection: reads requests, carries out their plans in order, writes the answers.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::burn;
use crate::clock;
use crate::counts::{Counts, Outcome};
use crate::input::Input;
use crate::output::{Origin, Output};
use crate::request::{Method, Parsed, Refusal, parse};
use crate::response::{JSON, Part, Response};
use crate::routes::{Act, Class, Plan, plan};
use crate::server::ThreadContext;

/// Answers are gathered up to this size before they are written, while more requests are there already.
const MAX_BACKLOG_BYTES: u64 = 64 * 1024;
/// How long a closed connection waits for its client's side to close, so that the client can read the last answer.
const LINGER: Duration = Duration::from_secs(1);

/// A body within its limit, but with so much chunk framing that it does not fit into the input.
const TOO_LONG: Refusal = Refusal { status: 413, reason: "the request has too much chunk framing" };

/// A byte stream on top of a TCP socket.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Unpin + Send {
    fn tcp(&self) -> &TcpStream;
}

impl Transport for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Transport for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Serves a connection until either side ends it.
pub(crate) async fn serve<T: Transport>(io: T, id: u64, context: &ThreadContext) {
    let mut connection = Connection { io, id, context, input: Input::new(), output: Output::default() };
    // Whichever way it ended, all requests are counted; only the server's own end leaves some in flight.
    if let Ok(Ending::Orderly) = connection.run().await {
        connection.linger().await;
    }
}

/// The client closed or reset the connection.
struct Gone;

/// How the server ends a connection.
#[derive(PartialEq, Eq)]
enum Ending {
    /// Closes its side, then waits for the client's.
    Orderly,
    /// Drops the socket, as it is set to be reset.
    Reset,
}

/// A request that was taken out of the input, with what is to be done about it.
struct Exchange {
    plan: Plan,
    origin: Origin,
}

/// What the input begins with.
enum Taken {
    Exchange(Exchange),
    Partial,
    AwaitsContinue,
    Refused(Refusal),
}

struct Connection<'c, T> {
    io: T,
    id: u64,
    context: &'c ThreadContext,
    input: Input,
    output: Output,
}

impl<T: Transport> Connection<'_, T> {
    async fn run(&mut self) -> Result<Ending, Gone> {
        let mut continued = false;
        loop {
            match self.take() {
                Taken::Exchange(exchange) => {
                    continued = false;
                    if let Some(ending) = self.carry_out(exchange).await? {
                        self.flush().await?;
                        return Ok(ending);
                    }
                }
                Taken::Partial => self.read_more().await?,
                Taken::AwaitsContinue => {
                    if !continued {
                        self.output.interim(100);
                        continued = true;
                    }
                    self.read_more().await?;
                }
                Taken::Refused(refusal) => {
                    self.context.shard.lock().malformed();
                    self.output.refusal(&Response::from(refusal));
                    self.flush().await?;
                    return Ok(Ending::Orderly);
                }
            }
        }
    }

    /// Takes the next request out of the input, counts it as received and plans it.
    fn take(&mut self) -> Taken {
        let (request, size) = match parse(self.input.bytes()) {
            Parsed::Complete { request, size } => (request, size),
            Parsed::Partial | Parsed::AwaitsContinue if self.input.is_full() => return Taken::Refused(TOO_LONG),
            Parsed::Partial => return Taken::Partial,
            Parsed::AwaitsContinue => return Taken::AwaitsContinue,
            Parsed::Refused(refusal) => return Taken::Refused(refusal),
        };
        let received_at = clock::now();
        let plan = plan(&request, &self.context.shared.settings);
        let is_counted = plan.class == Class::Load;
        let ticket = is_counted.then(|| self.context.shard.lock().received(request.method, request.path, size));
        if let Some(log) = &self.context.log {
            log.add(self.id, &request);
        }
        let part = if request.method == Method::Head { Part::Head } else { Part::Whole };
        let origin = Origin { ticket, received_at, drawn: None, part, persistence: request.persistence };
        self.input.consume(size);
        Taken::Exchange(Exchange { plan, origin })
    }

    /// Waits as planned, then acts. An answer that needs no wait is gathered with its predecessors.
    async fn carry_out(&mut self, exchange: Exchange) -> Result<Option<Ending>, Gone> {
        let Exchange { plan, mut origin } = exchange;
        let stalls = plan.class != Class::Control && !matches!(plan.act, Act::StallAll(_));
        origin.drawn = plan.latency.map(|latency| self.context.shared.draws.draw(&latency));
        let wait = plan.delay + origin.drawn.unwrap_or_default();
        let is_stalled = stalls && self.context.shared.stall_left(origin.received_at).is_some();
        let is_immediate = wait.is_zero() && !is_stalled;
        if let (true, Act::Answer(response)) = (is_immediate, &plan.act) {
            return self.answer(origin, response).await;
        }
        let waited = self.hold_back(&plan.act, wait, stalls).await;
        if waited.is_err() {
            self.end_uncounted(origin, Outcome::Aborted);
        }
        waited?;
        self.act(origin, plan.act).await
    }

    /// Writes the earlier answers, then waits for `wait`, and for the end of a stall where `stalls`.
    async fn hold_back(&mut self, act: &Act, wait: Duration, stalls: bool) -> Result<(), Gone> {
        self.flush().await?;
        if !wait.is_zero() {
            self.watch(Some(wait)).await?;
        }
        if matches!(act, Act::Silence) {
            self.watch(None).await?;
        }
        while let Some(left) = self.context.shared.stall_left(clock::now()).filter(|_| stalls) {
            self.watch(Some(left)).await?;
        }
        Ok(())
    }

    async fn act(&mut self, origin: Origin, act: Act) -> Result<Option<Ending>, Gone> {
        let shared = &self.context.shared;
        let response = match act {
            Act::Answer(response) => response,
            Act::Burn { count, range } => burn::response(count, range),
            Act::StallAll(stall) => {
                shared.stall_all(stall);
                Response::json(200, &serde_json::json!({ "stalled_ms": stall.as_secs_f64() * 1_000.0 }))
            }
            Act::Stats => {
                let stats = serde_json::to_vec(&shared.stats()).expect("counts and finite numbers are JSON");
                Response::new(200, JSON, stats)
            }
            Act::ResetStats => {
                shared.reset_stats();
                Response::json(200, &serde_json::json!({ "reset": true }))
            }
            Act::Reset => {
                self.end_uncounted(origin, Outcome::Broken);
                // A socket that cannot be set is closed instead: the client sees an end without an answer either way.
                let _ = self.io.tcp().set_zero_linger();
                return Ok(Some(Ending::Reset));
            }
            Act::Garbage => {
                self.output.garbage(origin);
                return Ok(Some(Ending::Orderly));
            }
            Act::Silence => return Err(Gone),
        };
        self.answer(origin, &response).await
    }

    /// Adds an answer, and writes when enough are gathered.
    async fn answer(&mut self, origin: Origin, response: &Response) -> Result<Option<Ending>, Gone> {
        self.output.answer(origin, response);
        if self.output.backlog() > MAX_BACKLOG_BYTES {
            self.flush().await?;
        }
        Ok(response.ends_connection(origin.persistence).then_some(Ending::Orderly))
    }

    /// Counts a request that ended without an answer.
    fn end_uncounted(&self, origin: Origin, outcome: Outcome) {
        if let Some(ticket) = origin.ticket {
            self.context.shard.lock().ended(ticket, outcome, 0);
        }
    }

    async fn read_more(&mut self) -> Result<(), Gone> {
        self.flush().await?;
        match poll_fn(|cx| self.poll_read(cx)).await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(Gone),
        }
    }

    /// Waits for `wait`, or for ever, unless the client goes first. A client that closes its side to write counts as gone.
    /// Requests that come meanwhile are kept for later.
    async fn watch(&mut self, wait: Option<Duration>) -> Result<(), Gone> {
        let mut sleep = pin!(wait.map(tokio::time::sleep));
        poll_fn(|cx| {
            loop {
                match self.poll_read(cx) {
                    Poll::Ready(Ok(true)) => {}
                    Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::OutOfMemory => break,
                    Poll::Ready(Ok(false) | Err(_)) => return Poll::Ready(Err(Gone)),
                    Poll::Pending => break,
                }
            }
            match sleep.as_mut().as_pin_mut() {
                Some(sleep) => sleep.poll(cx).map(Ok),
                None => Poll::Pending,
            }
        })
        .await
    }

    /// Reads what is there; false at the end of the stream. `OutOfMemory` when the input is full.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let Some(room) = self.input.room() else { return Poll::Ready(Err(io::ErrorKind::OutOfMemory.into())) };
        let mut buffer = ReadBuf::new(room);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer))?;
        let count = buffer.filled().len();
        self.input.received(count);
        Poll::Ready(Ok(count > 0))
    }

    /// Writes all answers, and counts each as soon as it is written.
    async fn flush(&mut self) -> Result<(), Gone> {
        if self.output.backlog() == 0 {
            return Ok(());
        }
        let written = poll_fn(|cx| {
            // Held over the write, so that the count is there when the client reads it. The write does not block.
            let mut counts = self.context.shard.lock();
            poll_flush(&mut self.io, &mut self.output, &mut counts, cx)
        })
        .await;
        written.map_err(|_| {
            self.output.abort(&mut self.context.shard.lock());
            Gone
        })
    }

    /// Closes this side, then waits a while for the client to close its own: a socket that is dropped with unread bytes is
    /// reset, and the client could lose the last answer.
    async fn linger(&mut self) {
        let closing = async {
            poll_fn(|cx| Pin::new(&mut self.io).poll_shutdown(cx)).await?;
            let mut sink = [0; 1_024];
            loop {
                let mut buffer = ReadBuf::new(&mut sink);
                poll_fn(|cx| Pin::new(&mut self.io).poll_read(cx, &mut buffer)).await?;
                if buffer.filled().is_empty() {
                    return Ok::<(), io::Error>(());
                }
            }
        };
        // All answers are written and counted: neither an error nor the time-out changes anything.
        let _ = tokio::time::timeout(LINGER, closing).await;
    }
}

fn poll_flush<T: Transport>(
    io: &mut T,
    output: &mut Output,
    counts: &mut Counts,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    loop {
        let unwritten = output.unwritten();
        if !unwritten.is_empty() {
            let count = ready!(Pin::new(&mut *io).poll_write(cx, unwritten))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            output.wrote(count);
        }
        // Under TLS, what was written may still lie in the session's buffer.
        ready!(Pin::new(&mut *io).poll_flush(cx))?;
        output.settle(clock::now(), counts);
        if output.backlog() == 0 {
            return Poll::Ready(Ok(()));
        }
    }
}
