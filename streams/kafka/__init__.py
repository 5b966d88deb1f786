"""Kafka as a client sees it: reading logs, administration, security. Knows no stage."""
