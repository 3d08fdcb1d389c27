//! Latencies as HdrHistograms that merge exactly.

use std::borrow::Cow;

use hdrhistogram::serialization::{Serializer, V2Serializer};
use serde::{Deserialize, Serialize};

use crate::packed::{DIGITS, Packed};
use crate::time::Micros;

/// The longest time that is told apart: one hour. What takes longer is counted as this, and counted as clamped.
pub const LONGEST: Micros = Micros(3_600_000_000);

/// How often each time occurred, from 1 us to 1 h, to 3 significant digits.
///
/// Merging adds counts, so percentiles of merged histograms are those of all values together, never averages.
/// Sum, least and largest are exact. An empty histogram takes no heap memory.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    counts: Counts,
    sum_us: u64,
    min_us: u64,
    max_us: u64,
    clamped: u64,
}

#[derive(Clone, Debug, Default)]
enum Counts {
    #[default]
    None,
    /// Nothing was counted since it was read: it holds something.
    Packed(Packed),
    /// May be empty: it was cleared.
    Array(Box<hdrhistogram::Histogram<u64>>),
}

impl Histogram {
    /// Counts one value.
    pub fn record(&mut self, value: Micros) {
        let us = if value > LONGEST {
            self.clamped += 1;
            LONGEST.0
        } else {
            value.0
        };
        if self.is_empty() {
            (self.min_us, self.max_us) = (us, us);
        } else {
            self.min_us = self.min_us.min(us);
            self.max_us = self.max_us.max(us);
        }
        self.array().record(us).expect("a value within the bounds fits");
        self.sum_us = self.sum_us.saturating_add(us);
    }

    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        if self.is_empty() {
            (self.min_us, self.max_us) = (other.min_us, other.max_us);
        } else {
            self.min_us = self.min_us.min(other.min_us);
            self.max_us = self.max_us.max(other.max_us);
        }
        match (&self.counts, &other.counts) {
            (_, Counts::None) => {}
            (Counts::None, Counts::Packed(_)) => self.counts = other.counts.clone(),
            (_, Counts::Packed(theirs)) => theirs.add_to(self.array()),
            (_, Counts::Array(theirs)) => self.array().add(&**theirs).expect("both have the same bounds"),
        }
        self.sum_us = self.sum_us.saturating_add(other.sum_us);
        self.clamped += other.clamped;
    }

    /// Forgets all values, and keeps the memory for the next ones.
    pub fn clear(&mut self) {
        match &mut self.counts {
            Counts::Array(counts) => counts.reset(),
            counts => *counts = Counts::None,
        }
        (self.sum_us, self.min_us, self.max_us, self.clamped) = (0, 0, 0, 0);
    }

    /// The counts as an array that can be counted into.
    fn array(&mut self) -> &mut hdrhistogram::Histogram<u64> {
        if !matches!(self.counts, Counts::Array(_)) {
            let mut counts = empty_counts();
            if let Counts::Packed(packed) = &self.counts {
                packed.add_to(&mut counts);
            }
            self.counts = Counts::Array(counts);
        }
        match &mut self.counts {
            Counts::Array(counts) => counts,
            Counts::None | Counts::Packed(_) => unreachable!("it was made one above"),
        }
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        match &self.counts {
            Counts::None => 0,
            Counts::Packed(packed) => packed.count(),
            Counts::Array(counts) => counts.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// How many values were longer than [`LONGEST`].
    pub fn clamped(&self) -> u64 {
        self.clamped
    }

    /// The value that `percentile` (0 to 100) percent of the values do not exceed; `None` when there are none.
    pub fn percentile(&self, percentile: f64) -> Option<Micros> {
        if self.is_empty() {
            return None;
        }
        let value = match &self.counts {
            Counts::None => return None,
            Counts::Packed(_) if percentile <= 0.0 => self.min_us,
            Counts::Packed(packed) => packed.value_of_rank(rank(percentile, packed.count())).0,
            Counts::Array(counts) => counts.value_at_quantile(percentile / 100.0),
        };
        Some(Micros(value.clamp(self.min_us, self.max_us)))
    }

    /// The mean, exact to the microsecond; `None` when there are no values.
    pub fn mean(&self) -> Option<Micros> {
        self.sum_us.checked_div(self.count()).map(Micros)
    }

    /// The least value; `None` when there are none.
    pub fn min(&self) -> Option<Micros> {
        (!self.is_empty()).then_some(Micros(self.min_us))
    }

    /// The largest value; `None` when there are none.
    pub fn max(&self) -> Option<Micros> {
        (!self.is_empty()).then_some(Micros(self.max_us))
    }

    /// The occupied ranges of values with their counts, in order: `(low, high, count)`, both ends included.
    pub fn ranges(&self) -> impl Iterator<Item = (Micros, Micros, u64)> + '_ {
        let (packed, array) = match &self.counts {
            Counts::None => (None, None),
            Counts::Packed(packed) => (Some(packed), None),
            Counts::Array(counts) => (None, Some(counts)),
        };
        let of_array = array.into_iter().flat_map(|counts| {
            counts.iter_recorded().map(|v| {
                let value = v.value_iterated_to();
                (Micros(counts.lowest_equivalent(value)), Micros(value), v.count_since_last_iteration())
            })
        });
        packed.into_iter().flat_map(Packed::ranges).chain(of_array)
    }

    /// The counts as the HdrHistogram library has them, for its log format; `None` when there are none.
    pub fn to_hdr(&self) -> Option<Cow<'_, hdrhistogram::Histogram<u64>>> {
        match &self.counts {
            Counts::None => None,
            Counts::Packed(packed) => {
                let mut counts = *empty_counts();
                packed.add_to(&mut counts);
                Some(Cow::Owned(counts))
            }
            Counts::Array(counts) => (!counts.is_empty()).then_some(Cow::Borrowed(&**counts)),
        }
    }
}

