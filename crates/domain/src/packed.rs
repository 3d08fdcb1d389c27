//! Counts as they are stored: HdrHistogram's V2 encoding, read in place.
//!
//! A chunk's histogram holds some dozen values, and as an array of counts it would take 90 KB. So what is read stays as it was stored until
//! something is counted into it, and adding it costs what it holds, not what it could hold.

use crate::histogram::LONGEST;
use crate::time::Micros;

/// The first four bytes: V2, with variable-length counts, not compressed.
const COOKIE: u32 = 0x1c84_9303 | 0x10;
/// Cookie, length, normalizing offset, digits, lowest and highest value, ratio of integers to doubles.
const HEAD: usize = 40;
/// The significant decimal digits that all histograms here have.
pub(crate) const DIGITS: u8 = 3;
/// With 3 digits a power of two is cut into 1,024 parts; the first array of them has twice as many.
const HALF_BITS: u32 = 10;
const HALF: u64 = 1 << HALF_BITS;

/// Counts of a histogram of 1 us to 1 h with 3 digits, as they are stored. They were checked when they were read.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    v2: Box<[u8]>,
    count: u64,
}

impl Packed {
    /// Checks and takes what was stored.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(v2: Vec<u8>) -> Result<Self, &'static str> {
        let (head, body) = v2.split_at_checked(HEAD).ok_or("a histogram is cut off")?;
        let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let wide = |at: usize| (u64::from(word(at)) << 32) | u64::from(word(at + 4));
        if word(0) != COOKIE || usize::try_from(word(4)).ok() != Some(body.len()) {
            return Err("a histogram of another encoding than HdrHistogram's V2");
        }
        let bounds_fit = wide(16) == 1 && wide(24) <= LONGEST.0 * 2;
        if word(8) != 0 || word(12) != u32::from(DIGITS) || !bounds_fit || wide(32) != 1.0_f64.to_bits() {
            return Err("a histogram of other bounds than 1 us to 1 h with 3 digits");
        }
        let (mut counts, mut count) = (Counts { index: 0, body }, 0_u64);
        while let Some((index, n)) = counts.step()? {
            if value_at(index) > LONGEST.0 {
                return Err("a histogram that holds more than an hour");
            }
            count = count.checked_add(n).ok_or("a histogram that counts too much")?;
        }
        Ok(Self { v2: v2.into(), count })
    }

    /// As it was stored.
    pub fn as_stored(&self) -> &[u8] {
        &self.v2
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The occupied ranges of values with their counts, in order: `(low, high, count)`, both ends included.
    pub fn ranges(&self) -> impl Iterator<Item = (Micros, Micros, u64)> + '_ {
        let mut counts = Counts { index: 0, body: &self.v2[HEAD..] };
        std::iter::from_fn(move || counts.step().expect("it was checked when it was read"))
            .map(|(index, count)| (Micros(value_at(index)), Micros(value_at(index + 1) - 1), count))
    }

    /// The highest value of the range in which the `rank`-th value (from 1) lies.
    pub fn value_of_rank(&self, rank: u64) -> Micros {
        let mut seen = 0_u64;
        let mut found = self.ranges().skip_while(|(_, _, count)| {
            seen += count;
            seen < rank
        });
        found.next().map_or(LONGEST, |(_, high, _)| high)
    }

    /// Counts everything into `counts`.
    pub fn add_to(&self, counts: &mut hdrhistogram::Histogram<u64>) {
        for (low, _, count) in self.ranges() {
            counts.record_n(low.0, count).expect("a value within the bounds fits");
        }
    }
}

/// Goes over encoded counts.
struct Counts<'a> {
    /// Which count comes next.
    index: u64,
    body: &'a [u8],
}

