"""A broker on this machine, for the demo, tests and trying things: embedded, or Apache Kafka from Maven.

Knows of no stage and no topic.
"""
