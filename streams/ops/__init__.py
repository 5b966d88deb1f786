"""What an operator does with a running pipeline: dead letters, reconciliation, replay. Kafka is all they read."""
