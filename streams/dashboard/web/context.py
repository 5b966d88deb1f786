"""What every handler needs, in one place."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from jinja2 import Environment
from markupsafe import Markup

from streams.contracts.records import Correction, Decision, Rejection, Watch
from streams.dashboard.follow.broadcast import Broadcaster
from streams.dashboard.follow.health import Health
from streams.dashboard.store import entities
from streams.dashboard.store.filters import can_be_asked
from streams.dashboard.store.index import Index
from streams.dashboard.store.queries import Row
from streams.dashboard.web.articles import Articles
from streams.dashboard.web.editors import Editors
from streams.dashboard.web.http import Requests
from streams.dashboard.web.render import ago, environment
from streams.dashboard.web.watching import Asks, nothing_watched

#: Seconds for which the lists of outlets and languages to filter by may be out of date.
_FACETS_AGE = 2.0
_OUTLETS, _LANGUAGES = 60, 30
#: Rendered rows kept, some 2 kB each.
_ROWS = 1_000


async def unkept(watch: Watch | str) -> None:
    """For a dashboard without Kafka."""
    del watch


async def undecided(correction: Correction) -> None:
    """For a dashboard without Kafka."""
    del correction


@dataclass(slots=True, kw_only=True)
class AppContext:
    """The index, the broadcaster, the health and the articles that the handlers read, who may mend, and the clock that
    they go by."""

    index: Index
    broadcaster: Broadcaster
    health: Health
    articles: Articles
    watching: Asks = nothing_watched
    #: Who may mend (None: nobody, here), and what sends a correction and tells what became of it (None: nothing yet).
    editors: Editors | None = None
    decide: Callable[[Correction], Awaitable[Decision | Rejection | None]] = undecided
    #: Keeps a watch, and keeps the one of a name no more.
    keep: Callable[[Watch], Awaitable[None]] = unkept
    remove: Callable[[str], Awaitable[None]] = unkept
    clock: Callable[[], float] = time.time
    #: Event streams that one address may hold open.
    streams_per_client: int = 32
    requests: Requests = field(default_factory=Requests)
    templates: Environment = field(default_factory=environment)
    _rows: dict[tuple[Row, str], Markup] = field(default_factory=dict)
    _facets: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    _facets_at: float = -1.0

    def __post_init__(self) -> None:
        macro = self.templates.get_template("_rows.html").module.one_row  # type: ignore[attr-defined]  # macros become attributes

        def row_html(row: Row, now: float) -> Markup:
            """A row's HTML, made once for as long as it stays the same: lists are asked for more than they change."""
            key = (row, ago(row.newest, now))
            made = self._rows.pop(key, None) or Markup(macro(row, now))
            self._rows[key] = made
            if len(self._rows) > _ROWS:
                self._rows.pop(next(iter(self._rows)))
            return made

        self.templates.globals["row_html"] = row_html

    def facets(self) -> dict[str, list[tuple[str, int]]]:
        """``outlets`` and ``languages`` that can be filtered by, with the number of their stories."""
        now = self.clock()
        if not 0 <= now - self._facets_at < _FACETS_AGE:
            self._facets_at = now
            kinds = (("outlets", "o", _OUTLETS), ("languages", "l", _LANGUAGES))
            self._facets = {
                name: [each for each in entities.facets(self.index, kind, limit=most) if can_be_asked(each[0])]
                for name, kind, most in kinds
            }
        return self._facets
