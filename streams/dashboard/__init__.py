"""The dashboard: a projection of the decision log, an index over it, and the web server that shows both.

It decides nothing about stories and writes nothing to Kafka.
"""
