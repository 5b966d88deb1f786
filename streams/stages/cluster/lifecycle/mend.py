"""What a person's correction causes: the events of one decision. Reads the state, changes nothing.

What people decide stands until people undo it: stories that they parted are never merged by the machine, one that they
put together or took from is never split by it (``pins``). An undo is a correction of its own, with the inverse events;
what happened in between stays, and from then on the machine decides again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from streams.contracts.records import Apart, Correction, Decision, Mended, Pins, Story
from streams.stages.cluster.features.article_features import summed
from streams.stages.cluster.lifecycle import pins
from streams.stages.cluster.lifecycle.events import Events
from streams.stages.cluster.lifecycle.handing import handed_over, in_order, members_of
from streams.stages.cluster.lifecycle.links import Links
from streams.stages.cluster.store.mends import Mend, Mends
from streams.stages.cluster.store.story_store import Member, StoryStore

#: Articles that an undo parts at most: what one decision may hold, at some 400 bytes each.
MOST_PARTED = 2048


class UnmendableError(ValueError):
    """A correction that cannot be made, as the stories stand now. The message says why, for whoever sent it."""


def refuse(why: str) -> NoReturn:
    raise UnmendableError(why)


@dataclass(frozen=True, slots=True)
class Mender:
    """A view of a partition's state, and the decision on a correction."""

    members: Mapping[str, Member]
    stories: StoryStore
    #: Story → the articles that were placed in it, merged ones by themselves.
    placed: Mapping[str, Sequence[str]]
    mends: Mends

    def decide(self, correction: Correction, number: int, after: int, new_id: str) -> Decision:
        """The decision on a correction of an id that is not known.

        Args:
            number: of the last decision in the story's language; ``after``: the place of the last one on an article.
            new_id: the id of a story that begins with it.

        Raises:
            UnmendableError: it cannot be made.
        """
        step = _Making(self, correction, Events(None, number, _mended(correction)), new_id)
        match correction.action:
            case "merge":
                step.merge()
            case "split":
                step.split()
            case "move":
                step.move()
            case "pin":
                step.pin()
            case "rename":
                step.name(correction.headline or refuse("it names no headline"), "")
            case "not-news":
                step.hide()
            case "undo":
                step.undo()
        return Decision(
            article_id="",
            events=tuple(step.events.all),
            language=correction.language,
            number=number,
            parted=step.parted,
            correction=correction,
            after=after,
        )

    def home(self, article_id: str) -> str | None:
        """The story that an article is in now; None: in none."""
        member = self.members.get(article_id)
        return self.stories.resolve_redirect(member.story) if member and member.story else None


def made(decision: Decision, place: int) -> Mend:
    """The row of a correction, by its decision alone."""
    assert decision.correction is not None
    told = next((event for event in decision.events if event.pins is None), None)
    if told is None:
        return Mend(correction=decision.correction, place=place, story_id=decision.events[0].story_id)
    ids = (told.other_id or "", told.story_id) if told.type == "merged" else (told.story_id, told.other_id or "")
    moved = tuple(one.id for one in told.moved)
    return Mend(correction=decision.correction, place=place, story_id=ids[0], other_id=ids[1], articles=moved)


def _mended(correction: Correction) -> Mended:
    return Mended(
        correction=correction.id,
        action=correction.action,
        by=correction.by,
        why=correction.why,
        at=correction.at,
        undoes=correction.undoes,
    )


