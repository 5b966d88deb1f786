"""Articles to stories, one at a time: decide, then apply. Knows event time only; the same log gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b

from streams import codec
from streams.clustering.features import TITLE, added, extract, pack, pack_keys, unpack, weigh
from streams.clustering.group import CLOSED_AFTER, FORGOTTEN_AFTER, Group
from streams.clustering.judge import Judgement, Scored, Verdict, contenders, judge
from streams.clustering.life import SPLIT_SIZES, parting
from streams.clustering.present import story_article
from streams.clustering.sketch import NEAR_COPY, overlap, sketch
from streams.clustering.state import Live, Member, Shelf, utc
from streams.clustering.story import fold
from streams.clustering.trees import shipped
from streams.records import Decision, EventType, Evidence, Story, StoryArticle, StoryEvent, TaggedArticle

#: Stories that one article may find silent for too long: more than articles can begin, so that none waits for ever.
CLOSED_AT_ONCE = 3
#: Distinct terms of an article whose rarity is learned.
COUNTED = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What applying a decision touched: snapshots to publish, and rows to persist in this order (None: delete)."""

    stories: tuple[Story, ...] = ()
    rows: dict[str, bytes | None] = field(default_factory=dict)


class Clusterer:
    """The stories of one partition. Languages are kept apart; not thread-safe.

    Usage: ``decision = decide(article)``; publish it; ``apply(article, decision, position)``; publish what it returns.
    """

    def __init__(self, judgement: Judgement | None = None) -> None:
        self._judgement = judgement or shipped()
        self._reset()

    def _reset(self) -> None:
        self._members: dict[str, Member] = {}
        self._stories = Shelf()
        self._groups: dict[str, Group] = {}
        self._of: dict[str, list[str]] = {}

    def decide(self, article: TaggedArticle) -> Decision | None:
        """What the article causes; None: nothing. Changes nothing.

        None is for an article already known with this content, an older revision than the one known, and anything
        under an id that was retracted: a retraction stands, whether it came after the article or before.
        """
        member = self._members.get(article.id)
        language = member.language if member else group_of(article)
        group = self._groups.get(language) or Group(language)
        events = _Events(article.id, group.number + 1)
        if member is not None and member.retracted:
            return None
        if article.retracted:
            if member is None:
                return Decision(article_id=article.id, language=language, number=events.number)
            return self._retraction(member, group, events)
        if member is not None and (member.fingerprint == fingerprint(article) or article.revision < member.revision):
            return None
        features = extract(article)
        rarity = group.rarity(features.tf)
        vector = weigh(features.tf, rarity)
        shown = story_article(article)
        at = group.plausible(utc(article.published))
        previous, parted = "", ""
        forgotten: tuple[str, ...] = ()
        if member is not None:
            previous = member.vector
            story_id = self._stories.standing(member.story)
            events.add("revised", story_id, group.plausible(utc(article.modified)) or at, article=shown)
        else:
            now = group.now()  # the clock, not the article's own date, which may be absurd
            for silent in group.silent_since(now - CLOSED_AFTER, CLOSED_AT_ONCE) if now else ():
                events.add("closed", silent, at)
            forgotten = tuple(group.forgettable(now - FORGOTTEN_AFTER, CLOSED_AT_ONCE)) if now else ()
            date = at if article.published else None
            verdict = judge(features, vector, rarity, article, date, group, self._stories, self._judgement)
            if verdict.story_id is None:
                events.add("created", self._new_id(article.id), at, article=shown, evidence=verdict.evidence)
            else:
                parted = self._join(verdict, shown, sketch(article.text), vector, events, at)
        return Decision(
            article_id=article.id,
            events=tuple(events.all),
            language=language,
            number=events.number,
            vector=pack(vector),
            previous=previous,
            parted=parted,
            forgotten=tuple(story_id for story_id in forgotten if story_id not in events.stories),
        )

    def contenders(self, article: TaggedArticle) -> Scored:
        """The stories that the article might join, were it new, with what speaks for each. Changes nothing."""
        group = self._groups.get(group_of(article)) or Group(group_of(article))
        features = extract(article)
        rarity = group.rarity(features.tf)
        date = group.plausible(utc(article.published)) if article.published else None
        vector = weigh(features.tf, rarity)
        return contenders(features, vector, rarity, date, group, self._stories, self._judgement)

    def _join(
        self,
        verdict: Verdict,
        shown: StoryArticle,
        sketched: str,
        vector: dict[int, float],
        events: _Events,
        at: datetime | None,
    ) -> str:
        """The events of joining; the packed vectors of what a split moved, if the story has drifted apart."""
        story_id = verdict.story_id
        assert story_id is not None
        parted = ""
        if verdict.same is not None:
            older, younger = sorted((story_id, verdict.same), key=lambda id_: (self._stories[id_].born, id_))
            events.add("merged", younger, at, other_id=older, evidence=verdict.same_evidence)
            story_id = older
        elif self._stories[story_id].story.article_count in SPLIT_SIZES:
            leaving = self._leaving(story_id)
            if leaving:
                new_id = self._new_id(leaving[0].id)
                for one in leaving:
                    parted = added(parted, plus=self._members[one.id].vector)
                events.add("split", new_id, at, other_id=story_id, moved=leaving)
                story_id = self._nearer(vector, story_id, new_id, parted, len(leaving))
        held = self._stories.get(story_id)
        if held is not None and held.story.status == "closed" and story_id not in events.closed:
            events.add("reopened", story_id, at)
        events.drop_closing(story_id)
        shown = replace(shown, origin=self._origin(shown, sketched, held.story if held else None))
        events.add("joined", story_id, at, article=shown, evidence=verdict.evidence)
        return parted

    def _leaving(self, story_id: str) -> tuple[StoryArticle, ...]:
        listed = self._stories[story_id].story.articles
        vectors = {one.id: unpack(self._members[one.id].vector) for one in listed if one.id in self._members}
        moved = set(parting(vectors))
        return tuple(one for one in listed if one.id in moved)

    def _nearer(self, vector: dict[int, float], story_id: str, new_id: str, parted: str, size: int) -> str:
        """Which of the two halves of a story an article is nearer to, by average link over all fields."""
        live = self._stories[story_id]
        stays, leaves = unpack(added(live.profile, minus=parted)), unpack(parted)
        near = sum(weight * stays.get(key, 0.0) for key, weight in vector.items()) / (live.story.article_count - size)
        far = sum(weight * leaves.get(key, 0.0) for key, weight in vector.items()) / size
        return new_id if far > near else story_id

    def _origin(self, shown: StoryArticle, sketched: str, story: Story | None) -> str:
        """The origin of the first member that the article is a near-copy of, or its own."""
        for one in story.articles if story else ():
            member = self._members.get(one.id)
            if member is not None and overlap(member.sketch, sketched) >= NEAR_COPY:
                return one.origin
        return shown.origin

    def _retraction(self, member: Member, group: Group, events: _Events) -> Decision:
        story_id = self._stories.standing(member.story)
        listed = self._stories[story_id].story.articles
        shown = next((one for one in listed if one.id == member.id), StoryArticle(id=member.id))
        events.add("retracted", story_id, group.now(), article=shown)
        return Decision(
            article_id=member.id,
            events=tuple(events.all),
            language=member.language,
            number=events.number,
            previous=member.vector,
        )

    def apply(self, article: TaggedArticle, decision: Decision, position: int) -> Changes:
        """Carry a decision out at the article's position in its partition. Rows that have applied it stay as they are.

        Returns every row and story that the decision touches as it now stands, also when nothing was left to do.
        """
        after = {
            story_id: live.story
            for event in decision.events
            for story_id in (event.story_id, event.other_id or "")
            if (live := self._stories.get(story_id))
        }
        touched = fold(after, decision.events)
        fresh = [story_id for story_id in touched if not self._seen(story_id, position)]
        profiles = self._profiles(decision, fresh)
        group = self._groups.get(decision.language)
        if group is None:
            group = self._groups[decision.language] = Group(decision.language)
        for story_id in sorted(fresh):
            known = self._stories.get(story_id)
            gained = story_id in profiles
            live = Live(
                position=position,
                born=known.born if known else position,
                indexed=position if gained or known is None else known.indexed,
                number=decision.number if gained or known is None else known.number,
                language=decision.language,
                story=after[story_id],
                profile=profiles[story_id] if gained else known.profile if known else "",
            )
            self._stories.put(story_id, live)
            group.index(live, moved=gained or known is None)
        rows: dict[str, bytes | None] = {f"s/{story_id}": self._stories.row(story_id) for story_id in touched}
        for member in self._placed(article, decision, position, group):
            rows[f"a/{member.id}"] = codec.encode(member)
        snapshots = tuple(self._stories[story_id].story for story_id in touched)
        for story_id in decision.forgotten:
            rows.update(dict.fromkeys(self._forget(story_id, group)))
        return Changes(stories=snapshots, rows=rows)

    def _profiles(self, decision: Decision, fresh: list[str]) -> dict[str, str]:
        """The profiles that the decision changes, of the stories that have not applied it."""
        profiles: dict[str, str] = {}

        def change(story_id: str, plus: str = "", minus: str = "") -> None:
            if story_id in fresh:
                known = self._stories.get(story_id)
                held = profiles.get(story_id, known.profile if known else "")
                profiles[story_id] = added(held, plus=plus, minus=minus)

        for event in decision.events:
            if event.type in ("created", "joined"):
                change(event.story_id, plus=decision.vector)
            elif event.type == "revised":
                change(event.story_id, plus=decision.vector, minus=decision.previous)
            elif event.type == "retracted":
                change(event.story_id, minus=decision.previous)
            elif event.type == "merged" and event.other_id:
                younger = self._stories.get(event.story_id)
                change(event.other_id, plus=younger.profile if younger else "")
            elif event.type == "split":
                change(event.story_id, plus=decision.parted)
                change(event.other_id or "", minus=decision.parted)
        return profiles

    def _placed(self, article: TaggedArticle, decision: Decision, position: int, group: Group) -> Iterator[Member]:
        """The members that the decision places, brought up to it."""
        known = self._members.get(article.id)
        if known is None or known.position < position:
            member = Member(id=article.id, position=position, number=decision.number, language=decision.language)
            if article.retracted:
                member.retracted = True
            else:
                own = next((event for event in decision.events if event.article is not None), None)
                member.story = own.story_id if own else known.story if known else ""
                member.fingerprint = fingerprint(article)
                member.revision = article.revision
                member.published = utc(article.published)
                member.vector = decision.vector
                member.terms = pack_keys([key for key in extract(article).tf if key & 3 != TITLE][:COUNTED])
                member.sketch = sketch(article.text)
            if known is not None:
                group.remove_member(known)
                self._leave(known)
            self._members[article.id] = member
            self._enter(member)
            group.add_member(member)
        yield self._members[article.id]
        for event in decision.events:
            for moved in event.moved:
                held = self._members.get(moved.id)
                if held is not None:
                    if held.position < position:
                        self._leave(held)
                        held.story, held.position = event.story_id, position
                        self._enter(held)
                    yield held

    def _forget(self, story_id: str, group: Group) -> list[str]:
        """Drop a story, what was merged into it, and their members; the keys of the rows that go."""
        gone = []
        for one in self._stories.family(story_id):
            for article_id in self._of.pop(one, ()):
                group.remove_member(self._members.pop(article_id))
                gone.append(f"a/{article_id}")
            self._stories.drop(one)
            group.drop(one)
            gone.append(f"s/{one}")
        return gone

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Replace the state by what the rows hold, in any order.

        Raises:
            codec.DecodeError: a row is not what ``apply`` wrote.
        """
        self._reset()
        order: list[tuple[int, str, str]] = []
        for key, data in rows:
            if key.startswith("a/"):
                self._members[key[2:]] = codec.decode(Member, data)
            else:
                live = self._stories.restore(key[2:], data)
                order.append((live.indexed, live.story.id, live.language))
        for member in sorted(self._members.values(), key=lambda member: (member.number, member.id)):
            self._group(member.language).add_member(member)
            self._enter(member)
        for _, story_id, language in sorted(order):
            self._group(language).index(self._stories[story_id])

    def stories(self) -> Iterator[Story]:
        """Every story, the merged and the retracted among them, in the order in which they began."""
        return (live.story for live in self._stories)

    def story_of(self, article_id: str) -> str | None:
        """The live story that an article is in, redirects followed; None: in none."""
        member = self._members.get(article_id)
        return self._stories.standing(member.story) if member and member.story else None

    def assignments(self) -> dict[str, str]:
        """Article → live story, of every article that is in one."""
        return {
            id_: self._stories.standing(member.story) for id_, member in sorted(self._members.items()) if member.story
        }

    def _group(self, language: str) -> Group:
        group = self._groups.get(language)
        if group is None:
            group = self._groups[language] = Group(language)
        return group

    def _enter(self, member: Member) -> None:
        if member.story:
            self._of.setdefault(member.story, []).append(member.id)

    def _leave(self, member: Member) -> None:
        if member.story:
            self._of[member.story].remove(member.id)

    def _seen(self, story_id: str, position: int) -> bool:
        known = self._stories.get(story_id)
        return known is not None and known.position >= position

    def _new_id(self, article_id: str) -> str:
        base = blake2b(article_id.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        story_id, again = base, 1
        while story_id in self._stories:
            again += 1
            story_id = f"{base}-{again}"
        return story_id


class _Events:
    """The events of one decision, numbered."""

    def __init__(self, article_id: str, number: int) -> None:
        self.number = number
        self.all: list[StoryEvent] = []
        self.closed: set[str] = set()
        self._article_id = article_id

    def add(
        self,
        kind: EventType,
        story_id: str,
        at: datetime | None,
        *,
        article: StoryArticle | None = None,
        evidence: Evidence | None = None,
        other_id: str | None = None,
        moved: tuple[StoryArticle, ...] = (),
    ) -> None:
        if kind == "closed":
            self.closed.add(story_id)
        self.all.append(
            StoryEvent(
                id=f"{self._article_id}:{self.number}:{len(self.all)}",
                type=kind,
                story_id=story_id,
                at=at,
                article_id=self._article_id,
                article=article,
                evidence=evidence,
                other_id=other_id,
                moved=moved,
            )
        )

    @property
    def stories(self) -> set[str]:
        """Every story that an event names."""
        return {id_ for event in self.all for id_ in (event.story_id, event.other_id) if id_}

    def drop_closing(self, story_id: str) -> None:
        """A story that the article joins is not closed by it."""
        self.all = [event for event in self.all if event.type != "closed" or event.story_id != story_id]


def group_of(article: TaggedArticle) -> str:
    """The language that an article clusters in: the primary subtag, or ``und``."""
    return (article.language or "und").strip().casefold().replace("_", "-").split("-")[0] or "und"


def fingerprint(article: TaggedArticle) -> str:
    """What makes two deliveries of an id the same: title, text, outlet and date."""
    digest = blake2b(digest_size=9)
    for part in (article.title, article.text, article.source, article.published and utc(article.published)):
        digest.update(str(part).encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()
