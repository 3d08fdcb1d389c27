//! Users of locustfiles against answers that a test gives: no sockets, no clock but the test's.

mod both_ways;
mod support;
mod users;
