"""The three stages, pure: no Kafka, no clock, no environment. One folder each; none imports another."""
