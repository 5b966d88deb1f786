"""A story as watches see it: its snapshot, its articles' times, and what it has answered already. One row each."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from streams.contracts import codec
from streams.contracts.records import Decision, Story, StoryArticle, StoryEvent
from streams.query.subject import Seen
from streams.query.times import article_time
from streams.stages.cluster import fold

#: Articles of a story whose times are remembered: its newest.
REMEMBERED = 256
#: Stories that are kept as they are, unpacked: those that a busy hour brings back.
LIVE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A story that watches are asked of.

    ``place``: the newest decision that is in it, by its article's place; ``mended``: the newest correction, by its own,
    which is of another topic (the two do not compare). ``seen``: the newest articles by their ids. ``answered``: the
    marks of the conditions that it, or one merged into it, has answered. ``forgotten``: clustering names it no more.
    """

    place: int
    mended: int = -1
    story: Story
    seen: dict[str, Seen] = field(default_factory=dict)
    answered: tuple[str, ...] = ()
    forgotten: bool = False

    @property
    def newest(self) -> float:
        """When its newest article counts, seconds since the epoch; 0 without articles."""
        return max((seen.at for seen in self.seen.values()), default=0.0)


class WatchedStories:
    """Stories by their ids: those used of late as they are, the others packed to a fifth of their rows' size."""

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}
        self._live: OrderedDict[str, Watched] = OrderedDict()

    def __len__(self) -> int:
        return len(self._packed) + len(self._live)

    def __contains__(self, story_id: str) -> bool:
        return story_id in self._live or story_id in self._packed

    def each(self) -> Iterator[tuple[str, Watched]]:
        """Every story by its id, without disturbing what is kept as it is."""
        yield from self._live.items()
        for story_id, packed in self._packed.items():
            yield story_id, _unpack(packed)

    def __getitem__(self, story_id: str) -> Watched:
        """Raises KeyError."""
        watched = self._live[story_id] if story_id in self._live else _unpack(self._packed[story_id])
        self[story_id] = watched
        return watched

    def __setitem__(self, story_id: str, watched: Watched) -> None:
        self._packed.pop(story_id, None)
        self._live[story_id] = watched
        self._live.move_to_end(story_id)
        if len(self._live) > LIVE:
            cold, was = self._live.popitem(last=False)
            self._packed[cold] = zlib.compress(codec.encode(was), 1)

    def __delitem__(self, story_id: str) -> None:
        self._live.pop(story_id, None)
        self._packed.pop(story_id, None)


def _unpack(packed: bytes) -> Watched:
    return codec.decode(Watched, zlib.decompress(packed))


def folded(
    before: Mapping[str, Watched], decision: Decision, place: int, arrived: float
) -> tuple[dict[str, Watched], dict[str, float]]:
    """The stories that a decision changes, those that gave something away last; and when what is new of each counts.

    Each follows from its own row and the decision, or from the row of what it absorbs, which is written after it: rows
    of different ages are brought up one by one, and one that has the decision already is passed over.
    """
    events = tuple(map(_slim, decision.events))
    stories = {id_: watched.story for id_, watched in before.items()}
    touched = fold(stories, events)
    histories = {id_: dict(watched.seen) for id_, watched in before.items()}
    answered = {id_: watched.answered for id_, watched in before.items()}
    moments: dict[str, float] = {}
    gave: list[str] = []
    for event in events:
        if event.story_id not in stories:
            continue
        own = histories.setdefault(event.story_id, {})
        if event.type in ("created", "joined") and event.article is not None:
            at = moments[event.story_id] = article_time(event.at, arrived)
            own[event.article.id] = seen(event.article, at)
        elif event.type == "revised" and event.article is not None and event.article.id in own:
            own[event.article.id] = seen(event.article, own[event.article.id].at)
        elif event.type == "retracted" and event.article_id:
            own.pop(event.article_id, None)
        elif event.type == "split":
            for moved in event.moved:
                at = article_time(moved.published, arrived)
                own[moved.id] = seen(moved, at)
                moments[event.story_id] = max(at, moments.get(event.story_id, at))
                if event.other_id in histories:
                    histories[event.other_id].pop(moved.id, None)
            gave += [event.other_id] if event.other_id else []
        elif event.type == "merged" and event.other_id in stories:
            histories.setdefault(event.other_id, {}).update(own)
            answered[event.other_id] = tuple(
                dict.fromkeys((*answered.get(event.other_id, ()), *answered.get(event.story_id, ())))
            )
            gave.append(event.story_id)
    changed: dict[str, Watched] = {}
    by_person = decision.correction is not None
    for id_ in sorted(touched, key=gave.__contains__):
        known = before.get(id_)
        if known is not None and (known.mended if by_person else known.place) >= place:
            continue
        kept = sorted(histories.get(id_, {}).items(), key=lambda pair: (pair[1].at, pair[0]))[-REMEMBERED:]
        changed[id_] = Watched(
            place=place if not by_person else known.place if known else decision.after,
            mended=place if by_person else known.mended if known else -1,
            story=_bare(stories[id_]),
            seen=dict(kept),
            answered=answered.get(id_, ()),
        )
    return changed, moments


def seen(article: StoryArticle, at: float) -> Seen:
    """An article of a story's history that counts at ``at``, seconds since the epoch."""
    return Seen(at, article.origin or article.id, article.outlet or "")


def _slim(event: StoryEvent) -> StoryEvent:
    """An event without what no query asks for: sentences, claims, quotations, evidence."""
    article = event.article and _slim_article(event.article)
    return replace(event, article=article, evidence=None, moved=tuple(map(_slim_article, event.moved)))


def _slim_article(article: StoryArticle) -> StoryArticle:
    return replace(article, sentences=(), claims=(), quotes=())


def _bare(story: Story) -> Story:
    return replace(story, lead=(), points=(), sentences=(), quotes=())
