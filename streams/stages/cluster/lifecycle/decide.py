"""What an article causes: the events of one decision. Reads the state, changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

from streams.contracts.records import Decision, Story, StoryArticle, TaggedArticle
from streams.stages.cluster.features.article_features import Features, added, pack, unpack, weigh
from streams.stages.cluster.features.sketch import NEAR_COPY, overlap, sketch
from streams.stages.cluster.index.language_index import CLOSED_AFTER, FORGOTTEN_AFTER, LanguageIndex
from streams.stages.cluster.lifecycle.events import Events
from streams.stages.cluster.lifecycle.present import story_article
from streams.stages.cluster.lifecycle.split import SPLIT_SIZES, bisect
from streams.stages.cluster.match.match import JoinModel, Scored, Verdict, contenders, judge
from streams.stages.cluster.store.story_store import Member, StoryStore, utc

#: Stories that one article may find silent for too long: more than articles can begin, so that none waits for ever.
CLOSED_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class Decider:
    """A view of a partition's state, and the join_model on it."""

    members: Mapping[str, Member]
    stories: StoryStore
    group: LanguageIndex
    join_model: JoinModel

    def contenders(self, article: TaggedArticle, features: Features) -> Scored:
        """The stories that the article might join, were it new."""
        idf = self.group.idf(features.tf)
        date = self.group.plausible(utc(article.published)) if article.published else None
        vector = weigh(features.tf, idf)
        return contenders(features, vector, idf, date, self.group, self.stories, self.join_model)

    def new(self, article: TaggedArticle, features: Features, language: str) -> Decision:
        """The decision on an article that is in no story."""
        events = Events(article.id, self.group.number + 1)
        idf = self.group.idf(features.tf)
        vector = weigh(features.tf, idf)
        at = self.group.plausible(utc(article.published))
        date = at if article.published else None
        forgotten = self._silent(events, at)
        shown = story_article(article)
        verdict = judge(features, vector, idf, article, date, self.group, self.stories, self.join_model)
        parted = ""
        if verdict.story_id is None:
            events.add("created", self.new_id(article.id), at, article=shown, evidence=verdict.evidence)
        else:
            parted = self._join(verdict, verdict.story_id, shown, sketch(features.words), vector, events, at)
        return Decision(
            article_id=article.id,
            events=tuple(events.all),
            language=language,
            number=events.number,
            vector=pack(vector),
            parted=parted,
            forgotten=tuple(story_id for story_id in forgotten if story_id not in events.stories),
        )

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
            older, younger = sorted((story_id, verdict.same), key=lambda id_: (self.stories[id_].born, id_))
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
