//! Notifications of objects that were created: at least once in the end, most of the time.

use swarmgate_domain::Key;
use swarmgate_domain::key::{ALL_TESTS, NEWS};

use crate::agenda::Happening;
use crate::faults::Fault;
use crate::world::World;

/// Tells the events queue of an object, if it is one that a bucket is to tell of.
pub(crate) fn send(world: &mut World, key: &Key) {
    if !key.as_str().starts_with(ALL_TESTS) || !key.as_str().ends_with(NEWS) {
        return;
    }
    if world.strikes(Fault::NoticeStray) {
        world
            .after(swarmgate_domain::Micros::ZERO, Happening::Notice("tests/no-such-test/ready/000000.new".to_owned()));
    }
    if world.strikes(Fault::NoticeLost) {
        return;
    }
    let copies = if world.strikes(Fault::NoticeTwice) { 2 } else { 1 };
    for _ in 0..copies {
        let delay = if world.strikes(Fault::NoticeRedelivered) {
            world.draw_millis(20_000, 120_000)
        } else if world.strikes(Fault::NoticeLate) {
            world.draw_millis(500, 30_000)
        } else {
            world.draw_millis(10, 300)
        };
        world.after(delay, Happening::Notice(key.as_str().to_owned()));
    }
}