/// Which value, in order and from 1, the percentile of `count` values is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "as HdrHistogram has it; the float is not below 0, and too large ones become the largest"
)]
fn rank(percentile: f64, count: u64) -> u64 {
    ((percentile / 100.0).min(1.0) * count as f64).ceil().max(1.0) as u64
}

fn empty_counts() -> Box<hdrhistogram::Histogram<u64>> {
    // Grows to what it holds: most histograms never see a minute, and the full range takes 188 KB.
    let mut counts = hdrhistogram::Histogram::new_with_bounds(1, 2, DIGITS).expect("the bounds are valid");
    counts.auto(true);
    Box::new(counts)
}

/// Equal when they count the same values.
impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        let exact = |h: &Self| (h.count(), h.sum_us, h.min_us, h.max_us, h.clamped);
        exact(self) == exact(other) && self.ranges().eq(other.ranges())
    }
}

/// As stored: the V2 encoding without deflate (deflate costs 8 to 17 times the CPU), and what it does not hold.
#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(with = "bytes_as_is")]
    v2: Vec<u8>,
    sum_us: u64,
    min_us: u64,
    max_us: u64,
    clamped: u64,
}

mod bytes_as_is {
    use serde::de::{SeqAccess, Visitor};
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<u8>, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(bytes)
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

impl Serialize for Histogram {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut v2 = Vec::new();
        match &self.counts {
            Counts::Packed(packed) => v2.extend_from_slice(packed.as_stored()),
            Counts::Array(counts) if !counts.is_empty() => {
                V2Serializer::new().serialize(counts, &mut v2).map_err(serde::ser::Error::custom)?;
            }
            Counts::None | Counts::Array(_) => {}
        }
        let (sum_us, min_us, max_us, clamped) = (self.sum_us, self.min_us, self.max_us, self.clamped);
        Stored { v2, sum_us, min_us, max_us, clamped }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Histogram {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let Stored { v2, sum_us, min_us, max_us, clamped } = Stored::deserialize(deserializer)?;
        if v2.is_empty() {
            return Ok(Self::default());
        }
        let packed = Packed::read(v2).map_err(D::Error::custom)?;
        if packed.count() == 0 {
            return Ok(Self::default());
        }
        if min_us > max_us || max_us > LONGEST.0 || clamped > packed.count() {
            return Err(D::Error::custom("a histogram whose least and largest value can't be"));
        }
        Ok(Self { counts: Counts::Packed(packed), sum_us, min_us, max_us, clamped })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        values.iter().for_each(|v| histogram.record(Micros(*v)));
        histogram
    }

