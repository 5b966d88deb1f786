"""What a clusterer tells of itself: what a decision changed, and how much it holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from streams.contracts.records import Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What applying a decision touched: snapshots to publish, and rows to persist in this order (None: delete)."""

    stories: tuple[Story, ...] = ()
    rows: dict[str, bytes | None] = field(default_factory=dict)
    #: Stories that are forgotten: their snapshots go.
    forgotten: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many articles and stories a clusterer remembers, retracted, closed and merged ones among them, and how many
    stories of these take articles."""

    articles: int
    stories: int
    open_stories: int
