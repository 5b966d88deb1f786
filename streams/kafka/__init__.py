"""Kafka as a client sees it: reading logs, administration, security. Runs no stage."""
