"""What an article causes: the events of one decision. Reads the state, changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

from streams.contracts.records import Decision, Story, StoryArticle, TaggedArticle
from streams.models.table import Table
from streams.stages.cluster.features.article_features import Features, added, pack, unpack, weigh
from streams.stages.cluster.features.join_features import CONTENDERS
from streams.stages.cluster.features.pair_features import Probe, probe
from streams.stages.cluster.features.sketch import NEAR_COPY, overlap, sketch
from streams.stages.cluster.index.language_index import CLOSED_AFTER, FORGOTTEN_AFTER, LanguageIndex
from streams.stages.cluster.lifecycle.events import Events
from streams.stages.cluster.lifecycle.present import story_article
from streams.stages.cluster.lifecycle.split import SPLIT_SIZES, bisect
from streams.stages.cluster.match.match import Matcher, Scored, Verdict
from streams.stages.cluster.store.story_store import Member, StoryStore, utc

#: Articles of its language after which an article's story is looked at once more: what came with it has come by then.
SECOND_LOOK = 64
#: Stories that one article may find silent for too long: more than articles can begin, so that none waits for ever.
CLOSED_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class Decider:
    """A view of a partition's state, and the decision on it."""

    members: Mapping[str, Member]
    stories: StoryStore
    group: LanguageIndex
    matcher: Matcher

    def contenders(self, article: TaggedArticle, features: Features) -> Scored:
        """The stories that the article might join, were it new."""
        return self.matcher.contenders(self._probe(article, features))

    def pairs(self, article: TaggedArticle, features: Features) -> Iterator[tuple[str, Table]]:
        """Each contender with the features of the article's pairs with its listed members."""
        one = self._probe(article, features)
        for each in self.matcher.ranked(one)[:CONTENDERS]:
            yield each.story_id, self.matcher.nearest.pairs(one, each.story_id)

    def _probe(self, article: TaggedArticle, features: Features) -> Probe:
        idf = self.group.idf(features.tf)
        date = self.group.plausible(utc(article.published)) if article.published else None
        return probe(weigh(features.tf, idf), features.proper, idf, date, len(features.words))

    def new(self, article: TaggedArticle, features: Features, language: str) -> Decision:
        """The decision on an article that is in no story."""
        events = Events(article.id, self.group.number + 1)
        at = self.group.plausible(utc(article.published))
        one = self._probe(article, features)
        vector = one.vector
        forgotten = self._silent(events, at)
        shown = story_article(article)
        verdict = self.matcher.verdict(one, article, features.labels)
        parted = ""
        if verdict.story_id is None:
            events.add("created", self.new_id(article.id), at, article=shown, evidence=verdict.evidence)
        else:
            parted = self._join(verdict, verdict.story_id, shown, sketch(features.words), vector, events, at)
        self._look_again(events, at)
        return Decision(
            article_id=article.id,
            events=tuple(events.all),
            language=language,
            number=events.number,
            vector=pack(vector),
            parted=parted,
            forgotten=tuple(story_id for story_id in forgotten if story_id not in events.stories),
        )

    def _look_again(self, events: Events, at: datetime | None) -> None:
        """What could not be known when an earlier article came: whether its story and another have become one.

        The article is the one that came ``SECOND_LOOK`` before, so that what is looked at follows from the log alone.
        """
        member = self.group.numbered(events.number - SECOND_LOOK)
        if member is None or not member.story or not member.vector:
            return
        own = self.stories.resolve_redirect(member.story)
        if own in events.stories:
            return
        found = self.matcher.same_by_members(own, member)
        if found is not None and found[0] not in events.stories:
            older, younger = self._by_age(own, found[0])
            events.add("merged", younger, at, other_id=older, evidence=found[1])

    def _by_age(self, one: str, other: str) -> list[str]:
        return sorted((one, other), key=lambda id_: (self.stories[id_].born, id_))

    def revision(self, article: TaggedArticle, features: Features, member: Member) -> Decision:
        """The decision on a changed text of a known article: it stays where it is, and its story learns the change."""
        events = Events(article.id, self.group.number + 1)
        at = self.group.plausible(utc(article.modified or article.published))
        story_id = self.stories.resolve_redirect(member.story)
        listed = next((one for one in self.stories[story_id].story.articles if one.id == article.id), None)
        shown = story_article(article)
        events.add("revised", story_id, at, article=replace(shown, origin=listed.origin) if listed else shown)
        return Decision(
            article_id=article.id,
            events=tuple(events.all),
            language=member.language,
            number=events.number,
            vector=pack(weigh(features.tf, self.group.idf(features.tf))),
            previous=member.vector,
        )

    def retraction(self, member: Member) -> Decision:
        """The decision to take an article out of its story."""
        events = Events(member.id, self.group.number + 1)
        story_id = self.stories.resolve_redirect(member.story)
        listed = self.stories[story_id].story.articles
        shown = next((one for one in listed if one.id == member.id), StoryArticle(id=member.id))
        events.add("retracted", story_id, self.group.now(), article=shown)
        return Decision(
            article_id=member.id,
            events=tuple(events.all),
            language=member.language,
            number=events.number,
            previous=member.vector,
        )

    def new_id(self, article_id: str) -> str:
        """The id of a story that this article founds; numbered where it founded one before."""
        base = blake2b(article_id.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        story_id, again = base, 1
        while story_id in self.stories:
            again += 1
            story_id = f"{base}-{again}"
        return story_id

    def _silent(self, events: Events, at: datetime | None) -> list[str]:
        """Close what has been silent for too long; the stories to forget."""
        now = self.group.now()  # the clock, not the article's own date, which may be absurd
        if now is None:
            return []
        for story_id in self.group.silent_since(now - CLOSED_AFTER, CLOSED_AT_ONCE):
            events.add("closed", story_id, at)
        return self.group.forgettable(now - FORGOTTEN_AFTER, CLOSED_AT_ONCE)

    def _join(
        self,
        verdict: Verdict,
        story_id: str,
        shown: StoryArticle,
        sketched: str,
        vector: Mapping[int, float],
        events: Events,
        at: datetime | None,
    ) -> str:
        """The events of joining; the packed vectors of what a split moved, if the story has drifted apart."""
        parted = ""
        if verdict.same is not None:
            older, younger = self._by_age(story_id, verdict.same)
            events.without_closing(older)
            events.without_closing(younger)
            events.add("merged", younger, at, other_id=older, evidence=verdict.same_evidence)
            story_id = older
        elif self.stories[story_id].story.article_count in SPLIT_SIZES:
            leaving = self._leaving(story_id)
            if leaving:
                new_id = self.new_id(leaving[0].id)
                for one in leaving:
                    parted = added(parted, plus=self.members[one.id].vector)
                events.add("split", new_id, at, other_id=story_id, moved=leaving)
                story_id = self._nearer(vector, story_id, new_id, parted, len(leaving))
        held = self.stories.get(story_id)
        if not events.without_closing(story_id) and held is not None and held.story.status == "closed":
            events.add("reopened", story_id, at)
        shown = replace(shown, origin=self._origin(shown, sketched, held.story if held else None))
        events.add("joined", story_id, at, article=shown, evidence=verdict.evidence)
        return parted

    def _leaving(self, story_id: str) -> tuple[StoryArticle, ...]:
        listed = self.stories[story_id].story.articles
        vectors = {one.id: unpack(self.members[one.id].vector) for one in listed if one.id in self.members}
        moved = set(bisect(vectors))
        return tuple(one for one in listed if one.id in moved)

    def _nearer(self, vector: Mapping[int, float], story_id: str, new_id: str, parted: str, size: int) -> str:
        """Which of the two halves of a story an article is nearer to, by average link over all fields."""
        live = self.stories[story_id]
        stays, leaves = unpack(added(live.profile, minus=parted)), unpack(parted)
        near = sum(weight * stays.get(key, 0.0) for key, weight in vector.items()) / (live.story.article_count - size)
        far = sum(weight * leaves.get(key, 0.0) for key, weight in vector.items()) / size
        return new_id if far > near else story_id

    def _origin(self, shown: StoryArticle, sketched: str, story: Story | None) -> str:
        """The origin of the first member that the article is a near-copy of, or its own."""
        for one in story.articles if story else ():
            member = self.members.get(one.id)
            if member is not None and overlap(member.sketch, sketched) >= NEAR_COPY:
                return one.origin
        return shown.origin
