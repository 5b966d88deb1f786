"""One partition's stories, the watches over them, and the alerts that a decision gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from streams.contracts import codec
from streams.contracts.records import Alert, Decision, StoryArticle
from streams.query import Subject
from streams.stages.alert.watched import Watched, WatchedStories, folded
from streams.stages.alert.watching import Asked, Tallies, alert_id, language_of, mark, true_for
from streams.stages.cluster import named

#: Seconds after its newest article that a forgotten story still counts in the days that a spike is compared with.
_KEPT = 32 * 86_400.0
#: Decisions between two looks for stories that may go.
_SWEEP_EVERY = 512
#: Entities that an alert names.
_NAMED = 8


@dataclass(frozen=True, slots=True)
class Caused:
    """What a decision gives: alerts, and rows in the order in which they must be written (None: deleted)."""

    alerts: tuple[Alert, ...]
    rows: dict[str, bytes | None]


class Alerter:
    """Holds the stories of one partition. ``apply`` each decision; nothing changes where it raises.

    Args:
        rows: what earlier changes wrote, by their keys.

    Raises:
        DecodeError: a row is none.
    """

    def __init__(self, rows: Mapping[str, bytes] | None = None) -> None:
        self._stories = WatchedStories()
        self._asked: tuple[Asked, ...] = ()
        self._tallies = Tallies(())
        #: Stories that clustering has forgotten, and when the newest article of each was.
        self._forgotten: dict[str, float] = {}
        self._newest = 0.0
        self._applied = 0
        for id_, row in (rows or {}).items():
            self._keep(id_, codec.decode(Watched, row))

    def __len__(self) -> int:
        return len(self._stories)

    def ask(self, asked: Iterable[Asked]) -> None:
        """Ask these watches from now on. One with a spike counts the articles of every story that is held."""
        asked = tuple(asked)
        if asked == self._asked:
            return
        self._asked = asked
        self._tallies = Tallies(asked)
        if self._tallies:
            for _, watched in self._stories.each():
                self._tallies.count(watched.story, _subject(watched, watched.newest))

    def apply(self, decision: Decision, place: int, arrived: float) -> Caused:
        """Take a decision in.

        Args:
            place: where its article stands in the topic of tagged articles, or its correction among the corrections.
            arrived: when the log got it, seconds since the epoch: watches ask of what came after they were made.
        """
        ids = dict.fromkeys(id_ for event in decision.events for id_ in named(event))
        before = {id_: self._stories[id_] for id_ in ids if id_ in self._stories}
        changed, moments = folded(before, decision, place, arrived)
        alerts: list[Alert] = []
        try:
            for id_, watched in list(changed.items()):
                at = moments.get(id_, watched.newest)
                subject = _subject(watched, at)
                self._tallies.count(watched.story, subject)
                given = self._alerts(watched, subject, decision, at, arrived)
                alerts += given.values()
                changed[id_] = replace(watched, answered=(*watched.answered, *given))
            for id_ in decision.forgotten:
                if id_ in self._stories and id_ not in changed:
                    changed[id_] = replace(self._stories[id_], forgotten=True)
            rows: dict[str, bytes | None] = {id_: codec.encode(watched) for id_, watched in changed.items()}
        except BaseException:
            self._count_again(ids, before)
            raise
        for id_, watched in changed.items():
            self._keep(id_, watched)
        return Caused(tuple(alerts), rows | self._sweep())

    def _keep(self, id_: str, watched: Watched) -> None:
        self._stories[id_] = watched
        self._newest = max(self._newest, watched.newest)
        if watched.forgotten:
            self._forgotten[id_] = watched.newest

    def answered(self, alert: Alert) -> None:
        """Take from an alert that was given what its story's row would say; merged stories hand it on."""
        id_ = alert.story_id
        marked = mark(alert.watch_id, alert.condition)
        for _ in range(len(self._stories)):
            if id_ not in self._stories:
                return
            watched = self._stories[id_]
            if marked not in watched.answered:
                self._stories[id_] = replace(watched, answered=(*watched.answered, marked))
            if watched.story.redirect_to is None:
                return
            id_ = watched.story.redirect_to

    def rows(self) -> dict[str, bytes]:
        """The row of every story."""
        return {id_: codec.encode(watched) for id_, watched in self._stories.each()}

    def _count_again(self, ids: Iterable[str], before: Mapping[str, Watched]) -> None:
        for id_ in ids:
            if id_ in before:
                self._tallies.count(before[id_].story, _subject(before[id_], before[id_].newest))
            else:
                self._tallies.drop(id_)

    def _alerts(
        self, watched: Watched, subject: Subject, decision: Decision, at: float, arrived: float
    ) -> dict[str, Alert]:
        """The alerts of one story by their marks."""
        story = watched.story
        if story.status not in ("open", "closed") or story.is_hidden:
            return {}
        known, language = set(watched.answered), language_of(story)
        return {
            asked.mark: _alert(asked, watched, decision, at)
            for asked in self._asked
            if asked.mark not in known
            and arrived >= asked.watch.created.timestamp()
            and true_for(asked, subject, self._tallies, language, at)
        }

    def _sweep(self) -> dict[str, bytes | None]:
        """Drop stories that clustering has forgotten, once no spike is compared with their days."""
        self._applied += 1
        if self._applied % _SWEEP_EVERY:
            return {}
        gone = [id_ for id_, newest in self._forgotten.items() if newest < self._newest - _KEPT]
        for id_ in gone:
            del self._forgotten[id_]
            del self._stories[id_]
            self._tallies.drop(id_)
        return dict.fromkeys(gone, None)


def _subject(watched: Watched, now: float) -> Subject:
    return Subject.of(watched.story, tuple(watched.seen.values()), now=now)


def _alert(asked: Asked, watched: Watched, decision: Decision, at: float) -> Alert:
    story = watched.story
    listed: dict[str, StoryArticle] = {article.id: article for article in story.articles}
    article = listed.get(decision.article_id)
    return Alert(
        id=alert_id(asked.mark, story.id),
        watch_id=asked.watch.id,
        condition=asked.condition,
        story_id=story.id,
        at=datetime.fromtimestamp(at, UTC),
        headline=story.headline,
        article_id=article.id if article else None,
        title=article.title if article else None,
        outlet=article.outlet if article else None,
        url=article.url if article else None,
        articles=story.article_count,
        outlets=story.outlets,
        origins=story.origins,
        languages=story.languages,
        entities=tuple(entity.name for entity in story.entities[:_NAMED]),
    )
