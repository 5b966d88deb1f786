"""Articles to stories, one at a time: decide, then apply. Knows event time only; the same log gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from streams import codec
from streams.clustering.features import BODY, Features, extract, pack, pack_keys, weigh
from streams.clustering.judge import judge
from streams.clustering.present import story_article
from streams.clustering.state import Group, Live, Member, changed, utc
from streams.clustering.story import fold
from streams.records import Decision, Story, StoryArticle, StoryEvent, TaggedArticle


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What applying a decision touched: snapshots to publish, and rows to persist in this order (None: delete)."""

    stories: tuple[Story, ...] = ()
    rows: dict[str, bytes | None] = field(default_factory=dict)


class Clusterer:
    """The stories of one partition. Languages are kept apart; not thread-safe.

    Usage: ``decision = decide(article)``; publish it; ``apply(article, decision, position)``; publish what it returns.
    """

    def __init__(self) -> None:
        self._members: dict[str, Member] = {}
        self._stories: dict[str, Live] = {}
        self._groups: dict[str, Group] = {}

    def decide(self, article: TaggedArticle) -> Decision | None:
        """What the article causes; None: nothing. Changes nothing.

        None is for an article already known with this content, an older revision than the one known, and anything
        under an id that was retracted: a retraction stands, whether it came after the article or before.
        """
        member = self._members.get(article.id)
        language = member.language if member else group_of(article)
        group = self._groups.get(language) or Group(language)
        number = group.number + 1
        if member is not None and member.retracted:
            return None
        if article.retracted:
            if member is None:
                return Decision(article_id=article.id, language=language, number=number)
            return self._retraction(member, number)
        if member is not None and (member.fingerprint == fingerprint(article) or article.revision < member.revision):
            return None
        features = extract(article)
        vector = weigh(features.tf, group.rarity(features.tf))
        packed = pack(vector)
        shown = story_article(article)
        if member is not None:
            event = StoryEvent(
                id=f"{article.id}:{number}:0",
                type="revised",
                story_id=self._standing(member.story),
                at=utc(article.modified or article.published) or group.now(),
                article_id=article.id,
                article=shown,
            )
            return Decision(
                article_id=article.id,
                events=(event,),
                language=language,
                number=number,
                vector=packed,
                previous=member.vector,
            )
        verdict = judge(features, vector, article, group, self._stories)
        event = StoryEvent(
            id=f"{article.id}:{number}:0",
            type="joined" if verdict.story_id else "created",
            story_id=verdict.story_id or self._new_id(article.id),
            at=utc(article.published) or group.now(),
            article_id=article.id,
            article=shown,
            evidence=verdict.evidence,
        )
        return Decision(article_id=article.id, events=(event,), language=language, number=number, vector=packed)

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
        for story_id in fresh:
            known = self._stories.get(story_id)
            gained = story_id in profiles
            self._stories[story_id] = Live(
                position=position,
                indexed=position if gained or known is None else known.indexed,
                language=decision.language,
                story=after[story_id],
                profile=profiles[story_id] if gained else known.profile if known else "",
            )
        group = self._groups.setdefault(decision.language, Group(decision.language))
        for story_id in sorted(fresh):
            group.index(self._stories[story_id])
        rows: dict[str, bytes | None] = {f"s/{id_}": codec.encode(self._stories[id_]) for id_ in touched}
        for member in self._moved(article, decision, position, group):
            rows[f"a/{member.id}"] = codec.encode(member)
        return Changes(stories=tuple(self._stories[story_id].story for story_id in touched), rows=rows)

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Replace the state by what the rows hold, in any order.

        Raises:
            codec.DecodeError: a row is not what ``apply`` wrote.
        """
        self.__init__()  # type: ignore[misc]
        for key, data in rows:
            if key.startswith("a/"):
                self._members[key[2:]] = codec.decode(Member, data)
            else:
                self._stories[key[2:]] = codec.decode(Live, data)
        for member in sorted(self._members.values(), key=lambda member: member.number):
            self._groups.setdefault(member.language, Group(member.language)).add_member(member)
        for live in sorted(self._stories.values(), key=lambda live: (live.indexed, live.story.id)):
            self._groups.setdefault(live.language, Group(live.language)).index(live)

    def stories(self) -> Iterator[Story]:
        """Every story, the merged and the retracted among them, in order of id."""
        for story_id in sorted(self._stories):
            yield self._stories[story_id].story

    def story_of(self, article_id: str) -> str | None:
        """The live story that an article is in, redirects followed; None: in none."""
        member = self._members.get(article_id)
        return self._standing(member.story) if member and member.story else None

    def assignments(self) -> dict[str, str]:
        """Article → live story, of every article that is in one."""
        return {id_: self._standing(member.story) for id_, member in sorted(self._members.items()) if member.story}

    def _retraction(self, member: Member, number: int) -> Decision:
        story_id = self._standing(member.story)
        listed = self._stories[story_id].story.articles
        event = StoryEvent(
            id=f"{member.id}:{number}:0",
            type="retracted",
            story_id=story_id,
            at=self._groups[member.language].now(),
            article_id=member.id,
            article=next((one for one in listed if one.id == member.id), StoryArticle(id=member.id)),
        )
        return Decision(
            article_id=member.id, events=(event,), language=member.language, number=number, previous=member.vector
        )

    def _profiles(self, decision: Decision, fresh: list[str]) -> dict[str, str]:
        """The profiles that the decision changes, of the stories that have not applied it."""
        profiles: dict[str, str] = {}

        def change(story_id: str, plus: str = "", minus: str = "") -> None:
            if story_id in fresh:
                known = self._stories.get(story_id)
                held = profiles.get(story_id, known.profile if known else "")
                profiles[story_id] = changed(held, plus=plus, minus=minus)

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

    def _moved(self, article: TaggedArticle, decision: Decision, position: int, group: Group) -> Iterator[Member]:
        """The members that the decision places, brought up to it."""
        known = self._members.get(article.id)
        if known is None or known.position < position:
            member = Member(id=article.id, position=position, number=decision.number, language=decision.language)
            if article.retracted:
                member.retracted = True
            else:
                own = next((event for event in decision.events if event.article_id == article.id), None)
                member.story = own.story_id if own else known.story if known else ""
                member.fingerprint = fingerprint(article)
                member.revision = article.revision
                member.published = utc(article.published)
                member.vector = decision.vector
                member.terms = pack_keys(_counted(extract(article)))
            if known is not None:
                group.remove_member(known)
            self._members[article.id] = member
            group.add_member(member)
        yield self._members[article.id]
        for event in decision.events:
            for moved in event.moved:
                held = self._members.get(moved.id)
                if held is not None:
                    if held.position < position:
                        held.story, held.position = event.story_id, position
                    yield held

    def _seen(self, story_id: str, position: int) -> bool:
        known = self._stories.get(story_id)
        return known is not None and known.position >= position

    def _standing(self, story_id: str) -> str:
        live = self._stories.get(story_id)
        while live is not None and live.story.redirect_to:
            story_id = live.story.redirect_to
            live = self._stories.get(story_id)
        return story_id

    def _new_id(self, article_id: str) -> str:
        base = blake2b(article_id.encode(), digest_size=8).hexdigest()
        story_id, again = base, 1
        while story_id in self._stories:
            again += 1
            story_id = f"{base}-{again}"
        return story_id


def group_of(article: TaggedArticle) -> str:
    """The language that an article clusters in: the primary subtag, or ``und``."""
    return (article.language or "und").strip().casefold().replace("_", "-").split("-")[0] or "und"


def fingerprint(article: TaggedArticle) -> str:
    """What makes two deliveries of an id the same: title, text, outlet and date."""
    digest = blake2b(digest_size=9)
    for part in (article.title, article.text, article.source, article.published and utc(article.published)):
        digest.update(str(part).encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


def _counted(features: Features) -> list[int]:
    """The keys whose rarity is learned: body words (titles count with them), names and entities. At most 400."""
    return [key for key in features.tf if key & 3 != BODY + 1][:400]


__all__ = ["Changes", "Clusterer", "fingerprint", "group_of"]
