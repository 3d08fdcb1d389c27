//! A shard at work: what its Locust is told and when, and what comes of it.

use std::collections::VecDeque;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use swarmgate_domain::{Micros, UserCurve};
use swarmgate_service::ports::{LoadRun, MeasuredInterval, UsersChange, WantsEnd};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::child::Locust;
use crate::clock::Clock;
use crate::meter::Meter;
use crate::ramp::{self, Order, Part};
use crate::wire::{Frame, Message};

/// How many closed intervals may lie ready to be taken; more wait in the meter.
const READY_INTERVALS: usize = 16;

/// How long a Locust may take to end itself when its users are gone: listeners of `quitting` may write reports.
const LEAVING: Micros = Micros::from_secs(10);

/// How long a process may take to be gone that has said its last word.
const LAST_MOMENT: Duration = Duration::from_secs(2);

/// How much later than the users' own time to finish is too late.
const PATIENCE: Micros = Micros::from_secs(5);

/// A Locust that was not asked to end, but ends so shortly before its time, ends in time: its shape came to its end.
const JUST_BEFORE: Micros = Micros::SECOND;

/// What is needed to run a shard.
pub struct Parts {
    /// Waits for the start.
    pub locust: Locust,
    /// How many users the whole test has; `None`: a shape of the locustfile says it.
    pub curve: Option<UserCurve>,
    pub part: Part,
    pub interval: Micros,
    pub duration: Micros,
    pub grace: Micros,
}

/// See [`LoadRun`]. Dropping it ends the Locust at once.
pub struct Run {
    control: watch::Sender<Control>,
    intervals: mpsc::Receiver<MeasuredInterval>,
    _tasks: JoinSet<()>,
}

/// What a run was told so far.
#[derive(Clone, Debug, Default)]
struct Control {
    begun: Option<Micros>,
    changes: Vec<UsersChange>,
    stop: Option<Micros>,
}

impl Run {
    /// Keeps the Locust waiting, and then at work. Needs a tokio runtime.
    pub fn start(parts: Parts) -> Self {
        let (control, told) = watch::channel(Control::default());
        let (sender, intervals) = mpsc::channel(READY_INTERVALS);
        let mut tasks = JoinSet::new();
        tasks.spawn(keep(parts, told, sender));
        Self { control, intervals, _tasks: tasks }
    }
}

#[async_trait]
impl LoadRun for Run {
    fn begin(&mut self, start: Micros) {
        self.control.send_modify(|control| control.begun = Some(start));
    }

    async fn next(&mut self) -> Option<MeasuredInterval> {
        self.intervals.recv().await
    }

    fn change_users(&mut self, change: UsersChange) {
        self.control.send_modify(|control| control.changes.push(change));
    }

    fn stop(&mut self, at: Micros) {
        self.control.send_modify(|control| {
            control.stop = Some(control.stop.map_or(at, |earlier| earlier.min(at)));
        });
    }
}

/// Waits for the start, and works until the Locust is gone. A run that is dropped ends this.
async fn keep(mut parts: Parts, mut told: watch::Receiver<Control>, intervals: mpsc::Sender<MeasuredInterval>) {
    let start = loop {
        tokio::select! {
            changed = told.changed() => {
                if changed.is_err() {
                    return;
                }
                if let Some(start) = told.borrow().begun {
                    break Some(start);
                }
            }
            // It is still to be read: what it writes must not fill the pipe.
            frame = parts.locust.next() => if !matches!(frame, Ok(Some(_))) {
                break None;
            },
        }
    };
    let start = match start {
        Some(start) => start,
        // Gone before its time: that is said when there is a time.
        None => loop {
            if told.changed().await.is_err() {
                return;
            }
            if let Some(start) = told.borrow().begun {
                break start;
            }
        },
    };
    let clock = Clock::starting_at(start);
    let from = clock.now();
    parts.locust.tell(&json!({ "begin": start.0 })).await;
    let curve = parts.curve.clone();
    let orders = curve.as_ref().map_or_else(VecDeque::new, |curve| {
        let changes = ramp::changes(curve, parts.part, from);
        ramp::present(curve, parts.part, from).into_iter().chain(changes).collect()
    });
    let work = Work {
        meter: Meter::new(parts.interval, parts.duration, from),
        end: parts.duration,
        parts,
        clock,
        curve,
        orders,
        obeyed: 0,
        asked_to_stop: false,
        over_by: None,
    };
    work.until_gone(told, intervals).await;
}

/// A Locust at work.
struct Work {
    parts: Parts,
    clock: Clock,
    meter: Meter,
    curve: Option<UserCurve>,
    /// What it is to be told, in order of time.
    orders: VecDeque<Order>,
    /// When the load ends, in test time.
    end: Micros,
    /// How many changes of users were taken in.
    obeyed: usize,
    asked_to_stop: bool,
    /// Its users are gone, and it is to be gone itself by then.
    over_by: Option<Micros>,
}

