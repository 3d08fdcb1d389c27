//! The functions as Lambda runs them: the real binaries against the Lambda Runtime API, a store, queues, workers and a server to load.

mod bad_input;
mod chaos;
mod doctor;
mod events;
mod gate;
mod start;
mod story;
mod workers;
mod world;
