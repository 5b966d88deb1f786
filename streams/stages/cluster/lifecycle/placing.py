"""An article's row as a decision leaves it: where it is and what it contributes."""

from __future__ import annotations

from hashlib import blake2b

from streams.contracts.records import Decision, TaggedArticle
from streams.stages.cluster.features.article_features import TITLE, Features, pack_keys, read_vector
from streams.stages.cluster.store.story_store import Member, utc

#: Distinct terms of an article whose idf is learned.
COUNTED = 300


def placed_member(
    article: TaggedArticle,
    decision: Decision,
    position: int,
    known: Member | None,
    features: Features,
    *,
    counts_all: bool,
) -> Member:
    """The member after the decision on ``article``; ``known``: as it was before.

    ``counts_all``: whether every article's words count for idf, or only those of one that begins a story.
    """
    own = next((event for event in decision.events if event.article is not None), None)
    # A revision leaves it where it was placed, which may be a story that has been merged since.
    story = known.story if known else own.story_id if own else ""
    member = Member(
        id=article.id,
        position=position,
        number=decision.number,
        language=decision.language,
        story=story,
        fingerprint=fingerprint(article),
        revision=article.revision,
        published=utc(article.published),
        vector=decision.vector,
        proper=pack_keys(filter(features.proper.__contains__, read_vector(decision.vector).keys.tolist())),
        sketch=features.sketch,
        words=len(features.words),
        score=known.score if known else own.evidence.score if own and own.evidence else 0.0,
        mended=known.mended if known else -1,
    )
    if own is not None and own.article is not None:
        shown = own.article
        member.title, member.source, member.credit = shown.title, shown.source, shown.credit
        member.origin = shown.origin
    if counts_all or (own is not None and own.type == "created") or (known is not None and known.terms):
        member.terms = pack_keys([key for key in features.tf if key & 3 != TITLE][:COUNTED])
    return member


def fingerprint(article: TaggedArticle) -> str:
    """What makes two deliveries of an id the same: title, text, outlet and date."""
    digest = blake2b(digest_size=9)
    for part in (article.title, article.text, article.source, article.published and utc(article.published)):
        digest.update(str(part).encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()
