"""What an article causes: the events of one decision. Reads the state, changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

from streams.contracts.records import Decision, Story, StoryArticle, TaggedArticle
from streams.models.table import Table
from streams.stages.cluster.features.article_features import (
    Features,
    Vector,
    pack_vector,
    summed,
    unpack,
    weigh,
)
from streams.stages.cluster.features.join_features import CONTENDERS
from streams.stages.cluster.features.pair_features import Probe, probe, side
from streams.stages.cluster.features.sketch import NEAR_COPY, overlap
from streams.stages.cluster.index.language_index import CLOSED_AFTER, FORGOTTEN_AFTER, LanguageIndex
from streams.stages.cluster.lifecycle.events import Events
from streams.stages.cluster.lifecycle.handing import handed_over, in_order, members_of
from streams.stages.cluster.lifecycle.links import Links
from streams.stages.cluster.lifecycle.pins import keep_whole
from streams.stages.cluster.lifecycle.present import in_short, own_origin, story_article
from streams.stages.cluster.lifecycle.split import APART, READ, SMALLEST, bisect, due, part, sampled
from streams.stages.cluster.match.match import Matcher
from streams.stages.cluster.match.scored import Scored, Verdict
from streams.stages.cluster.store.story_store import Member, StoryStore, utc

#: Articles of its language after which an article's story is looked at once more: what came with it has come by then.
SECOND_LOOK = 64
#: Stories that one article may find silent for too long: more than articles can begin, so that none waits for ever.
CLOSED_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class _Joining:
    """What joining entailed: the packed vectors of what a split moved, and the story that was looked through."""

    parted: str = ""
    looked: str = ""


@dataclass(frozen=True, slots=True)
class Decider:
    """A view of a partition's state, and the decision on it."""

    members: Mapping[str, Member]
    stories: StoryStore
    group: LanguageIndex
    matcher: Matcher
    #: Story → the articles that were placed in it, merged ones by themselves.
    placed: Mapping[str, Sequence[str]]

    def contenders(self, article: TaggedArticle, features: Features) -> Scored:
        """The stories that the article might join, were it new."""
        return self.matcher.contenders(self._probe(article, features))

    def pairs(self, article: TaggedArticle, features: Features) -> Iterator[tuple[str, Table]]:
        """Each contender with the features of the article's pairs with its listed members."""
        one = self._probe(article, features)
        for each in self.matcher.ranked(one)[:CONTENDERS]:
            yield each.story_id, self.matcher.nearest.pairs(one, each.story_id)

    def _probe(self, article: TaggedArticle, features: Features) -> Probe:
        vector, idf = weigh(features.tf, self.group.idf)
        date = self.group.plausible(utc(article.published)) if article.published else None
        return probe(vector, side(vector, features.proper), idf, date, len(features.words))

    def new(self, article: TaggedArticle, features: Features, language: str) -> Decision:
        """The decision on an article that is in no story."""
        events = Events(article.id, self.group.number + 1)
        at = self.group.plausible(utc(article.published))
        one = self._probe(article, features)
        forgotten = self._silent(events, at)
        shown = story_article(article)
        verdict = self.matcher.verdict(one, article, features.labels)
        joining, links = _Joining(), Links(self.stories.story)
        if verdict.story_id is None:
            new = Story(id=new_story_id(article.id, self.stories), first_seen=at)
            linked = links.start(new, verdict.links)
            events.add("created", new.id, at, article=shown, evidence=verdict.evidence, linked=linked)
        else:
            joining = self._join(
                verdict, verdict.story_id, shown, features.sketch, one.vector, events=events, at=at, links=links
            )
        self._look_again(events, at, links)
        return Decision(
            article_id=article.id,
            events=tuple(events.all),
            language=language,
            number=events.number,
            vector=pack_vector(one.vector),
            parted=joining.parted,
            looked=joining.looked,
            forgotten=tuple(story_id for story_id in forgotten if story_id not in events.stories),
        )

    def _look_again(self, events: Events, at: datetime | None, links: Links) -> None:
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
            linked = links.merge(younger, older)
            events.add("merged", younger, at, other_id=older, evidence=found[1], linked=linked)

    def _by_age(self, one: str, other: str) -> list[str]:
        return sorted((one, other), key=lambda id_: (self.stories[id_].born, id_))

    def revision(self, article: TaggedArticle, features: Features, member: Member) -> Decision:
        """The decision on a changed text of a known article: it stays where it is, and its story learns the change."""
        events = Events(article.id, self.group.number + 1)
        at = self.group.plausible(utc(article.modified or article.published))
        story_id = self.stories.resolve_redirect(member.story)
        story = self.stories[story_id].story
        listed = any(one.id == article.id for one in story.articles)
        shown = story_article(article)
        sketched = features.sketch
        if own_origin(shown) == own_origin(member) and overlap(member.sketch, sketched) >= NEAR_COPY:
            origin = member.origin  # still the same text by the same
        else:
            origin = self._origin(shown, sketched, story.articles)
        shown = replace(shown, origin=origin)
        events.add("revised", story_id, at, article=shown, before=None if listed else in_short(member))
        return Decision(
            article_id=article.id,
            events=tuple(events.all),
            language=member.language,
            number=events.number,
            vector=pack_vector(weigh(features.tf, self.group.idf)[0]),
            previous=member.vector,
        )

    def retraction(self, member: Member) -> Decision:
        """The decision to take an article out of its story."""
        events = Events(member.id, self.group.number + 1)
        story_id = self.stories.resolve_redirect(member.story)
        listed = self.stories[story_id].story.articles
        shown = next((one for one in listed if one.id == member.id), in_short(member))
        last = self.stories[story_id].story.article_count <= 1
        linked = Links(self.stories.story).end(story_id) if last else ()
        events.add("retracted", story_id, self.group.now(), article=shown, linked=linked)
        return Decision(
            article_id=member.id,
            events=tuple(events.all),
            language=member.language,
            number=events.number,
            previous=member.vector,
        )

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
        vector: Vector,
        *,
        events: Events,
        at: datetime | None,
        links: Links,
    ) -> _Joining:
        """The events of joining, and of a split if the story has drifted apart."""
        parted = looked = ""
        listed = self.stories[story_id].story.articles
        if verdict.same is not None:
            older, younger = self._by_age(story_id, verdict.same)
            events.without_closing(older)
            events.without_closing(younger)
            linked = links.merge(younger, older)
            events.add("merged", younger, at, other_id=older, evidence=verdict.same_evidence, linked=linked)
            story_id, listed = older, (*self.stories[older].story.articles, *self.stories[younger].story.articles)
        elif self._due(story_id):
            looked = story_id
            leaving, kept = self._parting(story_id)
            if leaving:
                new_id = new_story_id(leaving[0].id, self.stories)
                parted = summed(*(self.members[one.id].vector for one in leaving))
                events.add("split", new_id, at, other_id=story_id, moved=leaving, kept=kept)
                story_id = self._nearer(vector, story_id, new_id, parted, len(leaving))
                gone = {one.id for one in leaving}
                listed = tuple(one for one in listed if (one.id in gone) == (story_id == new_id))
        held = self.stories.get(story_id)
        if not events.without_closing(story_id) and held is not None and held.story.status == "closed":
            events.add("reopened", story_id, at)
        shown = replace(shown, origin=self._origin(shown, sketched, listed))
        events.add("joined", story_id, at, article=shown, evidence=verdict.evidence)
        return _Joining(parted, looked)

    def _due(self, story_id: str) -> bool:
        live = self.stories[story_id]
        return due(live.story.article_count, live.looked) and not keep_whole(live.story)

    def _parting(self, story_id: str) -> tuple[tuple[StoryArticle, ...], tuple[StoryArticle, ...]]:
        """The members that leave a story which has become two, and those to list in their places; nothing: it holds."""
        live = self.stories[story_id]
        of_story = members_of(story_id, self.stories, self.members, self.placed)
        members = in_order(live.story, (one for one in of_story if one.vector))
        ids = [one.id for one in members]
        some = sampled(ids, len(ids) - live.looked)
        vectors = {id_: unpack(self.members[id_].vector) for id_ in some}
        halves = bisect(vectors)
        if halves is None or (halves.alike >= APART and not self._two_stories(some, halves.leaves)):
            return (), ()
        leaves = halves.leaves
        read = dict.fromkeys((*some, *ids[-READ:]))
        asked = [id_ for id_ in ids if id_ in read]
        vectors = {id_: unpack(self.members[id_].vector) for id_ in asked}
        going = set(part(asked, vectors, ([id_ for id_ in some if id_ not in leaves], leaves)))
        if not going or len(going) > live.story.article_count - SMALLEST:
            return (), ()
        return handed_over(live.story, members, going)

    def _two_stories(self, sample: Sequence[str], leaves: Collection[str]) -> bool:
        """Whether those of a sample that would leave are another story than the others."""
        going = [self.members[id_] for id_ in leaves]
        staying = [self.members[id_] for id_ in sample if id_ not in leaves]
        return self.matcher.two_stories(going, staying)

    def _nearer(self, vector: Vector, story_id: str, new_id: str, parted: str, size: int) -> str:
        """Which of the two halves of a story an article is nearer to, by average link over all fields."""
        live = self.stories[story_id]
        stays, leaves = unpack(summed(live.profile, minus=parted)), unpack(parted)
        left = live.story.article_count - size
        weights = dict(zip(vector.keys.tolist(), vector.weights.tolist(), strict=True))
        near = sum(weight * stays.get(key, 0.0) for key, weight in weights.items()) / left
        far = sum(weight * leaves.get(key, 0.0) for key, weight in weights.items()) / size
        return new_id if far > near else story_id

    def _origin(self, shown: StoryArticle, sketched: str, listed: Sequence[StoryArticle]) -> str:
        """The origin of the first other member that the article is a near-copy of, or its own."""
        for one in listed:
            member = self.members.get(one.id) if one.id != shown.id else None
            if member is not None and overlap(member.sketch, sketched) >= NEAR_COPY:
                return one.origin
        return shown.origin


def new_story_id(cause: str, stories: StoryStore) -> str:
    """The id of a story that an article (or a correction) founds, by its id; numbered where it founded one before."""
    base = blake2b(cause.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    story_id, again = base, 1
    while story_id in stories:
        again += 1
        story_id = f"{base}-{again}"
    return story_id
