"""Watches over stories: which of them a decision makes true. Pure: no Kafka, no clock; the articles' times are time.

It folds the log of decisions as everyone who reads it does (``streams.stages.cluster``).
"""

from streams.stages.alert.alerter import Alerter, Caused
from streams.stages.alert.watching import Asked, compiled, would_fire

__all__ = ["Alerter", "Asked", "Caused", "compiled", "would_fire"]
