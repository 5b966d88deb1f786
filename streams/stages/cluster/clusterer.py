"""Articles to stories, one at a time: decide, then apply. Knows event time only; the same log gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from streams.contracts import codec
from streams.contracts.records import Correction, Decision, Grain, Story, TaggedArticle
from streams.models.table import Table
from streams.stages.cluster.changes import Changes, Size
from streams.stages.cluster.features.article_features import Features, extract
from streams.stages.cluster.index.language_index import LanguageIndex
from streams.stages.cluster.lifecycle.decide import Decider, new_story_id
from streams.stages.cluster.lifecycle.effects import looked_through, profiles
from streams.stages.cluster.lifecycle.fold import fold, named
from streams.stages.cluster.lifecycle.mend import Mender, made
from streams.stages.cluster.lifecycle.placing import fingerprint, placed_member
from streams.stages.cluster.match.follow import LinkWeights, shipped_links
from streams.stages.cluster.match.join_model import shipped
from streams.stages.cluster.match.match import GRAINS, JoinModel, Matcher
from streams.stages.cluster.match.nearest import Nearest, PairModel, shipped_pairs
from streams.stages.cluster.match.scored import Scored
from streams.stages.cluster.store.mends import Mends
from streams.stages.cluster.store.story_store import Member, StoryState, StoryStore
from streams.text import language_key


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
        self._mends = Mends()
        #: The newest position of an article that was applied.
        self._latest = -1
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

    def pair(self, article_id: str, other_id: str) -> Table | None:
        """The features of two members as a pair; None: one is not known or has no words, or they differ in language."""
        one, other = self._members.get(article_id), self._members.get(other_id)
        if one is None or other is None or one.language != other.language or not (one.vector and other.vector):
            return None
        return self._decider(one.language).matcher.nearest.pair(one, other)

    def _decider(self, language: str) -> Decider:
        group = self._group_or_new(language)
        nearest = Nearest(self._members, self._stories, group, self._pair_model)
        matcher = Matcher(self._stories, group, self._join_model, nearest, self._lean, self._link_weights)
        return Decider(self._members, self._stories, group, matcher, self._of)

    def apply(self, article: TaggedArticle, decision: Decision, position: int) -> Changes:
        """Carry a decision out at the article's position in its partition. Rows that have applied it stay as they are.

        Returns every row and story that the decision touches as it now stands, also when nothing was left to do.
        """
        touched = self._carry(decision, position)
        group = self._group(decision.language)
        rows: dict[str, bytes | None] = {f"s/{story_id}": self._stories.row(story_id) for story_id in touched}
        for member in self._placed(article, decision, position, group):
            rows[f"a/{member.id}"] = codec.encode(member)
        snapshots = tuple(self._stories[story_id].story for story_id in touched)
        for story_id in decision.forgotten:
            rows.update(dict.fromkeys(self._forget(story_id, group)))
        gone = tuple(key[2:] for key, row in rows.items() if row is None and key.startswith("s/"))
        self._latest = max(self._latest, position)
        return Changes(stories=snapshots, rows=rows, forgotten=gone)

    def mend(self, correction: Correction) -> Decision | None:
        """What a person's correction causes; None: one of its id is known. Changes nothing.

        Raises:
            UnmendableError: it cannot be made as the stories stand.
        """
        if correction.id in self._mends:
            return None
        undone = self._mends.get(correction.undoes)
        about = self._stories.get(undone.story_id if undone else correction.story_id)
        language = about.language if about else correction.language
        mender = Mender(self._members, self._stories, self._of, self._mends)
        number = self._group_or_new(language).number
        return mender.decide(
            replace(correction, language=language), number, self._latest, new_story_id(correction.id, self._stories)
        )

    def apply_mend(self, decision: Decision, place: int) -> Changes:
        """Carry out a decision on a correction, which stands at ``place`` among the corrections; as ``apply``."""
        touched = self._carry(decision, place)
        rows: dict[str, bytes | None] = {f"s/{story_id}": self._stories.row(story_id) for story_id in touched}
        for event in decision.events:
            for moved in event.moved:
                held = self._members.get(moved.id)
                if held is not None:
                    if held.mended < place:
                        self._move(held, event.story_id)
                        held.mended = place
                    rows[f"a/{held.id}"] = codec.encode(held)
        # Last: who finds it finds all that it did.
        rows |= self._mends.note(made(decision, place))
        return Changes(stories=tuple(self._stories[story_id].story for story_id in touched), rows=rows)

    def _carry(self, decision: Decision, place: int) -> tuple[str, ...]:
        """Bring the stories that the decision names up to it, as far as they are not; the ids of all of them."""
        by_person = decision.correction is not None
        position = decision.after if by_person else place
        after = {
            story_id: live.story
            for event in decision.events
            for story_id in named(event)
            if (live := self._stories.get(story_id))
        }
        touched = fold(after, decision.events)
        fresh = [story_id for story_id in touched if not self._seen(story_id, place, by_person)]
        changed = profiles(decision, fresh, self._stories)
        looked = looked_through(decision)
        group = self._group(decision.language)
        for story_id in sorted(fresh):
            known = self._stories.get(story_id)
            moved = story_id in changed or known is None
            live = known or StoryState(
                position=position,
                born=position,
                indexed=position,
                number=decision.number,
                language=decision.language,
                story=after[story_id],
            )
            now = after[story_id]
            live = replace(live, story=now, mended=place) if by_person else replace(live, story=now, position=place)
            if moved:
                shelved, profile = place if by_person else -1, changed.get(story_id, "")
                live = replace(live, indexed=position, shelved=shelved, number=decision.number, profile=profile)
            if story_id in looked:
                live = replace(live, looked=live.story.article_count)
            self._stories.put(story_id, live)
            group.index(live, moved=moved)
        return touched

    def _placed(
        self, article: TaggedArticle, decision: Decision, position: int, group: LanguageIndex
    ) -> Iterator[Member]:
        """The members that the decision places, brought up to it."""
        known = self._members.get(article.id)
        if known is None or known.position < position:
            if article.retracted:
                member = Member(
                    id=article.id,
                    position=position,
                    number=decision.number,
                    language=decision.language,
                    retracted=True,
                )
            else:
                features, all_count = self._features(article), group.counts_all
                member = placed_member(article, decision, position, known, features, counts_all=all_count)
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
                        self._move(held, event.story_id)
                        held.position = position
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
        order: list[tuple[int, int, str, str]] = []
        for key, data in rows:
            if key.startswith("a/"):
                member = self._members[key[2:]] = codec.decode(Member, data)
                self._latest = max(self._latest, member.position)
            elif key.startswith("c/"):
                self._mends.restore(data)
            else:
                live = self._stories.restore(key[2:], data)
                order.append((live.indexed, live.shelved, live.story.id, live.language))
                self._latest = max(self._latest, live.position)
        for member in sorted(self._members.values(), key=lambda member: (member.number, member.id)):
            self._group(member.language).add_member(member)
            self._enter(member)
        for *_, story_id, language in sorted(order):
            self._group(language).index(self._stories[story_id])

    @property
    def size(self) -> Size:
        """How much it holds; costs nothing to ask."""
        return Size(articles=len(self._members), stories=len(self._stories), open_stories=self._stories.open)

    @property
    def newest(self) -> int:
        """The newest position that an article was placed at; -1 where there is none."""
        return max((member.position for member in self._members.values()), default=-1)

    @property
    def newest_mend(self) -> int:
        """The newest place of a correction; -1 where there is none."""
        return self._mends.newest

    def stories(self) -> Iterator[Story]:
        """Every story, the merged and the retracted among them, in the order in which they began."""
        return (live.story for live in self._stories)

    def story(self, story_id: str) -> Story | None:
        """The story of this id, redirects not followed; None: there is none."""
        return self._stories.story(story_id)

    def resolve(self, story_id: str) -> str:
        """The story that one has become, redirects followed."""
        return self._stories.resolve_redirect(story_id)

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

    def _group_or_new(self, language: str) -> LanguageIndex:
        return self._groups.get(language) or LanguageIndex(language)

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

    def _move(self, member: Member, story_id: str) -> None:
        self._leave(member)
        member.story = story_id
        self._enter(member)

    def _seen(self, story_id: str, place: int, by_person: bool) -> bool:
        known = self._stories.get(story_id)
        return known is not None and (known.mended if by_person else known.position) >= place