impl Counts<'_> {
    /// The next count that is not 0, with its index.
    fn step(&mut self) -> Result<Option<(u64, u64)>, &'static str> {
        while !self.body.is_empty() {
            let number = self.number().ok_or("a histogram is cut off")?;
            // Zigzag: 0, -1, 1, -2, and so on; below 0 it says how many counts are 0.
            let half = number >> 1;
            if number & 1 == 1 {
                self.index = self.index.saturating_add(half).saturating_add(1);
                continue;
            }
            let index = self.index;
            self.index = self.index.saturating_add(1);
            if half > 0 {
                return Ok(Some((index, half)));
            }
        }
        Ok(None)
    }

    /// A number of 1 to 9 bytes, seven bits in each but the ninth, the lowest first.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for at in 0..9 {
            let byte = u64::from(*self.body.get(at)?);
            let is_last = byte < 0x80 || at == 8;
            number |= if at == 8 { byte } else { byte & 0x7f } << (7 * at);
            if is_last {
                self.body = &self.body[at + 1..];
                break;
            }
        }
        Some(number)
    }
}

/// The lowest value that is counted at `index`.
fn value_at(index: u64) -> u64 {
    match index >> HALF_BITS {
        0 => index,
        // Far beyond an hour.
        part if part > 32 => u64::MAX,
        part => ((index & (HALF - 1)) + HALF) << (part - 1),
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::{Serializer, V2Serializer};
    use proptest::prelude::*;

    use super::*;

    fn packed(values: &[u64]) -> (hdrhistogram::Histogram<u64>, Packed) {
        let mut counts = hdrhistogram::Histogram::new_with_bounds(1, 2, DIGITS).unwrap();
        counts.auto(true);
        values.iter().for_each(|value| counts.record(*value).unwrap());
        let mut v2 = Vec::new();
        V2Serializer::new().serialize(&counts, &mut v2).unwrap();
        (counts, Packed::read(v2).unwrap())
    }

    proptest! {
        /// What the library wrote is read as the library reads it.
        #[test]
        fn the_same_counts_as_the_library(values in prop::collection::vec(prop_oneof![0..5_000_u64, 0..=LONGEST.0], 1..60)) {
            let (counts, packed) = packed(&values);
            let theirs: Vec<_> = counts.iter_recorded().map(|v| {
                let value = v.value_iterated_to();
                (Micros(counts.lowest_equivalent(value)), Micros(value), v.count_since_last_iteration())
            }).collect();
            prop_assert_eq!(packed.ranges().collect::<Vec<_>>(), theirs);
            prop_assert_eq!(packed.count(), counts.len());
            let mut added = hdrhistogram::Histogram::new_with_bounds(1, 2, DIGITS).unwrap();
            added.auto(true);
            packed.add_to(&mut added);
            prop_assert_eq!(added, counts);
        }
    }

    #[test]
    fn what_can_not_be_counted_with_is_refused() {
        let good = packed(&[5, 7, 7, 300_000]).1.v2.to_vec();
        let changed = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            Packed::read(bytes).err()
        };
        assert_eq!(changed(3, 0), Some("a histogram of another encoding than HdrHistogram's V2"));
        assert_eq!(changed(15, 2), Some("a histogram of other bounds than 1 us to 1 h with 3 digits"));
        assert_eq!(changed(23, 8), Some("a histogram of other bounds than 1 us to 1 h with 3 digits"));
        assert_eq!(Packed::read(good[..HEAD - 1].to_vec()).err(), Some("a histogram is cut off"));
        let with_body = |body: &[u8]| {
            let mut bytes = good[..HEAD].to_vec();
            bytes[4..8].copy_from_slice(&u32::try_from(body.len()).unwrap().to_be_bytes());
            bytes.extend_from_slice(body);
            Packed::read(bytes).map(|packed| packed.count())
        };
        assert_eq!(with_body(&[2, 1, 4]), Ok(3));
        assert_eq!(with_body(&[2, 0x80]), Err("a histogram is cut off"));
        // A million zeros, then a count.
        assert_eq!(with_body(&[0xff, 0x89, 0x7a, 2]), Err("a histogram that holds more than an hour"));
        let most = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(with_body(&[most, most, most].concat()), Err("a histogram that counts too much"));
    }
}
