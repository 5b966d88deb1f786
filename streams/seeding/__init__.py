"""Files of every kind → raw records → Kafka: ``read_files`` finds, ``outgoing`` prepares, ``producer.send`` sends."""

from streams.seeding.files import STDIN, Found, Problem, read_files, total_bytes
from streams.seeding.outgoing import Outgoing, outgoing

__all__ = ["STDIN", "Found", "Outgoing", "Problem", "outgoing", "read_files", "total_bytes"]
