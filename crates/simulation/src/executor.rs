//! A single-threaded executor in virtual time: actors are futures that only ever wait for simulated ports.
//!
//! Killing an actor is dropping its future; pausing it is not waking it.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use swarmgate_domain::Micros;

use crate::actor::{ActorId, Role};
use crate::agenda::Happening;
use crate::world::Sim;

/// What an actor does, as a future.
pub(crate) type Body = Pin<Box<dyn Future<Output = ()>>>;

/// Waits until virtual time `until`.
pub(crate) struct Wait {
    sim: Sim,
    actor: ActorId,
    until: Micros,
    asked: bool,
}

impl Sim {
    /// Makes `actor` wait until virtual time `until`.
    pub fn wait(&self, actor: ActorId, until: Micros) -> Wait {
        Wait { sim: self.clone(), actor, until, asked: false }
    }

    /// The end of `actor`, as soon as this is awaited.
    pub async fn die(&self, actor: ActorId) -> ! {
        self.world().actor(actor).doomed = true;
        std::future::pending().await
    }
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let (actor, until, asked) = (self.actor, self.until, self.asked);
        let mut world = self.sim.world();
        if world.now >= until {
            return Poll::Ready(());
        }
        if !asked {
            world.agenda.put(until, Happening::Wake(actor));
        }
        drop(world);
        self.asked = true;
        Poll::Pending
    }
}

/// All actors at work.
pub(crate) struct Executor<'a> {
    sim: Sim,
    bodies: Vec<Option<Body>>,
    /// Makes what an actor of a role does.
    make: &'a dyn Fn(&Sim, ActorId, Role) -> Body,
    /// How often an actor was woken.
    pub steps: u64,
}

impl<'a> Executor<'a> {
    pub fn new(sim: Sim, make: &'a dyn Fn(&Sim, ActorId, Role) -> Body) -> Self {
        Self { sim, bodies: Vec::new(), make, steps: 0 }
    }

    /// A new actor starts.
    pub fn start(&mut self, role: Role) -> ActorId {
        let id = self.sim.world().enlist(role);
        let body = (self.make)(&self.sim, id, role);
        self.bodies.push(Some(body));
        self.wake(id);
        id
    }

    /// An actor goes on, unless it is paused.
    pub fn wake(&mut self, id: ActorId) {
        let Some(body) = &mut self.bodies[id.0 as usize] else { return };
        {
            let mut world = self.sim.world();
            let (paused_to, now) = (world.actor(id).paused_to, world.now);
            if paused_to > now {
                world.agenda.put(paused_to, Happening::Wake(id));
                return;
            }
        }
        self.steps += 1;
        let finished = body.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        if finished {
            self.end(id, false);
        } else if self.sim.world().actor(id).doomed {
            self.end(id, true);
        }
    }

    /// An actor dies, wherever it is.
    pub fn kill(&mut self, id: ActorId) {
        self.end(id, true);
    }

    fn end(&mut self, id: ActorId, killed: bool) {
        // What the future holds is dropped first: a load ends with its worker.
        if let Some(body) = self.bodies[id.0 as usize].take() {
            drop(body);
            self.sim.world().left(id, killed);
        }
    }
}
