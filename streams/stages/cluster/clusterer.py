"""Articles to stories, one at a time: decide, then apply. Knows event time only; the same log gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from streams.contracts import codec
from streams.contracts.records import Decision, Grain, Story, TaggedArticle
from streams.models.table import Table
from streams.stages.cluster.features.article_features import TITLE, Features, extract, pack_keys, read_vector, summed
from streams.stages.cluster.index.language_index import LanguageIndex
from streams.stages.cluster.lifecycle.decide import Decider
from streams.stages.cluster.lifecycle.fold import fold, named
from streams.stages.cluster.match.follow import LinkWeights, shipped_links
from streams.stages.cluster.match.join_model import shipped
from streams.stages.cluster.match.match import GRAINS, JoinModel, Matcher
from streams.stages.cluster.match.nearest import Nearest, PairModel, shipped_pairs
from streams.stages.cluster.match.scored import Scored
from streams.stages.cluster.store.story_store import Member, StoryState, StoryStore, utc
from streams.text import language_key

#: Distinct terms of an article whose idf is learned.
COUNTED = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What applying a decision touched: snapshots to publish, and rows to persist in this order (None: delete)."""

    stories: tuple[Story, ...] = ()
    rows: dict[str, bytes | None] = field(default_factory=dict)
    #: Stories that are forgotten: their snapshots go.
    forgotten: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many articles and stories a clusterer remembers, retracted, closed and merged ones among them, and how many
    stories of these take articles."""

    articles: int
    stories: int
    open_stories: int


class Clusterer:
    """The stories of one partition. Languages are kept apart; not thread-safe.

    Usage: ``decision = decide(article)``; publish it; ``apply(article, decision, position)``; publish what it returns.
    """

    def __init__(
        self,
        join_model: JoinModel | None = None,
        pair_model: PairModel | None = None,
        grain: Grain = "balanced",
        link_weights: LinkWeights | None = None,
    ) -> None:
        self._lean = GRAINS[grain]
        self._join_model = join_model or shipped()
        self._pair_model = pair_model or shipped_pairs()
        self._link_weights = link_weights or shipped_links()
        self._reset()

    def _reset(self) -> None:
        self._members: dict[str, Member] = {}
        self._stories = StoryStore()
        self._groups: dict[str, LanguageIndex] = {}
        self._of: dict[str, list[str]] = {}
        self._read: tuple[TaggedArticle, Features] | None = None

    def decide(self, article: TaggedArticle) -> Decision | None:
        """What the article causes; None: nothing. Changes nothing.

        None is for an article already known with this content, an older revision than the one known, and anything
        under an id that was retracted: a retraction stands, whether it came after the article or before.
        """
        member = self._members.get(article.id)
        language = member.language if member else language_key(article.language)
        decider = self._decider(language)
        if member is None:
            if article.retracted:
                return Decision(article_id=article.id, language=language, number=decider.group.number + 1)
            return decider.new(article, self._features(article), language)
        if member.retracted:
            return None
        if article.retracted:
            return decider.retraction(member)
        if member.fingerprint == fingerprint(article) or article.revision < member.revision:
            return None
        return decider.revision(article, self._features(article), member)

    def contenders(self, article: TaggedArticle) -> Scored:
        """The stories that the article might join, were it new, with what speaks for each. Changes nothing."""
        return self._decider(language_key(article.language)).contenders(article, self._features(article))

    def pairs(self, article: TaggedArticle) -> Iterator[tuple[str, Table]]:
        """The contenders of a new article, each with the features of its pairs with the listed members."""
        return self._decider(language_key(article.language)).pairs(article, self._features(article))

    def _decider(self, language: str) -> Decider:
        group = self._groups.get(language) or LanguageIndex(language)
        nearest = Nearest(self._members, self._stories, group, self._pair_model)
        matcher = Matcher(self._stories, group, self._join_model, nearest, self._lean, self._link_weights)
        return Decider(self._members, self._stories, group, matcher, self._of)

    def apply(self, article: TaggedArticle, decision: Decision, position: int) -> Changes:
        """Carry a decision out at the article's position in its partition. Rows that have applied it stay as they are.

        Returns every row and story that the decision touches as it now stands, also when nothing was left to do.
        """
        after = {
            story_id: live.story
            for event in decision.events
            for story_id in named(event)
            if (live := self._stories.get(story_id))
        }
        touched = fold(after, decision.events)
        fresh = [story_id for story_id in touched if not self._seen(story_id, position)]
        profiles = self._profiles(decision, fresh)
        looked = self._looked(decision)
        group = self._group(decision.language)
        for story_id in sorted(fresh):
            known = self._stories.get(story_id)
            gained = story_id in profiles
            live = StoryState(
                position=position,
                born=known.born if known else position,
                indexed=position if gained or known is None else known.indexed,
                number=decision.number if gained or known is None else known.number,
                language=decision.language,
                story=after[story_id],
                profile=profiles[story_id] if gained else known.profile if known else "",
                looked=after[story_id].article_count if story_id in looked else known.looked if known else 0,
            )
            self._stories.put(story_id, live)
            group.index(live, moved=gained or known is None)
        rows: dict[str, bytes | None] = {f"s/{story_id}": self._stories.row(story_id) for story_id in touched}
        for member in self._placed(article, decision, position, group):
            rows[f"a/{member.id}"] = codec.encode(member)
        snapshots = tuple(self._stories[story_id].story for story_id in touched)
        for story_id in decision.forgotten:
            rows.update(dict.fromkeys(self._forget(story_id, group)))
        gone = tuple(key[2:] for key, row in rows.items() if row is None and key.startswith("s/"))
        return Changes(stories=snapshots, rows=rows, forgotten=gone)

    def _looked(self, decision: Decision) -> set[str]:
        """The stories that are as large as when they were looked through: also the parts of a split, and what was
        merged, lest two stories part and merge again and again without having grown."""
        parted = (event for event in decision.events if event.type in ("split", "merged"))
        return {decision.looked, *(id_ for event in parted for id_ in (event.story_id, event.other_id) if id_)}

    def _profiles(self, decision: Decision, fresh: list[str]) -> dict[str, str]:
        """The profiles that the decision changes, of the stories that have not applied it."""
        profiles: dict[str, str] = {}

        def change(story_id: str, plus: str = "", minus: str = "") -> None:
            if story_id in fresh:
                known = self._stories.get(story_id)
                held = profiles.get(story_id, known.profile if known else "")
                profiles[story_id] = summed(held, plus, minus=minus)

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

    def _placed(
        self, article: TaggedArticle, decision: Decision, position: int, group: LanguageIndex
    ) -> Iterator[Member]:
        """The members that the decision places, brought up to it."""
        known = self._members.get(article.id)
        if known is None or known.position < position:
            member = Member(id=article.id, position=position, number=decision.number, language=decision.language)
            if article.retracted:
                member.retracted = True
            else:
                own = next((event for event in decision.events if event.article is not None), None)
                member.story = own.story_id if own else known.story if known else ""
                member.score = known.score if known else own.evidence.score if own and own.evidence else 0.0
                if own is not None and own.article is not None:
                    shown = own.article
                    member.title, member.source, member.credit = shown.title, shown.source, shown.credit
                    member.origin = shown.origin
                member.fingerprint = fingerprint(article)
                member.revision = article.revision
                member.published = utc(article.published)
                member.vector = decision.vector
                features = self._features(article)
                member.proper = pack_keys(
                    filter(features.proper.__contains__, read_vector(decision.vector).keys.tolist())
                )
                begins = own is not None and own.type == "created"
                if begins or group.counts_all or (known is not None and known.terms):
                    member.terms = pack_keys([key for key in features.tf if key & 3 != TITLE][:COUNTED])
                member.sketch = features.sketch
                member.words = len(features.words)
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

    def _forget(self, story_id: str, group: LanguageIndex) -> list[str]:
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

    @property
    def size(self) -> Size:
        """How much it holds; costs nothing to ask."""
        return Size(articles=len(self._members), stories=len(self._stories), open_stories=self._stories.open)

    @property
    def newest(self) -> int:
        """The newest position that an article was placed at; -1 where there is none."""
        return max((member.position for member in self._members.values()), default=-1)

    def stories(self) -> Iterator[Story]:
        """Every story, the merged and the retracted among them, in the order in which they began."""
        return (live.story for live in self._stories)

    def story(self, story_id: str) -> Story | None:
        """The story of this id, redirects not followed; None: there is none."""
        return self._stories.story(story_id)

    def story_of(self, article_id: str) -> str | None:
        """The live story that an article is in, redirects followed; None: in none."""
        member = self._members.get(article_id)
        return self._stories.resolve_redirect(member.story) if member and member.story else None

    def assignments(self) -> dict[str, str]:
        """Article → live story, of every article that is in one."""
        return {
            id_: self._stories.resolve_redirect(member.story)
            for id_, member in sorted(self._members.items())
            if member.story
        }

    def _features(self, article: TaggedArticle) -> Features:
        """The article's features, read once for ``decide`` and ``apply``."""
        if self._read is None or self._read[0] is not article:
            self._read = article, extract(article)
        return self._read[1]

    def _group(self, language: str) -> LanguageIndex:
        group = self._groups.get(language)
        if group is None:
            group = self._groups[language] = LanguageIndex(language)
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


def fingerprint(article: TaggedArticle) -> str:
    """What makes two deliveries of an id the same: title, text, outlet and date."""
    digest = blake2b(digest_size=9)
    for part in (article.title, article.text, article.source, article.published and utc(article.published)):
        digest.update(str(part).encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()
