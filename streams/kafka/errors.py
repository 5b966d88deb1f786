"""What goes wrong with a broker: the base of every such error. Each message says what, why and what to do."""

from __future__ import annotations


class BrokerError(OSError):
    """A broker cannot be had, or does not do what it was asked."""
