//! A timer wheel of 0.25 ms: what a user costs while it thinks.
//!
//! Ids are small numbers (indices into the caller's own list), each in the wheel at most once. Two rings of lists: the near one has a
//! list for each tick of the present block of 4096 and of the next, the far one a list for each later block. The ids of the next block
//! move to the near ring while the present one goes by, some with each tick: a million of them at once would keep all others waiting.
//! Inserting and removing take a few writes, whatever is in the wheel; nothing fires early, and nothing later than a tick after it is
//! due if [`Wheel::advance`] is called then.

use swarmgate_domain::Micros;

const SLOTS: u64 = 4096;
/// A finer one would wake the thread more often than it is worth: users are late by half of it on average.
const TICK_US: u64 = 250;
/// The near ring's lists: two blocks.
const NEAR: u64 = 2 * SLOTS;
/// How many ids of the next block move to the near ring with each tick: half a million with all ticks of a block.
const MOVED_A_TICK: u64 = 128;
const NONE: u32 = u32::MAX;

/// See the module's words.
#[derive(Debug)]
pub struct Wheel {
    entries: Vec<Entry>,
    /// First and last of each list: `NEAR` near ones, then `SLOTS` far ones.
    lists: Box<[(u32, u32)]>,
    /// Which near lists hold something.
    occupied: [u64; (NEAR / 64) as usize],
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
        let lists = vec![(NONE, NONE); index(NEAR + SLOTS)].into_boxed_slice();
        Self { entries: Vec::new(), lists, occupied: [0; (NEAR / 64) as usize], tick: 0, near: 0, far: 0 }
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
        if u64::from(entry.list) < NEAR {
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

    /// Takes out what is due at `now` and puts it on `fired`, in order of the tick it was due in, until that holds `most`: what is left
    /// then is due as before.
    pub fn advance(&mut self, now: Micros, most: usize, fired: &mut Vec<u32>) {
        let target = now.0 / TICK_US;
        let ticks = (target + 1).saturating_sub(self.tick);
        while self.tick <= target {
            let block_end = (self.tick / SLOTS + 1) * SLOTS;
            match self.occupied_from(self.tick).filter(|tick| *tick <= target) {
                Some(tick) => {
                    self.tick = tick;
                    if !self.take_list(tick % NEAR, most, fired) {
                        return;
                    }
                    self.tick = tick + 1;
                }
                None if self.near + self.far == 0 => self.tick = target + 1,
                None => self.tick = block_end.min(target + 1),
            }
            if self.tick.is_multiple_of(SLOTS) {
                self.move_near(self.tick / SLOTS, u64::MAX);
            }
        }
        self.move_near(self.tick / SLOTS + 1, ticks.saturating_mul(MOVED_A_TICK));
    }

    /// When to call [`Wheel::advance`] next; `None` when the wheel is empty.
    pub fn next_at(&self) -> Option<Micros> {
        let next_block = self.tick / SLOTS + 1;
        let waits = |block: &u64| self.lists[far_list(*block)].0 != NONE;
        let tick = self.occupied_from(self.tick).or_else(|| {
            let blocks = if self.far == 0 { 0 } else { SLOTS };
            let far = (next_block..next_block + blocks).find(waits).map(|block| block * SLOTS);
            match self.occupied_from(next_block * SLOTS) {
                Some(near) => Some(far.map_or(near, |far| far.min(near))),
                None => far,
            }
        });
        tick.map(|tick| Micros(tick * TICK_US))
    }

    fn link(&mut self, id: u32, at: Micros) {
        let tick = at.0.div_ceil(TICK_US).max(self.tick);
        let (block, present) = (tick / SLOTS, self.tick / SLOTS);
        let list = if block <= present + 1 {
            self.near += 1;
            self.occupied[index(tick % NEAR / 64)] |= 1 << (tick % 64);
            index(tick % NEAR)
        } else {
            self.far += 1;
            // What lies beyond the far ring waits in its last list, and is linked anew from there.
            far_list(block.min(present + SLOTS - 1))
        };
        let (first, last) = self.lists[list];
        let entry = &mut self.entries[index(u64::from(id))];
        (entry.list, entry.previous, entry.next) = (narrow(list), last, NONE);
        match last {
            NONE => self.lists[list] = (id, id),
            last => {
                self.entries[index(u64::from(last))].next = id;
                self.lists[list] = (first, id);
            }
        }
    }

    /// The first tick from `tick` on, in the same block, that has something in it. Of the present block or the next.
    fn occupied_from(&self, tick: u64) -> Option<u64> {
        let block = tick / SLOTS * SLOTS;
        let (first, end) = (index(tick % NEAR / 64), index((block % NEAR + SLOTS) / 64));
        let mut word = self.occupied[first] & (u64::MAX << (tick % 64));
        for position in first..end {
            if position > first {
                word = self.occupied[position];
            }
            if word != 0 {
                let list = position as u64 * 64 + u64::from(word.trailing_zeros());
                return Some(block + list % SLOTS);
            }
        }
        None
    }

    /// Takes out what is in a near list, until `fired` holds `most`; whether that is all.
    fn take_list(&mut self, list: u64, most: usize, fired: &mut Vec<u32>) -> bool {
        let (mut id, last) = self.lists[index(list)];
        while id != NONE && fired.len() < most {
            fired.push(id);
            id = std::mem::replace(&mut self.entries[index(u64::from(id))], ABSENT).next;
            self.near -= 1;
        }
        match id {
            NONE => self.lists[index(list)] = (NONE, NONE),
            first => {
                self.entries[index(u64::from(first))].previous = NONE;
                self.lists[index(list)] = (first, last);
            }
        }
        self.note_emptiness(list);
        id == NONE
    }

    /// Moves ids of a block from its far list to the near ones, `most` of them.
    fn move_near(&mut self, block: u64, most: u64) {
        let list = far_list(block);
        let (mut id, last) = std::mem::replace(&mut self.lists[list], (NONE, NONE));
        for _ in 0..most {
            if id == NONE {
                break;
            }
            let Entry { at, next, .. } = self.entries[index(u64::from(id))];
            self.far -= 1;
            self.link(id, at);
            id = next;
        }
        if id != NONE {
            self.entries[index(u64::from(id))].previous = NONE;
            self.lists[list] = (id, last);
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

/// The far list of a block.
fn far_list(block: u64) -> usize {
    index(NEAR + block % SLOTS)
}

fn narrow(list: usize) -> u32 {
    u32::try_from(list).expect("there are 12288 lists")
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
                        while wheel.next_at().is_some_and(|at| at <= now) {
                            let before = fired.len();
                            wheel.advance(now, before + 3, &mut fired);
                            prop_assert!(fired.len() <= before + 3);
                        }
                        wheel.advance(now, usize::MAX, &mut fired);
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

    /// As at the end of a test of a million users: some go by with each call, and none of those who are due before waits for them.
    #[test]
    fn a_crowd_of_one_time_keeps_nobody_waiting() {
        const CROWD: u32 = 300_000;
        let mut wheel = Wheel::default();
        let end = 3 * SLOTS * TICK_US;
        (0..CROWD).for_each(|id| wheel.insert(id, Micros(end)));
        wheel.insert(CROWD, Micros(end - TICK_US));
        let (mut fired, mut moved) = (Vec::new(), 0);
        for tick in 0..3 * SLOTS {
            let before = wheel.far;
            wheel.advance(Micros(tick * TICK_US), usize::MAX, &mut fired);
            moved = moved.max(before - wheel.far);
        }
        assert_eq!((fired, moved), (vec![CROWD], index(MOVED_A_TICK)));
        let mut calls = 0;
        let mut fired = Vec::new();
        while wheel.next_at().is_some() {
            fired.clear();
            wheel.advance(Micros(end), 1_000, &mut fired);
            assert_eq!(fired.len(), 1_000);
            calls += 1;
        }
        assert_eq!(calls, CROWD / 1_000);
    }

    #[test]
    fn calling_at_the_next_time_is_enough() {
        let mut wheel = Wheel::default();
        // Nearly twice as far as the far ring reaches.
        wheel.insert(3, Micros(SLOTS * SLOTS * TICK_US / 100 * 180));
        let (mut fired, mut calls) = (Vec::new(), 0);
        while let Some(next) = wheel.next_at() {
            wheel.advance(next, usize::MAX, &mut fired);
            calls += 1;
        }
        assert_eq!((fired, calls < 5), (vec![3], true));
    }
}
