//! Whole-system tests: the real `swarmgate` command against a real server, looked at from outside.
//!
//! Start at [`truth`]: what the report says is what the server saw. All traffic goes to 127.0.0.1, bounded in count and time.

mod bad_input;
mod browser;
mod coordinated_omission;
mod doctor;
mod documents;
mod killed;
mod locustfile;
mod real_locust;
mod remote;
mod schedule;
mod secrets;
mod serve;
mod spoken;
mod stopped;
mod support;
mod truth;
