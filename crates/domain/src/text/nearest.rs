//! The name that was probably meant.

/// The one of `names` that `wrong` is probably meant to be, if one is near enough.
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 64; // the distance takes time by the product of the lengths
    if wrong.len() > LONGEST {
        return None;
    }
    let wrong = wrong.to_lowercase().replace('-', "_");
    let by_distance = |name: &'a str| (strsim::damerau_levenshtein(&wrong, &name.to_lowercase()), name);
    let (distance, name) = names.into_iter().filter(|name| name.len() <= LONGEST).map(by_distance).min()?;
    // A third of the letters may differ, so that `user` finds `users` and `x` finds nothing.
    (distance * 3 <= wrong.chars().count().max(name.chars().count())).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant_and_nothing_far() {
        let names = ["users", "spawn_rate", "duration"];
        assert_eq!(nearest("user", names), Some("users"));
        assert_eq!(nearest("spawn-rate", names), Some("spawn_rate"));
        assert_eq!(nearest("spwanrate", names), Some("spawn_rate"));
        assert_eq!(nearest("x", names), None);
        assert_eq!(nearest("think_time", names), None);
    }
}
