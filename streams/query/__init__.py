"""Queries over stories: one language for watches and for the dashboard's search (docs/reference/query.md).

``parse`` reads one, ``subject`` says what is asked, ``evaluate`` answers for one story. Pure: no clock, no database, no
Kafka; how the dashboard's database answers the same is ``streams.dashboard.store.search``'s.
"""

from streams.query.evaluate import answers, spikes_in
from streams.query.nodes import QueryError, canonical
from streams.query.parse import parse
from streams.query.subject import Subject

__all__ = ["QueryError", "Subject", "answers", "canonical", "parse", "spikes_in"]
