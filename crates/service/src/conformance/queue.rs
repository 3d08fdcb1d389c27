//! What every queue must do.

use std::collections::BTreeSet;

use swarmgate_domain::Micros;

use crate::ports::{Clock, Delivery, Queue};

/// Long enough for a queue to show a message; receiving is done again until it does.
const PATIENCE: u32 = 20;

const WAIT: Micros = Micros::from_millis(500);

/// Checks an empty queue. Takes a few seconds, since visibility is told in whole seconds by some.
pub async fn queue(queue: &dyn Queue, clock: &dyn Clock) {
    delivers_each_message(queue).await;
    hides_what_was_received(queue, clock).await;
    shows_again_what_was_given_back(queue).await;
    waits_for_a_message(queue, clock).await;
}

async fn receive(queue: &dyn Queue, visibility: Micros) -> Vec<Delivery> {
    queue.receive(10, visibility, WAIT).await.expect("the queue answers")
}

async fn receive_one(queue: &dyn Queue, visibility: Micros) -> Delivery {
    for _ in 0..PATIENCE {
        if let Some(delivery) = receive(queue, visibility).await.pop() {
            return delivery;
        }
    }
    panic!("a message that was sent does not come");
}

async fn delivers_each_message(queue: &dyn Queue) {
    let bodies: BTreeSet<_> = (0..25).map(|n| format!("{{\"n\":{n}}}")).collect();
    queue.send(bodies.iter().cloned().collect()).await.expect("the queue takes messages");
    let mut received = BTreeSet::new();
    for _ in 0..PATIENCE {
        for delivery in receive(queue, Micros::from_secs(60)).await {
            queue.delete(&delivery.receipt).await.expect("a received message can be deleted");
            received.insert(delivery.body);
        }
        if received.len() == bodies.len() {
            break;
        }
    }
    assert_eq!(received, bodies);
    assert_eq!(receive(queue, Micros::from_secs(1)).await, [], "a deleted message came again");
}

async fn hides_what_was_received(queue: &dyn Queue, clock: &dyn Clock) {
    queue.send(vec!["hidden".to_owned()]).await.expect("the queue takes messages");
    let first = receive_one(queue, Micros::from_secs(2)).await;
    assert_eq!(receive(queue, Micros::from_secs(2)).await, [], "a hidden message was seen");
    queue.hide(&first.receipt, Micros::from_secs(4)).await.expect("it can be hidden for longer");
    clock.sleep(Micros::from_millis(2_500)).await;
    assert_eq!(receive(queue, Micros::from_secs(2)).await, [], "a message was seen that was hidden for longer");
    clock.sleep(Micros::from_secs(2)).await;
    let second = receive_one(queue, Micros::from_secs(60)).await;
    assert_eq!(second.body, "hidden", "a message that nobody deleted is gone");
    queue.delete(&second.receipt).await.expect("it can be deleted");
}

async fn shows_again_what_was_given_back(queue: &dyn Queue) {
    queue.send(vec!["given back".to_owned()]).await.expect("the queue takes messages");
    let first = receive_one(queue, Micros::from_secs(600)).await;
    queue.hide(&first.receipt, Micros::ZERO).await.expect("it can be given back");
    let second = receive_one(queue, Micros::from_secs(600)).await;
    assert_eq!(second.body, "given back");
    queue.delete(&second.receipt).await.expect("it can be deleted");
}

async fn waits_for_a_message(queue: &dyn Queue, clock: &dyn Clock) {
    let before = clock.now();
    let none = queue.receive(1, Micros::from_secs(1), Micros::from_secs(1)).await.expect("the queue answers");
    let waited = clock.now().saturating_since(before);
    assert_eq!(none, []);
    assert!(waited >= Micros::from_millis(900), "it waited {waited}, not a second");
}
