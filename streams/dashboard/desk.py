"""What every handler needs, in one place."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from jinja2 import Environment

from streams.dashboard import queries
from streams.dashboard.articles import Articles
from streams.dashboard.health import Health
from streams.dashboard.index import Index
from streams.dashboard.live import Hub
from streams.dashboard.render import environment

#: Seconds for which the lists of outlets and languages to filter by may be out of date.
_FACETS_AGE = 2.0
_OUTLETS, _LANGUAGES = 60, 30


@dataclass(slots=True, kw_only=True)
class Desk:
    """The index, the hub, the health and the articles that the handlers read, and the clock that they go by."""

    index: Index
    hub: Hub
    health: Health
    articles: Articles
    clock: Callable[[], float] = time.time
    templates: Environment = field(default_factory=environment)
    _facets: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    _facets_at: float = -1.0

    def facets(self) -> dict[str, list[tuple[str, int]]]:
        """``outlets`` and ``languages`` with the number of their stories."""
        now = self.clock()
        if not 0 <= now - self._facets_at < _FACETS_AGE:
            self._facets_at = now
            self._facets = {
                "outlets": queries.facets(self.index, "o", limit=_OUTLETS),
                "languages": queries.facets(self.index, "l", limit=_LANGUAGES),
            }
        return self._facets
