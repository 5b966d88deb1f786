"""Quotations: where they are and who is quoted."""

from __future__ import annotations

import re
from collections.abc import Sequence

from streams.records import Entity, Quote

#: Verbs of saying, as news uses them; third person and past are the same form for most.
_SAY = (
    r"said|says|say|saying|told|tells|added|adds|adding|warned|warns|wrote|writes|tweeted|posted|argued|argues|claimed|"
    r"claims|insisted|insists|explained|explains|declared|announced|asked|asks|replied|stated|states|noted|notes|"
    r"stressed|continued|concluded|admitted|acknowledged|conceded|recalled|remarked|urged|vowed|promised|joked|quipped|"
    r"shouted|testified|complained|commented|observed|emphasised|emphasized|reiterated|responded|predicted|suggested|"
    r"thinks|thought|believes|according to|called|described|dubbed"
)
_VERB = re.compile(rf"\b(?:{_SAY})\b")
_PRONOUN = re.compile(r"\b(?:[Hh]e|[Ss]he)\b")
_SPAN = re.compile(r"“([^“”\"\n]*(?:\n\n“[^“”\"\n]*)*)[”\"]|\"([^\"\n]+)\"")
#: A quotation of fewer words than this, with no verb of saying beside it, is a name, a title or a scare quote.
_FEW = 4


def find_quotes(text: str, entities: Sequence[Entity]) -> tuple[Quote, ...]:
    """The quotations of ``text`` in order, each with its speaker's id where a cue beside it names one."""
    people = sorted(
        (mention.start, mention.end, entity.id)
        for entity in entities
        if entity.type in ("PER", "ORG")
        for mention in entity.mentions
        if mention.field == "text"
    )
    person_ids = {entity.id for entity in entities if entity.type == "PER"}
    quotes: list[Quote] = []
    last: str | None = None
    for match in _SPAN.finditer(text):
        inner = match.group(1) or match.group(2)
        start = match.start()
        gap = text.rfind("\n\n", 0, start)
        paragraph = gap + 2 if gap >= 0 else 0
        stop = text.find("\n\n", match.end())
        before = text[paragraph:start]
        after = text[match.end() : stop if stop >= 0 else len(text)]
        speaker, cue, pronoun = _attribute(paragraph, before, after, match.end(), people)
        if cue is None and len(inner.split()) < _FEW:
            continue
        if pronoun:
            earlier = [who for _, end, who in people if end <= start and who in person_ids]
            speaker = last or (earlier[-1] if earlier else None)
        elif cue is None and quotes and "\n\n" not in text[quotes[-1].end : start]:
            speaker = quotes[-1].speaker
        last = speaker or last
        quotes.append(Quote(text=inner, start=start, end=match.end(), speaker=speaker, cue=cue))
    return tuple(quotes)


def _attribute(
    paragraph: int, before: str, after: str, end: int, people: Sequence[tuple[int, int, str]]
) -> tuple[str | None, str | None, bool]:
    """``(speaker id, cue, whether the speaker is a pronoun)`` from the words beside a quotation."""
    sentence = re.split(r"(?<=[.!?])\s", after, maxsplit=1)[0] if not after.startswith("\n") else ""
    closing = _VERB.search(sentence[:60])
    if closing:
        inside = [who for start, stop, who in people if end <= start and stop <= end + len(sentence)]
        if inside:
            return inside[0], sentence.strip(" ,"), False
        if _PRONOUN.search(sentence[: closing.end() + 20]):
            return None, sentence.strip(" ,"), True
    opening = re.split(r"(?<=[.!?])\s", before)[-1]
    verbs = list(_VERB.finditer(opening))
    if verbs:
        begin = paragraph + len(before) - len(opening)
        verb = verbs[-1]
        inside = [who for start, stop, who in people if begin <= start and stop <= begin + verb.start()]
        if inside:
            return inside[-1], opening.strip(" ,:"), False
        if _PRONOUN.search(opening[: verb.start()]):
            return None, opening.strip(" ,:"), True
    return None, None, False
