//! The use cases over simulated ports, in virtual time, under seeded faults.
