"""What a look at the contenders for an article found, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streams.contracts.records import Evidence, LinkKind
from streams.stages.cluster.features.join_features import Match
from streams.stages.cluster.features.pair_features import Nearness

#: Probability from which an article joins: the training's own balance of wrong joins against wrong beginnings.
THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """The story to join (None: start one) and the evidence; likewise a story that turned out to be the same.

    ``links``: the stories that one to start follows or is related to, the likeliest first, with why.
    """

    story_id: str | None
    evidence: Evidence | None = None
    same: str | None = None
    same_evidence: Evidence | None = None
    links: tuple[tuple[str, LinkKind, Evidence], ...] = ()


@dataclass(frozen=True, slots=True)
class Scored:
    """Contenders, most similar first, with each one's measures and probability."""

    ranked: Sequence[Match]
    values: Sequence[tuple[float, ...]]
    chances: Sequence[float]
    #: What each one's nearest members say.
    nearness: Sequence[Nearness]
    #: What the grain and the stream have added to the log-odds of each.
    lean: float = 0.0

    @property
    def best(self) -> int:
        return max(range(len(self.chances)), key=lambda place: (self.chances[place], -place))
