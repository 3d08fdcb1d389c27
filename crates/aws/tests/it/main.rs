//! The adapters against what speaks AWS's protocols: a store and a queue service that others wrote, and faults made before them.

mod checks;
mod cluster;
mod conformance;
mod faults;
mod jobs;
mod secrets;
mod store;
