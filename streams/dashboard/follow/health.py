"""How the three stages do, told from Kafka alone: what they wrote and when, what they committed, what failed. Pure.

Rate and latency come from the records' own timestamps: a stage's output carries the time of the input that caused it
(``ce_time``), so that the difference is how long the input waited and was worked on.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from streams.contracts import headers
from streams.contracts.records import Stage
from streams.contracts.topology import FAILURES, TOPOLOGY

#: What the probe reads to see what stages wrote.
OUTPUTS = (*(row.output for row in TOPOLOGY.values()), *FAILURES)

#: Seconds that rate and latency look back, the bars of the rate's history, and the seconds of each.
WINDOW, BARS, BAR = 60.0, 60, 15
#: Latencies kept a stage, and reasons counted by name; rarer ones count as "other".
_SAMPLES, _REASONS = 5_000, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class StageHealth:
    """A stage at one moment. Times in seconds; None: not known.

    ``rate``: records a second over the last minute. ``history``: records a bar of 15 seconds, oldest first.
    ``behind``: (partition, records not yet committed). ``commit_age``: since its commits were last seen to move.
    """

    stage: Stage
    rate: float
    p50: float | None
    p95: float | None
    lag: int | None
    behind: tuple[tuple[int, int], ...]
    commit_age: float | None
    last_output: float | None
    history: tuple[int, ...]
    rejections: tuple[tuple[str, int], ...]
    dead_letters: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class _Seen:
    bars: dict[int, int] = field(default_factory=dict)
    latencies: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=_SAMPLES))
    rejections: Counter[str] = field(default_factory=Counter)
    dead: Counter[str] = field(default_factory=Counter)
    last: float | None = None
    committed: dict[int, int] = field(default_factory=dict)
    behind: dict[int, int] | None = None
    moved: float | None = None


class Health:
    """Takes in what the probe reads; ``report`` tells how things stand."""

    def __init__(self) -> None:
        self._stages: dict[Stage, _Seen] = {stage: _Seen() for stage in TOPOLOGY}
        #: Records of the decision log that could not be taken in, and where the last one is (partition:offset).
        self.skipped, self.last_skipped = 0, ""
        #: Whether the index is kept for the next start; records of the log read since this one; and, of an index that
        #: was kept from the last, when it was written (seconds since the epoch) and how far it went.
        self.kept, self.read = False, 0
        self.resumed: tuple[float, str] | None = None

    def resume(self, at: float, position: str, skipped: int, last_skipped: str) -> None:
        """The follower goes on with an index written at ``at`` that holds the log up to ``position``."""
        if not self.read:  # later it is its own, after a connection broke
            self.resumed = at, position
        self.skipped, self.last_skipped = skipped, last_skipped

    def begin_anew(self) -> None:
        """The follower reads the log from its beginning."""
        self.resumed, self.read = None, 0
        self.skipped, self.last_skipped = 0, ""

    def skip(self, place: str) -> None:
        self.skipped += 1
        self.last_skipped = place

    def wrote(self, made: Iterable[tuple[str, bytes | None]], at: float, *, rejected: str | None = None) -> None:
        """A stage's record that Kafka got at ``at``: an output; with ``rejected``, a rejection for that reason."""
        about = {name: value or b"" for name, value in made}
        seen = self._stage(about.get("ce_source", b"").decode(errors="replace").rpartition("/")[2])
        if seen is None:
            return
        bar = int(at // BAR)
        seen.bars[bar] = seen.bars.get(bar, 0) + 1
        if len(seen.bars) > 2 * BARS:
            newest = max(seen.bars)
            seen.bars = {each: count for each, count in seen.bars.items() if each > newest - BARS}
        seen.last = max(seen.last or 0.0, at)
        if rejected is not None:
            _count(seen.rejections, rejected)
        try:
            waited = at - datetime.fromisoformat(about["ce_time"].decode()).timestamp()
        except (KeyError, ValueError, OverflowError):
            return
        seen.latencies.append((at, max(0.0, waited)))

    def died(self, made: Iterable[tuple[str, bytes | None]]) -> None:
        """A dead letter, by its headers."""
        about = headers.error_fields(made)
        seen = self._stage(about.get("stage", ""))
        if seen is not None:
            _count(seen.dead, about.get("exception") or "unknown")

    def committed(self, stage: Stage, ends: dict[int, int], committed: dict[int, int], now: float) -> None:
        """Partition → end offset of a stage's input, and → the offset its group has committed (absent: none yet)."""
        seen = self._stages[stage]
        if committed != seen.committed:
            # The first look tells nothing of when: the age counts from what this probe saw move.
            seen.moved = now if seen.behind is not None else None
            seen.committed = dict(committed)
        seen.behind = {partition: max(0, end - committed.get(partition, 0)) for partition, end in sorted(ends.items())}

    def report(self, now: float) -> list[StageHealth]:
        """The stages in the order of the pipeline."""
        return [self._report(stage, seen, now) for stage, seen in self._stages.items()]

    def _report(self, stage: Stage, seen: _Seen, now: float) -> StageHealth:
        newest = int(now // BAR)
        recent = sorted(waited for at, waited in seen.latencies if at > now - WINDOW)
        if not recent:
            recent = sorted(waited for _, waited in list(seen.latencies)[-100:])
        whole = int(WINDOW // BAR) - 1
        counted = sum(seen.bars.get(newest - back, 0) for back in range(whole + 1))
        return StageHealth(
            stage=stage,
            rate=counted / (whole * BAR + max(1.0, now % BAR)),
            p50=percentile(recent, 0.5),
            p95=percentile(recent, 0.95),
            lag=None if seen.behind is None else sum(seen.behind.values()),
            behind=tuple((seen.behind or {}).items()),
            commit_age=None if seen.moved is None else now - seen.moved,
            last_output=None if seen.last is None else max(0.0, now - seen.last),
            history=tuple(seen.bars.get(newest - back, 0) for back in range(BARS - 1, -1, -1)),
            rejections=tuple(seen.rejections.most_common()),
            dead_letters=tuple(seen.dead.most_common()),
        )

    def _stage(self, name: str) -> _Seen | None:
        return next((seen for stage, seen in self._stages.items() if stage == name), None)


def percentile(ordered: list[float], share: float) -> float | None:
    """The smallest value that at least ``share`` of the ascending values do not exceed (nearest rank)."""
    if not ordered:
        return None
    ranks = [(number + 1) / len(ordered) for number in range(len(ordered))]
    return ordered[min(len(ordered) - 1, bisect_left(ranks, share - 1e-9))]


def failures(stages: Sequence[StageHealth]) -> list[tuple[str, str, str, int]]:
    """(stage, kind, reason, count) of every rejection and dead letter, the most frequent first."""
    found = [(each.stage, "rejected", reason, count) for each in stages for reason, count in each.rejections]
    found += [(each.stage, "dead letter", error, count) for each in stages for error, count in each.dead_letters]
    return sorted(found, key=lambda each: -each[3])


def _count(counter: Counter[str], reason: str) -> None:
    counter[reason if reason in counter or len(counter) < _REASONS else "other"] += 1
