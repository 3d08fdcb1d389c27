//! What the environment says beside what it says to functions.

use std::net::SocketAddr;

use swarmgate_domain::Micros;
use swarmgate_environment::{EnvironmentError, Variables, of_this_process, text, time};
use swarmgate_listen::Token;

/// A shorter token could be guessed.
const SHORTEST_TOKEN: usize = 16;

/// What the environment says of a controller.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// `SWARMGATE_LISTEN`: where the API is answered; `0.0.0.0:8089`.
    pub listen: SocketAddr,
    /// `SWARMGATE_HOOKS_LISTEN`: where probes are answered, and the store's webhooks taken; `0.0.0.0:8080`.
    pub hooks: SocketAddr,
    /// `SWARMGATE_API_TOKEN`: what those must know who use the API. Whoever may start tests may load the allowed targets.
    pub token: Token,
    /// `SWARMGATE_SWEEP_EVERY`: how often what got lost is looked for; 10s.
    pub sweep_every: Micros,
    /// `SWARMGATE_LOOK_EVERY`: how often new objects are looked for, of which the store may tell or not; 2s.
    pub look_every: Micros,
}

impl Settings {
    /// What the environment of this process says.
    ///
    /// # Errors
    /// [`EnvironmentError`]: every mistake at once.
    pub fn from_environment() -> Result<Self, EnvironmentError> {
        Self::read(&of_this_process)
    }

    fn read(of: &dyn Fn(&str) -> Option<String>) -> Result<Self, EnvironmentError> {
        let mut variables = Variables::new(of);
        let at = |port: u16| SocketAddr::from(([0, 0, 0, 0], port));
        let settings = Self {
            listen: variables.or("SWARMGATE_LISTEN", at(8089), address),
            hooks: variables.or("SWARMGATE_HOOKS_LISTEN", at(8080), address),
            token: Token::new(&variables.needed("SWARMGATE_API_TOKEN", token).unwrap_or_default()),
            sweep_every: variables.or("SWARMGATE_SWEEP_EVERY", Micros::from_secs(10), time),
            look_every: variables.or("SWARMGATE_LOOK_EVERY", Micros::from_secs(2), time),
        };
        variables.finish(settings)
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is no address, allowed are such as 0.0.0.0:8089"))
}

/// Its value is never repeated.
fn token(given: &str) -> Result<String, String> {
    if given.len() >= SHORTEST_TOKEN {
        return text(given);
    }
    Err(format!("it has {} characters, allowed are {SHORTEST_TOKEN} or more", given.chars().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let of = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Settings::read(&of).map_err(|error| error.to_string())
    }

    #[test]
    fn a_token_is_enough() {
        let settings = read(&[("SWARMGATE_API_TOKEN", "0123456789abcdef")]).unwrap();
        assert_eq!((settings.listen.port(), settings.hooks.port()), (8089, 8080));
        assert_eq!((settings.sweep_every, settings.look_every), (Micros::from_secs(10), Micros::from_secs(2)));
    }

    #[test]
    fn every_mistake_is_named_at_once_but_no_token() {
        let error =
            read(&[("SWARMGATE_API_TOKEN", "sesame"), ("SWARMGATE_LISTEN", "8089"), ("SWARMGATE_SWEEP_EVERY", "0s")]);
        let error = error.unwrap_err();
        for named in
            ["SWARMGATE_API_TOKEN: it has 6 characters", "SWARMGATE_LISTEN: `8089`", "SWARMGATE_SWEEP_EVERY: `0s`"]
        {
            assert!(error.contains(named), "{named} is not in: {error}");
        }
        assert!(!error.contains("sesame"));
        assert!(read(&[]).unwrap_err().contains("SWARMGATE_API_TOKEN: it is not set"));
    }
}
