"""Watches as they are asked: their queries read once, and the articles that their spikes are measured by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from streams.contracts.records import Story, Watch
from streams.query import Subject, answers, canonical, parse, spikes_in
from streams.query.evaluate import base_of, is_spike
from streams.query.nodes import Node, Spike
from streams.query.times import article_time
from streams.stages.alert.watched import seen
from streams.text import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A watch, its query, the query's canonical spelling, and what stands for the two in a story's row."""

    watch: Watch
    node: Node
    condition: str
    mark: str


def compiled(watch: Watch) -> Asked:
    """A watch to ask. Raises ``QueryError`` where its query is none."""
    node = parse(watch.query)
    condition = canonical(node)
    return Asked(watch=watch, node=node, condition=condition, mark=mark(watch.id, condition))


def mark(watch_id: str, condition: str) -> str:
    """What says in a story's row that it answered this condition of this watch."""
    return digest("mark", watch_id, condition)


def alert_id(mark: str, story_id: str) -> str:
    """The id of the one alert of a watch, a condition and a story."""
    return digest("alert", mark, story_id)


class Tallies:
    """How many articles an hour the stories have that answer what each spike of some watches is of, by language."""

    def __init__(self, asked: Iterable[Asked]) -> None:
        self._bases = {
            (one.mark, number): base_of(spike, one.node)
            for one in asked
            for number, spike in enumerate(spikes_in(one.node))
        }
        self._hours: dict[tuple[str, int, str], Counter[int]] = {}
        #: What each story counts for in each of them.
        self._held: dict[str, dict[tuple[str, int, str], Counter[int]]] = {}
        self._since: dict[str, float] = {}

    def __bool__(self) -> bool:
        return bool(self._bases)

    def count(self, story: Story, subject: Subject) -> None:
        """Take a story as it stands now, in place of how it was."""
        self.drop(story.id)
        language = language_of(story)
        if subject.history:
            first = min(each.at for each in subject.history)
            self._since[language] = min(first, self._since.get(language, first))
        if story.status not in ("open", "closed"):
            return
        hours = Counter(int(each.at // 3600) for each in subject.history)
        held = self._held[story.id] = {}
        for (mark_, number), base in self._bases.items():
            if base is None or answers(base, subject):
                key = (mark_, number, language)
                held[key] = hours
                self._hours.setdefault(key, Counter()).update(hours)

    def drop(self, story_id: str) -> None:
        """Count a story no more."""
        for key, hours in self._held.pop(story_id, {}).items():
            self._hours[key].subtract(hours)

    def spiking(self, asked: Asked, spike: Spike, language: str, at: float) -> bool:
        """Whether a spike of a watch is there in the 24 hours to ``at``, seconds since the epoch."""
        key = (asked.mark, spikes_in(asked.node).index(spike), language)
        return is_spike(self._hours.get(key, Counter()), at, self._since.get(language, at))


def language_of(story: Story) -> str:
    """Stories form within a language; one without an article has none."""
    return story.languages[0] if story.languages else ""


def true_for(asked: Asked, subject: Subject, tallies: Tallies, language: str, at: float) -> bool:
    """Whether a story answers a watch at ``at``."""
    return answers(asked.node, subject, lambda spike: tallies.spiking(asked, spike, language, at))


def would_fire(watch: Watch, stories: Mapping[str, Story]) -> Sequence[Story]:
    """The stories that answer a watch as they stand, by the times of the articles that they list, the newest first."""
    asked = compiled(watch)
    tallies = Tallies([asked])
    told: list[tuple[float, Story, Subject]] = []
    for story in stories.values():
        last = article_time(story.last_seen, watch.created.timestamp())
        history = [seen(each, article_time(each.published, last)) for each in story.articles]
        at = max((each.at for each in history), default=last)
        subject = Subject.of(story, history, now=at)
        tallies.count(story, subject)
        if story.status in ("open", "closed"):
            told.append((at, story, subject))
    told.sort(key=lambda each: (-each[0], each[1].id))
    return [story for at, story, subject in told if true_for(asked, subject, tallies, language_of(story), at)]
