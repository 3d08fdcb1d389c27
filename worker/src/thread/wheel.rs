//! A timer wheel of 0.25 ms: what a user costs while it thinks.
//!
//! Ids are small numbers (indices into the caller's own list), each in the wheel at most once. Two rings of 4096 lists:
//! the near one has a list for each tick of the present block of 4096, the far one a list for each later block,
//! whose ids move to the near ring when its block begins. Inserting and removing take a few writes, whatever is in the wheel;
//! nothing fires early, and nothing later than a tick after it is due if [`Wheel::advance`] is called then.

use swarmgate_domain::Micros;

const SLOTS: u64 = 4096;
/// A finer one would wake the thread more often than it is worth: users are late by half of it on average.
const TICK_US: u64 = 250;
const NONE: u32 = u32::MAX;

/// See the module's words.
#[derive(Debug)]
pub struct Wheel {
    entries: Vec<Entry>,
    /// First and last of each list: `SLOTS` near ones, then `SLOTS` far ones.
    lists: Box<[(u32, u32)]>,
    /// Which near lists hold something.
    occupied: [u64; (SLOTS / 64) as usize],
    /// The next tick that is to be looked at.
    tick: u64,
    near: usize,
    far: usize,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: Micros,
    previous: u32,
    next: u32,
    /// The list it is in, or `NONE`.
    list: u32,
}

const ABSENT: Entry = Entry { at: Micros::ZERO, previous: NONE, next: NONE, list: NONE };

impl Default for Wheel {
    fn default() -> Self {
        let lists = vec![(NONE, NONE); index(2 * SLOTS)].into_boxed_slice();
        Self { entries: Vec::new(), lists, occupied: [0; (SLOTS / 64) as usize], tick: 0, near: 0, far: 0 }
    }
}

impl Wheel {
    /// Sets when `id` fires, in place of when it would have.
    pub fn insert(&mut self, id: u32, at: Micros) {
        self.remove(id);
        let position = index(u64::from(id));
        if position >= self.entries.len() {
            self.entries.resize(position + 1, ABSENT);
        }
        self.entries[position].at = at;
        self.link(id, at);
    }

    /// Takes `id` out, if it is in.
    pub fn remove(&mut self, id: u32) {
        let Some(entry) = self.entries.get(index(u64::from(id))).copied() else { return };
        if entry.list == NONE {
            return;
        }
        match entry.previous {
            NONE => self.lists[index(u64::from(entry.list))].0 = entry.next,
            previous => self.entries[index(u64::from(previous))].next = entry.next,
        }
        match entry.next {
            NONE => self.lists[index(u64::from(entry.list))].1 = entry.previous,
            next => self.entries[index(u64::from(next))].previous = entry.previous,
        }
        if u64::from(entry.list) < SLOTS {
            self.near -= 1;
            self.note_emptiness(u64::from(entry.list));
        } else {
            self.far -= 1;
        }
        self.entries[index(u64::from(id))] = ABSENT;
    }

    /// When `id` fires; `None` when it is not in the wheel.
    pub fn at(&self, id: u32) -> Option<Micros> {
        self.entries.get(index(u64::from(id))).filter(|e| e.list != NONE).map(|e| e.at)
    }

    /// Takes out what is due at `now` and puts it on `fired`, in order of the tick it was due in.
    pub fn advance(&mut self, now: Micros, fired: &mut Vec<u32>) {
        let target = now.0 / TICK_US;
        while self.tick <= target {
            let block_end = (self.tick / SLOTS + 1) * SLOTS;
            match self.next_occupied().filter(|tick| *tick <= target) {
                Some(tick) => {
                    self.take_list(tick % SLOTS, fired);
                    self.tick = tick + 1;
                }
                None if self.near + self.far == 0 => self.tick = target + 1,
                None => self.tick = block_end.min(target + 1),
            }
            if self.tick.is_multiple_of(SLOTS) {
                self.begin_block();
            }
        }
    }

    /// When to call [`Wheel::advance`] next; `None` when the wheel is empty.
    pub fn next_at(&self) -> Option<Micros> {
        if let Some(tick) = self.next_occupied() {
            return Some(Micros(tick * TICK_US));
        }
        if self.far == 0 {
            return None;
        }
        let block = self.tick / SLOTS;
        (block + 1..=block + SLOTS)
            .find(|b| self.lists[index(SLOTS + b % SLOTS)].0 != NONE)
            .map(|b| Micros(b * SLOTS * TICK_US))
    }

