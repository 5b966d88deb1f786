"""What an operator does with a running pipeline: dead letters, reconciliation, replay. Kafka is all they read.

Nothing in here runs unattended, and none of it prints.
"""
