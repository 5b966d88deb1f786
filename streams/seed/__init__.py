"""Files of every kind → raw records → Kafka: ``read_files`` finds, ``outgoing`` prepares, ``producer.send`` sends.

Nothing is cleaned or judged in here beyond what can be sent.
"""

from streams.seed.files import STDIN, read_files, read_on, total_bytes
from streams.seed.found import Found, Problem
from streams.seed.journal import Item, Journal
from streams.seed.outgoing import SeedRecord, outgoing

__all__ = [
    "STDIN", "Found", "Item", "Journal", "Problem", "SeedRecord", "outgoing", "read_files", "read_on", "total_bytes",
]  # fmt: skip