    fn round_trip(histogram: &Histogram) -> Histogram {
        postcard::from_bytes(&postcard::to_stdvec(histogram).unwrap()).unwrap()
    }

    #[test]
    fn percentiles_are_of_the_values() {
        let histogram = of(&(1..=1_000).collect::<Vec<_>>());
        assert_eq!(histogram.percentile(50.0), Some(Micros(500)));
        assert_eq!(histogram.percentile(99.0), Some(Micros(990)));
        assert_eq!(histogram.percentile(100.0), Some(Micros(1_000)));
        assert_eq!(histogram.mean(), Some(Micros(500)));
        assert_eq!(Histogram::default().percentile(50.0), None);
    }

    #[test]
    fn too_long_is_clamped_and_counted() {
        let histogram = of(&[LONGEST.0 + 1, 5]);
        assert_eq!((histogram.max(), histogram.clamped(), histogram.count()), (Some(LONGEST), 1, 2));
    }

    #[test]
    fn a_least_value_above_the_largest_is_refused() {
        let swapped = Histogram { min_us: 9, max_us: 7, ..of(&[7, 9]) };
        assert!(postcard::from_bytes::<Histogram>(&postcard::to_stdvec(&swapped).unwrap()).is_err());
    }

    #[test]
    fn a_head_that_asks_for_more_memory_is_refused() {
        let good = postcard::to_stdvec(&of(&[7, 9])).unwrap();
        let head = good.windows(4).position(|w| w == [0x1c, 0x84, 0x93, 0x13]).unwrap();
        //                        length, offset, digits, low, high
        for (at, byte) in [(4, 0x7f), (8, 1), (15, 5), (23, 2), (24, 0x7f)] {
            let mut damaged = good.clone();
            damaged[head + at] = byte;
            assert!(postcard::from_bytes::<Histogram>(&damaged).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_cleared_histogram_starts_anew() {
        let mut histogram = of(&[1_000_000, 7]);
        histogram.clear();
        histogram.record(Micros(9));
        assert_eq!(histogram, of(&[9]));
    }

    proptest! {
        #[test]
        fn merging_adds_whatever_the_order(a in prop::collection::vec(0..4_000_000_000_u64, 0..50),
                                           b in prop::collection::vec(0..5_000_000_u64, 0..50)) {
            let (mut ab, mut ba) = (of(&a), of(&b));
            ab.add(&of(&b));
            ba.add(&of(&a));
            prop_assert_eq!(&ab, &ba);
            prop_assert_eq!(ab, of(&[a, b].concat()));
        }

        #[test]
        fn decoding_undoes_encoding(values in prop::collection::vec(0..4_000_000_000_u64, 0..50)) {
            let histogram = of(&values);
            let mut read = round_trip(&histogram);
            prop_assert_eq!(&read, &histogram);
            prop_assert_eq!(&round_trip(&read), &histogram);
            for percentile in [0.0, 0.1, 50.0, 90.0, 99.0, 99.9, 100.0] {
                prop_assert_eq!(read.percentile(percentile), histogram.percentile(percentile), "p{}", percentile);
            }
            let mut sum = of(&[7]);
            sum.add(&read);
            prop_assert_eq!(&sum, &of(&[values.clone(), vec![7]].concat()));
            read.add(&of(&[LONGEST.0]));
            prop_assert_eq!(read, of(&[values, vec![LONGEST.0]].concat()));
        }

        #[test]
        fn a_percentile_is_within_a_thousandth(mut values in prop::collection::vec(1..3_600_000_000_u64, 1..200), p in 0.0..100.0_f64) {
            let got = of(&values).percentile(p).unwrap().0;
            values.sort_unstable();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a test with small counts")]
            let rank = ((p / 100.0 * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let exact = values[rank - 1];
            prop_assert!(got.abs_diff(exact) <= exact / 1_000 + 1, "{got} for {exact}");
        }
    }
}
