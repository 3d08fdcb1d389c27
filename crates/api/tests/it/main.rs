//! The API as a client sees it, over the local pipeline with an engine that sends nothing.
//!
//! Every exchange goes through [`world::World::send`], which holds it against the API's own description.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test, also in its helpers")]

mod described;
mod elsewhere;
mod engine;
mod failing;
mod gate;
mod limits;
mod locustfiles;
mod problems;
mod stored;
mod tests_of_users;
mod world;
