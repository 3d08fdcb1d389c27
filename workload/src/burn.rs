//! `/load-gen/loop`: burns CPU, as much as the query asks for.

use crate::latency::mix;
use crate::query::Parameters;
use crate::response::Response;
use crate::routes::{Act, Plan, at_once};

/// The most numbers that one request may sum: about 0.1 s of CPU, during which its thread serves nobody else.
const MAX_NUMBERS: u64 = 100_000_000;

pub(crate) fn plan(parameters: &Parameters<'_>) -> Result<Plan, Response> {
    let bad = |message: String| Response::error(400, &message);
    let count = parameters.whole("count", 50, 0..=MAX_NUMBERS).map_err(bad)?;
    let range = parameters.whole("range", 1_000, 0..=MAX_NUMBERS).map_err(bad)?;
    match count.checked_mul(range) {
        Some(numbers) if numbers <= MAX_NUMBERS => Ok(at_once(Act::Burn { count, range })),
        _ => Err(bad(format!(
            "count * range: {count} * {range} is too much, allowed are products of up to {MAX_NUMBERS}"
        ))),
    }
}

/// Sums `range` numbers below 1,000 in each of `count` loops. The same parameters give the same result.
pub(crate) fn response(count: u64, range: u64) -> Response {
    let result: u64 = (0..count).map(|turn| sum(turn, range)).sum();
    Response::json(200, &serde_json::json!({ "count": count, "range": range, "result": result }))
}

fn sum(turn: u64, range: u64) -> u64 {
    let seed = mix(turn);
    (0..range).map(|number| mix(seed.wrapping_add(number)) % 1_000).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_of_numbers_below_1000_and_repeats() {
        assert_eq!(sum(3, 10_000), sum(3, 10_000));
        assert_ne!(sum(3, 10_000), sum(4, 10_000));
        let mean = sum(0, 100_000) / 100_000;
        assert!((490..510).contains(&mean), "the mean is {mean}, not near 499.5");
    }

    #[test]
    fn the_work_of_a_request_is_bounded() {
        assert!(plan(&Parameters::new(b"count=100000&range=1000")).is_ok());
        for query in ["count=100001&range=1000", "count=1e3", "range=-1"] {
            assert!(plan(&Parameters::new(query.as_bytes())).is_err(), "{query}");
        }
    }
}