    fn link(&mut self, id: u32, at: Micros) {
        let tick = at.0.div_ceil(TICK_US).max(self.tick);
        let (block, present) = (tick / SLOTS, self.tick / SLOTS);
        let list = if block == present {
            self.near += 1;
            self.occupied[index(tick % SLOTS / 64)] |= 1 << (tick % 64);
            tick % SLOTS
        } else {
            self.far += 1;
            // What lies beyond the far ring waits in its last list, and is linked anew from there.
            SLOTS + block.min(present + SLOTS - 1) % SLOTS
        };
        let (first, last) = self.lists[index(list)];
        let entry = &mut self.entries[index(u64::from(id))];
        (entry.list, entry.previous, entry.next) = (narrow(list), last, NONE);
        match last {
            NONE => self.lists[index(list)] = (id, id),
            last => {
                self.entries[index(u64::from(last))].next = id;
                self.lists[index(list)] = (first, id);
            }
        }
    }

    /// The next tick of the present block that has something in it.
    fn next_occupied(&self) -> Option<u64> {
        let (block, from) = (self.tick / SLOTS * SLOTS, self.tick % SLOTS);
        let first = index(from / 64);
        let mut word = self.occupied[first] & (u64::MAX << (from % 64));
        for position in first..self.occupied.len() {
            if position > first {
                word = self.occupied[position];
            }
            if word != 0 {
                return Some(block + position as u64 * 64 + u64::from(word.trailing_zeros()));
            }
        }
        None
    }

    fn take_list(&mut self, list: u64, fired: &mut Vec<u32>) {
        let (mut id, _) = std::mem::replace(&mut self.lists[index(list)], (NONE, NONE));
        while id != NONE {
            fired.push(id);
            id = std::mem::replace(&mut self.entries[index(u64::from(id))], ABSENT).next;
            self.near -= 1;
        }
        self.note_emptiness(list);
    }

    fn begin_block(&mut self) {
        let list = index(SLOTS + self.tick / SLOTS % SLOTS);
        let (mut id, _) = std::mem::replace(&mut self.lists[list], (NONE, NONE));
        while id != NONE {
            let Entry { at, next, .. } = self.entries[index(u64::from(id))];
            self.far -= 1;
            self.link(id, at);
            id = next;
        }
    }

    fn note_emptiness(&mut self, list: u64) {
        if self.lists[index(list)].0 == NONE {
            self.occupied[index(list / 64)] &= !(1 << (list % 64));
        }
    }
}

fn index(n: u64) -> usize {
    usize::try_from(n).expect("ids and lists are far fewer than the address space holds")
}

fn narrow(list: u64) -> u32 {
    u32::try_from(list).expect("there are 8192 lists")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Act {
        Insert(u32, u64),
        Remove(u32),
        Advance(u64),
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let far = prop_oneof![0..5_000_u64, 0..10_000_000_u64, 0..40_000_000_000_u64];
        let act = prop_oneof![
            4 => (0..20_u32, far.clone()).prop_map(|(id, ahead)| Act::Insert(id, ahead)),
            1 => (0..20_u32).prop_map(Act::Remove),
            3 => far.prop_map(Act::Advance),
        ];
        prop::collection::vec(act, 0..60)
    }

    proptest! {
        /// Against a sorted map: the same ids fire, never early, at most a tick after the call that could have fired them.
        #[test]
        fn fires_what_is_due(acts in acts()) {
            let (mut wheel, mut model, mut now) = (Wheel::default(), BTreeMap::new(), Micros::ZERO);
            for act in acts {
                match act {
                    Act::Insert(id, ahead) => {
                        wheel.insert(id, now + Micros(ahead));
                        model.insert(id, now + Micros(ahead));
                    }
                    Act::Remove(id) => {
                        wheel.remove(id);
                        model.remove(&id);
                    }
                    Act::Advance(by) => {
                        now = now + Micros(by);
                        let mut fired = Vec::new();
                        wheel.advance(now, &mut fired);
                        for id in fired {
                            let at = model.remove(&id);
                            prop_assert!(at.is_some_and(|at| at <= now), "{id} due {at:?} fired at {now}");
                        }
                        for (id, at) in &model {
                            prop_assert!(*at + Micros(2 * TICK_US) > now, "{id} due {at} did not fire by {now}");
                            prop_assert_eq!(wheel.at(*id), Some(*at));
                        }
                    }
                }
                prop_assert_eq!(wheel.next_at().is_some(), !model.is_empty());
                if let (Some(next), Some(first)) = (wheel.next_at(), model.values().min()) {
                    prop_assert!(next <= *first + Micros(2 * TICK_US) || next.0 <= now.0 + 2 * TICK_US);
                }
            }
        }
    }

    #[test]
    fn calling_at_the_next_time_is_enough() {
        let mut wheel = Wheel::default();
        // Nearly twice as far as the far ring reaches.
        wheel.insert(3, Micros(SLOTS * SLOTS * TICK_US / 100 * 180));
        let (mut fired, mut calls) = (Vec::new(), 0);
        while let Some(next) = wheel.next_at() {
            wheel.advance(next, &mut fired);
            calls += 1;
        }
        assert_eq!((fired, calls < 5), (vec![3], true));
    }
}
