"""What is known of a host's earlier pages when one of its articles is cleaned."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """``pages`` earlier pages of the same host; ``lines`` maps a line's key to how many of them had it.

    Holds only the lines of the page at hand, so that it stays small on its way to a pool process.

    >>> from streams.stages.clean.parse.lines import line_key
    >>> Context(pages=3, lines={line_key("Subscribe to our paper"): 3}).pages
    3
    """

    pages: int = 0
    lines: dict[int, int] = field(default_factory=dict)


NOTHING_KNOWN = Context()
