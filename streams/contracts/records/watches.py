"""Watches, which somebody keeps, and the alerts that stories give them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from streams.contracts.records.articles import _aware

#: What a watch may be called.
WATCH_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
#: Watches that are asked; the first by their ids, where there are more.
MOST_WATCHES = 1000
Digest = Literal["none", "hourly", "daily"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A query over stories (docs/reference/query.md) that is asked again whenever a story changes.

    ``created`` is when it was made or changed: it asks of what is decided from then on. ``sinks`` are where its alerts
    go (``webhook:https://…``, ``slack:…``, ``teams:…``, ``discord:…``, ``mail:desk@example.org``), ``digest`` whether
    one by one or together, daily ones at ``digest_hour``; in the ``quiet`` hours (``22:00-07:00``) nothing goes out.
    Both are of ``zone`` (a name of the IANA's).
    """

    id: str
    query: str
    created: datetime
    sinks: tuple[str, ...] = ()
    digest: Digest = "none"
    digest_hour: int = 7
    quiet: str = ""
    zone: str = "UTC"

    def __post_init__(self) -> None:
        _aware(self.created, "created")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A story answered a watch: once for each watch, story and condition.

    ``id`` is made of these three, so that whoever gets one twice knows it. ``condition`` is the query in its canonical
    spelling. ``at`` is the time of the news that made it true, by its article (``article_id`` with ``title``,
    ``outlet`` and ``url``); the rest is the story as it stood then.
    """

    id: str
    watch_id: str
    condition: str
    story_id: str
    at: datetime
    headline: str = ""
    article_id: str | None = None
    title: str | None = None
    outlet: str | None = None
    url: str | None = None
    articles: int = 0
    outlets: int = 0
    origins: int = 0
    languages: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _aware(self.at, "at")
