"""How much an article is about an entity: in the title, early, often, and all through it."""

from __future__ import annotations

from collections.abc import Sequence

from streams.contracts.records import Mention

#: Shares of title, lead, frequency and coverage. Dunietz & Gillick (2014, "A New Entity Salience Task") find the
#: first position and the count of mentions the strongest features; the title stands for the headline feature there.
_TITLE, _LEAD, _OFTEN, _SPREAD = 0.3, 0.25, 0.25, 0.2
#: Mentions at which half of the share for frequency is reached.
_HALF = 2.0
#: Parts that the text is cut in to see how far mentions spread.
_PARTS = 5


def salience(mentions: Sequence[Mention], length: int) -> float:
    """0 to 1, rounded to three places. ``length`` is the text's, in code points."""
    inside = [mention.start for mention in mentions if mention.field == "text"]
    title = len(inside) < len(mentions)
    lead = 1.0 - min(inside) / length if inside and length else 0.0
    often = len(mentions) / (len(mentions) + _HALF)
    spread = len({start * _PARTS // length for start in inside}) / _PARTS if length else 0.0
    return round(_TITLE * title + _LEAD * lead**2 + _OFTEN * often + _SPREAD * spread, 3)
