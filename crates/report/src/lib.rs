//! A summary becomes HTML, JUnit, CSV and an HdrHistogram log.