impl Work {
    async fn until_gone(mut self, mut told: watch::Receiver<Control>, intervals: mpsc::Sender<MeasuredInterval>) {
        self.obey(&told.borrow_and_update().clone());
        let garbled = loop {
            self.tell_what_is_due().await;
            let wake = self.clock.until(self.next_due());
            tokio::select! {
                frame = self.parts.locust.next() => match frame {
                    Ok(Some(frame)) => if self.hear_all(frame) { break None },
                    Ok(None) => break None,
                    Err(garbled) => break Some(garbled.to_string()),
                },
                changed = told.changed() => match changed {
                    Ok(()) => {
                        let control = told.borrow_and_update().clone();
                        self.obey(&control);
                    }
                    Err(_) => return,
                },
                permit = intervals.reserve(), if self.meter.has_closed() => match permit {
                    Ok(permit) => if let Some(interval) = self.meter.take_closed() { permit.send(interval) },
                    Err(_) => return,
                },
                () = tokio::time::sleep(wake) => if self.is_too_late() { break None },
            }
        };
        let mut rest = self.conclude(garbled).await;
        while let Some(interval) = rest.take_closed() {
            if intervals.send(interval).await.is_err() {
                return;
            }
        }
    }

    /// Takes in what the run was told.
    fn obey(&mut self, control: &Control) {
        for change in control.changes.iter().skip(self.obeyed) {
            let Some(curve) = &mut self.curve else {
                tracing::warn!(target: "locustfile", "a shape says how many users there are: a change is left out");
                continue;
            };
            *curve = curve.changed(change.at, change.users, change.spawn_rate);
            self.orders.retain(|order| order.at < change.at);
            self.orders.extend(ramp::changes(curve, self.parts.part, change.at));
        }
        self.obeyed = control.changes.len();
        if let Some(stop) = control.stop {
            let stop = stop.max(self.meter.told()).min(self.end);
            if stop < self.end {
                self.end = stop;
                self.meter.set_end(stop);
            }
        }
    }

    /// When there is something to be done next.
    fn next_due(&self) -> Micros {
        if let Some(by) = self.over_by {
            return by;
        }
        if self.asked_to_stop {
            return self.end + self.parts.grace + PATIENCE;
        }
        self.orders.front().map_or(self.end, |order| order.at.min(self.end))
    }

    fn is_too_late(&self) -> bool {
        (self.asked_to_stop || self.over_by.is_some()) && self.clock.now() >= self.next_due()
    }

    async fn tell_what_is_due(&mut self) {
        let (clock, end) = (self.clock, self.end);
        while let Some(order) = self.orders.pop_front_if(|order| clock.is_past(order.at) && order.at < end) {
            self.parts.locust.tell(&json!({ "users": order.users, "rate": order.rate })).await;
        }
        if clock.is_past(end) && !self.asked_to_stop && self.over_by.is_none() {
            self.asked_to_stop = true;
            self.orders.clear();
            self.parts.locust.tell(&json!({ "stop": true })).await;
        }
    }

    /// Takes in what Locust says, and all that came with it. Gives whether its last word was among it.
    fn hear_all(&mut self, frame: Frame) -> bool {
        let mut is_last = self.hear(frame);
        while let Ok(Some(frame)) = self.parts.locust.waiting() {
            is_last |= self.hear(frame);
        }
        is_last
    }

    fn hear(&mut self, frame: Frame) -> bool {
        match frame {
            Frame::Name { kind, name } => self.meter.name(kind, name),
            Frame::Failure { class, text } => self.meter.failure(class, text),
            Frame::Request(request) => self.meter.request(request),
            Frame::Exception { message, traceback } => self.meter.exception(message, traceback),
            Frame::Raised { at, exception } => self.meter.raised(at, exception),
            Frame::Hop { status } => self.meter.hop(status),
            Frame::Tick(tick) => self.meter.tick(tick),
            Frame::Message(Message::Over {}) => self.over_by = Some(self.clock.now() + LEAVING),
            Frame::Message(Message::Exit { code }) => {
                self.meter.exit_code(code.unwrap_or_default());
                return self.over_by.is_some();
            }
            Frame::Message(Message::Hello(_) | Message::Described { .. } | Message::Ready { .. }) => {}
        }
        false
    }

    /// The Locust is gone, or has to go: closes the last interval, with how it went.
    async fn conclude(self, garbled: Option<String>) -> Meter {
        let Self { parts, clock, mut meter, end, asked_to_stop, over_by, .. } = self;
        let (now, over) = (clock.now(), over_by.is_some());
        let ended = parts.locust.end(if garbled.is_some() { Duration::ZERO } else { LAST_MOMENT }).await;
        let in_time = asked_to_stop || now + JUST_BEFORE >= end;
        match (over, in_time) {
            (true, true) => meter.finish(now.max(end), None),
            (true, false) => {
                let at = meter.told();
                meter.set_end(at);
                meter.finish(at, Some(WantsEnd::Stop));
            }
            (false, true) if asked_to_stop => {
                let at = meter.told().max(end.min(now));
                meter.finish(at, None);
                meter.doubt(format!(
                    "Locust was to end at {end} and did not say what it did last: it {}",
                    ended.words()
                ));
            }
            (false, _) => {
                let at = meter.told();
                let reason = garbled.unwrap_or_else(|| format!("Locust {}", ended.words()));
                meter.finish(at, Some(WantsEnd::Fail { reason }));
            }
        }
        meter
    }
}
