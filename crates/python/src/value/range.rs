//! `range` and `slice`.

use super::Value;

/// `range(start, stop, step)`.
#[derive(Debug)]
pub struct Range {
    /// The first.
    pub start: i64,
    /// Where it ends, which is not part of it.
    pub stop: i64,
    /// From one to the next; never 0.
    pub step: i64,
}

impl Range {
    /// How many there are.
    pub fn len(&self) -> i64 {
        let (start, stop, step) = (i128::from(self.start), i128::from(self.stop), i128::from(self.step));
        let span = if step > 0 { stop - start } else { start - stop };
        let count = if span <= 0 { 0 } else { (span - 1) / step.abs() + 1 };
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    /// The one at `index`, which is within bounds.
    pub fn at(&self, index: i64) -> i64 {
        self.start.wrapping_add(index.wrapping_mul(self.step))
    }
}

/// `start:stop:step`.
#[derive(Debug)]
pub struct Slice {
    /// `None` where left out.
    pub start: Value,
    /// `None` where left out.
    pub stop: Value,
    /// `None` where left out.
    pub step: Value,
}

impl Slice {
    /// The positions that it selects of `len` items; `None` when one of its parts is no integer or the step is 0.
    pub fn positions(&self, len: usize) -> Option<Positions> {
        let part = |value: &Value| match value {
            Value::None => Some(None),
            Value::Int(n) => Some(Some(*n)),
            Value::Bool(b) => Some(Some(i64::from(*b))),
            _ => None,
        };
        let len = i64::try_from(len).unwrap_or(i64::MAX);
        let step = part(&self.step)?.unwrap_or(1);
        if step == 0 {
            return None;
        }
        let clamp = |n: i64, low: i64, high: i64| if n < 0 { (n.saturating_add(len)).max(low) } else { n.min(high) };
        let (first, last) = if step > 0 { (0, len) } else { (len - 1, -1) };
        let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
        let start = part(&self.start)?.map_or(first, |n| clamp(n, low, high));
        let stop = part(&self.stop)?.map_or(last, |n| clamp(n, low, high));
        Some(Positions { start, stop, step })
    }
}

/// Positions within bounds, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Positions {
    /// The first.
    pub start: i64,
    /// Where they end.
    pub stop: i64,
    /// From one to the next.
    pub step: i64,
}

impl Positions {
    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let range = Range { start: self.start, stop: self.stop, step: self.step };
        (0..range.len()).filter_map(move |at| usize::try_from(range.at(at)).ok())
    }

    /// Start and end where they follow one another.
    pub fn contiguous(self) -> Option<(usize, usize)> {
        let start = usize::try_from(self.start).ok()?;
        let stop = usize::try_from(self.stop.max(self.start)).ok()?;
        (self.step == 1).then_some((start, stop))
    }
}
