//! A simulated queue: at least once, in any order.

use async_trait::async_trait;
use swarmgate_domain::Micros;
use swarmgate_service::ports::{Delivery, Queue, QueueError, Receipt};

use crate::actor::ActorId;
use crate::agenda::Happening;
use crate::faults::Fault;
use crate::messages::Messages;
use crate::world::{Sim, World};

/// A queue, as one actor reaches it.
pub(crate) struct SimQueue {
    sim: Sim,
    actor: ActorId,
    name: String,
}

impl SimQueue {
    pub fn new(sim: Sim, actor: ActorId, name: &str) -> Self {
        Self { sim, actor, name: name.to_owned() }
    }

    /// The time that a call takes. It may fail, and its caller may die, before anything was done.
    async fn call(&self, attempted: &'static str) -> Result<(), QueueError> {
        let (done_at, dies, fails) = {
            let mut world = self.sim.world();
            let done_at = world.now + world.draw_millis(1, 30);
            (done_at, world.dies(self.actor), world.strikes(Fault::QueueBusy))
        };
        self.sim.wait(self.actor, done_at).await;
        if dies {
            self.sim.die(self.actor).await;
        }
        if fails { Err(self.error(attempted)) } else { Ok(()) }
    }

    fn error(&self, attempted: &'static str) -> QueueError {
        QueueError { attempted: format!("{attempted} `{}`", self.name), reason: "the queue did not answer".to_owned() }
    }

    fn take(&self, world: &mut World, most: usize, visibility: Micros) -> Vec<Delivery> {
        let now = world.now;
        let mut taken = Vec::new();
        while taken.len() < most {
            let reordered = world.strikes(Fault::MessageReordered);
            // It stays where others see it too.
            let hidden_to = if world.strikes(Fault::MessageTwice) { now } else { now + visibility };
            let mut rng = world.rng.fork();
            let messages = world.queue(&self.name);
            let Some((body, receipt)) = messages.receive(now, hidden_to, reordered.then_some(&mut rng)) else { break };
            world.tell(|| format!("{:?} receives {body} from {}", self.actor, self.name));
            taken.push(Delivery { body, receipt: Receipt(receipt) });
        }
        taken
    }
}

impl World {
    /// The messages of a queue.
    pub(crate) fn queue(&mut self, name: &str) -> &mut Messages {
        self.queues.get_mut(name).expect("every queue is there from the start")
    }

    /// Puts a message into a queue, and wakes who waits for one.
    pub(crate) fn send(&mut self, name: &str, body: String) {
        let now = self.now;
        self.queue(name).send(body, now);
        for actor in std::mem::take(&mut self.queue(name).waiting) {
            self.agenda.put(now, Happening::Wake(actor));
        }
    }
}

#[async_trait]
impl Queue for SimQueue {
    async fn send(&self, bodies: Vec<String>) -> Result<(), QueueError> {
        self.call("sending to").await?;
        let partly = self.sim.world().strikes(Fault::SendPartly);
        let sent = if partly { self.sim.world().rng.usize(..=bodies.len()) } else { bodies.len() };
        for body in bodies.into_iter().take(sent) {
            self.sim.world().send(&self.name, body);
        }
        if partly { Err(self.error("sending to")) } else { Ok(()) }
    }

    async fn receive(&self, most: usize, visibility: Micros, wait: Micros) -> Result<Vec<Delivery>, QueueError> {
        self.call("receiving from").await?;
        let until = self.sim.world().now + wait;
        loop {
            let next_look = {
                let mut world = self.sim.world();
                let taken = self.take(&mut world, most, visibility);
                if !taken.is_empty() || world.now >= until {
                    return Ok(taken);
                }
                let messages = world.queue(&self.name);
                if !messages.waiting.contains(&self.actor) {
                    messages.waiting.push(self.actor);
                }
                messages.next_visible().map_or(until, |at| at.min(until))
            };
            Look { wait: self.sim.wait(self.actor, next_look), looked: false }.await;
        }
    }

    async fn hide(&self, receipt: &Receipt, visibility: Micros) -> Result<(), QueueError> {
        self.call("hiding a message of").await?;
        let mut world = self.sim.world();
        let hidden_to = world.now + visibility;
        // As SQS does: a message that was given to another since, or is gone, can't be hidden by its old receipt.
        if world.queue(&self.name).hide(&receipt.0, hidden_to) {
            Ok(())
        } else {
            Err(self.error("hiding a message of"))
        }
    }

    async fn delete(&self, receipt: &Receipt) -> Result<(), QueueError> {
        self.call("removing a message from").await?;
        self.sim.world().queue(&self.name).delete(&receipt.0);
        Ok(())
    }
}

/// Waits, but comes back as soon as the actor is woken for whatever reason: a message came, perhaps.
struct Look {
    wait: crate::executor::Wait,
    looked: bool,
}

impl Future for Look {
    type Output = ();

    fn poll(mut self: std::pin::Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        let over = std::pin::Pin::new(&mut self.wait).poll(context).is_ready();
        if over || std::mem::replace(&mut self.looked, true) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    }
}