class _Making:
    """The making of one decision."""

    def __init__(self, view: Mender, correction: Correction, events: Events, new_id: str) -> None:
        self.events, self.parted = events, ""
        self._view, self._asked, self._new_id = view, correction, new_id
        #: Pins as this decision has left them so far.
        self._pins: dict[str, Pins] = {}

    def merge(self) -> None:
        one, other = self._live(self._asked.story_id), self._live(self._asked.other_id)
        older = self._join(one, other)
        self._pin(older, replace(self._held(older), whole=(*self._held(older).whole, self._asked.id)))

    def split(self) -> None:
        origin = self._live(self._asked.story_id)
        going = self._of(origin, self._asked.articles)
        inherited = Pins(apart=self._held(origin).apart)
        self._part(origin, self._new_id, going)
        self._keep_apart(self._new_id, inherited, origin)
        self._keep_apart(origin, self._held(origin), self._new_id)

    def move(self) -> None:
        to = self._live(self._asked.story_id)
        origin = self._view.home(self._asked.articles[0]) if self._asked.articles else refuse("it names no article")
        if origin is None:
            refuse(f"article {self._asked.articles[0]} is in no story")
        if origin == to:
            refuse(f"article {self._asked.articles[0]} is in story {to} already")
        self._part(self._live(origin), to, self._of(origin, self._asked.articles))
        held = self._held(to)
        self._keep_apart(to, replace(held, whole=(*held.whole, self._asked.id)), origin)
        self._keep_apart(origin, self._held(origin), to)

    def pin(self) -> None:
        story = self._view.stories[self._live(self._asked.story_id)].story
        if not self._asked.articles:
            if not story.headline:
                refuse(f"story {story.id} has no headline")
            shown = next((one.id for one in story.articles if one.title == story.headline), None)
            self.name(story.headline, shown or refuse("its headline is the title of no article that it lists"))
            return
        article_id = self._asked.articles[0]
        if self._view.home(article_id) != story.id:
            refuse(f"article {article_id} is not in story {story.id}")
        listed = next((one.title for one in story.articles if one.id == article_id), None)
        title = listed or self._view.members[article_id].title
        self.name(title or refuse(f"article {article_id} has no title"), article_id)

    def name(self, headline: str, of: str) -> None:
        """Fix a headline: the title of an article, or (``of`` is empty) a person's own words."""
        story_id = self._live(self._asked.story_id)
        named = replace(self._held(story_id), headline=headline, headline_by=self._asked.id, headline_of=of)
        self._pin(story_id, named)

    def hide(self) -> None:
        story_id = self._live(self._asked.story_id)
        if self._held(story_id).not_news:
            refuse(f"story {story_id} is marked as not news already")
        self._pin(story_id, replace(self._held(story_id), not_news=self._asked.id))

    def undo(self) -> None:
        mend = self._view.mends.get(self._asked.undoes)
        if mend is None:
            refuse(f"no correction {self._asked.undoes} is known here")
        if mend.undone:
            refuse(f"correction {self._asked.undoes} is undone already")
        match mend.correction.action:
            case "undo":
                refuse("an undo cannot be undone: make the correction again")
            case "merge":
                self._take_apart(mend)
            case "split" | "move":
                self._put_back(mend)
        for story_id in self._touched(mend):
            held = self._held(story_id)
            if (left := pins.without(held, mend.correction.id)) != held:
                self._pin(story_id, left)
        if not self.events.all:
            refuse(f"nothing of correction {self._asked.undoes} is left: another has taken its place")

    def _take_apart(self, mend: Mend) -> None:
        """What was the younger story's is a story again, as far as it is still in the one that it was merged into."""
        home = self._now(mend.story_id)
        going = {one.id for one in self._members(mend.other_id) if self._view.home(one.id) == home}
        if not going or len(going) >= self._view.stories[home].story.article_count:
            refuse(f"there are not two stories left in {home}")
        if len(going) > MOST_PARTED:
            refuse(f"{len(going)} articles would part; {MOST_PARTED} can at once: split some out")
        held = self._held(home)
        self._part(home, self._new_id, going)
        inherited = pins.without(Pins(whole=held.whole, apart=held.apart), mend.correction.id)
        if inherited != pins.NONE:
            self._pin(self._new_id, inherited)

    def _put_back(self, mend: Mend) -> None:
        """The articles that are still where they were put go back to where they came from."""
        home, origin = self._now(mend.story_id), self._now(mend.other_id)
        going = [id_ for id_ in mend.articles if self._view.home(id_) == home]
        if not going or home == origin:
            return
        self._live(origin)
        if len(going) < self._view.stories[home].story.article_count:
            self._part(home, origin, going)
            return
        for story_id in (home, origin):
            self._pin(story_id, pins.without(self._held(story_id), mend.correction.id))
        self._join(home, origin)

    def _join(self, one: str, other: str) -> str:
        """Make two stories one; the older, which it is from then on."""
        stories = self._view.stories
        if one == other:
            refuse(f"they are one story already: {one}")
        older, younger = sorted((one, other), key=lambda id_: (stories[id_].born, id_))
        self._same_language(older, younger)
        if bool(self._held(older).not_news) != bool(self._held(younger).not_news):
            refuse("one of them is marked as not news: undo that first")
        linked = Links(stories.story).merge(younger, older)
        self.events.add("merged", younger, self._asked.at, other_id=older, linked=linked)
        both = pins.merged(self._held(older), self._held(younger)) or pins.NONE
        own = {older, younger}
        self._pins[older] = replace(
            both, apart=tuple(each for each in both.apart if self._now(each.story_id) not in own)
        )
        if self._pins[older] != both:
            self._pin(older, self._pins[older])
        return older

    def _part(self, origin: str, to: str, going: Collection[str]) -> None:
        """Articles leave a story that keeps others, for a new one or one that there is."""
        story = self._view.stories[origin].story
        self._same_language(origin, to)
        leaving, kept = handed_over(story, in_order(story, iter(self._members(origin))), going)
        self.parted = summed(*(self._view.members[one.id].vector for one in leaving))
        self.events.add("split", to, self._asked.at, other_id=origin, moved=leaving, kept=kept)

    def _same_language(self, one: str, other: str) -> None:
        languages = {self._view.stories[id_].language for id_ in (one, other) if id_ in self._view.stories}
        if len(languages) > 1:
            refuse(f"stories {one} and {other} are of different languages")

    def _members(self, story_id: str) -> list[Member]:
        return list(members_of(story_id, self._view.stories, self._view.members, self._view.placed))

    def _of(self, story_id: str, articles: Sequence[str]) -> set[str]:
        """The articles, all of one story, of which at least one other stays."""
        going = set(articles) or refuse("it names no article")
        for article_id in articles:
            if self._view.home(article_id) != story_id:
                refuse(f"article {article_id} is not in story {story_id}")
        if len(going) >= self._view.stories[story_id].story.article_count:
            refuse(f"these are all articles of story {story_id}: merge it instead")
        return going

    def _live(self, story_id: str) -> str:
        now = self._now(story_id)
        story = self._view.stories.story(now)
        if story is None or story.status not in ("open", "closed"):
            refuse(f"there is no story {story_id or '(none given)'} here" + (", it was taken back" if story else ""))
        return now

    def _now(self, story_id: str) -> str:
        return self._view.stories.resolve_redirect(story_id)

    def _held(self, story_id: str) -> Pins:
        story: Story | None = self._view.stories.story(story_id)
        return self._pins.get(story_id) or (story.pins if story and story.pins else pins.NONE)

    def _keep_apart(self, story_id: str, held: Pins, other_id: str) -> None:
        self._pin(story_id, replace(held, apart=(*held.apart, Apart(story_id=other_id, correction=self._asked.id))))

    def _pin(self, story_id: str, now: Pins) -> None:
        if not pins.fits(now):
            refuse(f"people have decided {pins.MOST} things of story {story_id}: no more can be kept")
        self._pins[story_id] = now
        self.events.add("revised", story_id, self._asked.at, pins=now)

    def _touched(self, mend: Mend) -> list[str]:
        """The stories that may have pins of a correction: its own, those that took of these, as they are called now."""
        ids = {mend.story_id, mend.other_id} - {""}
        for later in self._view.mends:
            if later.articles and later.other_id in ids:
                ids.add(later.story_id)
        merged = {event.story_id: event.other_id for event in self.events.all if event.type == "merged"}
        now = (self._now(id_) for id_ in sorted(ids))
        return [id_ for id_ in dict.fromkeys(merged.get(each) or each for each in now) if id_ in self._view.stories]
