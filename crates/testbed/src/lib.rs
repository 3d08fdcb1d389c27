//! What tests start: stand-ins for AWS on free ports of this machine, and a host that runs the real Lambda functions.
//!
//! [`AwsStandIns`] is a store and a queue service that others wrote; [`FaultProxy`] stands before the store and makes what it never
//! does by itself; `fakes` are the two calls that no stand-in has. [`LambdaFunction`] runs a bootstrap binary against the Lambda
//! Runtime API, [`EventSource`] feeds it from a queue, [`HttpFront`] from HTTP requests (those of one [`Caller`] only, where that is wanted), and [`EventBridge`] turns the store's
//! notifications into S3's messages. Everything ends when it is dropped.
//!
//! Never here: rules of load tests; anything that is shipped.

mod bridge;
mod fakes;
mod fault_proxy;
mod lambda;
mod process;
mod server;
mod stand_ins;

pub use bridge::{Arrival, EventBridge, KeyFilter};
pub use fakes::{FakeEks, FakePipelines, JobAnswer};
pub use fault_proxy::{Fault, FaultProxy};
pub use lambda::{Access, Caller, EventFormat, EventSource, FunctionError, HttpFront, LambdaFunction};
pub use process::Usage;
pub use stand_ins::{AwsStandIns, free_port};
