//! `swarmgate test …`: tests of a deployed API, or of `swarmgate serve` on any machine.

mod args;
mod client;
mod commands;
mod credentials;
mod sign;
mod start;
mod view;
mod watch;

pub use args::RemoteArgs;
pub use client::{Client, agent};
pub use credentials::Credentials;
pub use sign::{Region, Service, sign};

use self::args::RemoteCommand;
use crate::exit::{Exit, Failure};

/// Does what was asked of the API.
///
/// # Errors
/// [`Failure`]: bad input, or the API can't be reached or refuses.
pub fn remote(args: &RemoteArgs) -> Result<Exit, Failure> {
    let client = Client::new(&args.api)?;
    match &args.command {
        RemoteCommand::Start(args) => start::start(&client, args),
        RemoteCommand::List { limit } => commands::list(&client, *limit),
        RemoteCommand::Show { id } => commands::show(&client, id),
        RemoteCommand::Watch { id, output } => watch::watch(&client, id, output),
        RemoteCommand::Stop { id } => commands::stop(&client, id),
        RemoteCommand::Users { id, users, spawn_rate } => commands::users(&client, id, *users, spawn_rate.as_deref()),
        RemoteCommand::Report { id, out } => commands::report(&client, id, out.as_deref()),
    }
}
