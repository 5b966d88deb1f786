"""Names that no model is needed for: those of the alias tables, and a headline's, which are the text's own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from streams.contracts.records import EntityType
from streams.stages.tag.document import Document
from streams.stages.tag.resolve import names
from streams.stages.tag.resolve.aliases import Identity
from streams.stages.tag.resolve.found import Name

_TOKEN = re.compile(r"\w[\w'’.&-]*\w|\w")
_CAPITALISED = re.compile(r"(?<!\w)[^\W\d_a-z](?:[\w'’.&-]*\w)?")
#: Shortest bare surname of the tables that is taken for its bearer where the model saw nothing.
_SURNAME = 5


def known_names(document: Document, found: Sequence[Name]) -> list[Name]:
    """``found`` and what the tables know besides: countries, regions, organisations, well-known people; no towns."""
    text, table = document.text, document.table
    result = list(found)
    at = 0
    done = 0
    for token in _CAPITALISED.finditer(text):
        start = token.start()
        while at < len(found) and found[at].end <= start:
            at += 1
        if start < done or not text[start].isupper() or (at < len(found) and found[at].start <= start):
            continue
        word = names.without_possessive(token.group(), document.language)
        if word.lower().rstrip(".") not in table.first_words and word.lower() not in table.first_words:
            continue
        limit = found[at].start if at < len(found) else len(text)
        known = _longest(document, start, limit)
        if known is not None:
            end, identity = known
            result.append(Name(start, end, identity.type, "alias table"))
            done = end
    return sorted(result, key=lambda name: name.start)


def _longest(document: Document, start: int, limit: int) -> tuple[int, Identity] | None:
    """The longest known name that starts at ``start`` and ends before ``limit``."""
    text = document.text
    ends = [
        match.end() for match, _ in zip(_TOKEN.finditer(text, start, min(limit, start + 90)), range(6), strict=False)
    ]
    for end in reversed(ends):
        end -= names.possessive(text[start:end], document.language)
        if text[end : end + 1] == "." and text[start:end].count("."):
            end += 1
        surface = text[start:end]
        identity = document.table.find(surface)
        if identity is None or "\n" in surface or is_town(identity):
            continue
        # A short surname may be a word, and one beside another capitalised word someone else's.
        if (
            identity.type == "PER"
            and " " not in surface
            and (len(surface) < _SURNAME or _beside_name(text, start, end))
        ):
            continue
        if surface.isupper() and _shouted(text, start, end):
            continue
        if text[end : end + 1].isalnum() or text.startswith(document.language.names.halves, end):
            continue
        return end, identity
    return None


def _beside_name(text: str, start: int, end: int) -> bool:
    """Whether the words around are capitalised too, or the first one only opens a sentence."""
    before = re.search(r"(\S+)\s+$", text[max(0, start - 30) : start])
    after = re.match(r"\s+(\S)", text[end : end + 3])
    return bool((after and after.group(1).isupper()) or (before and before.group(1)[0].isupper()))


def _shouted(text: str, start: int, end: int) -> bool:
    """Whether a word in capitals stands among words in capitals: there ``WHO`` and ``US`` are words."""
    around = re.findall(r"[^\W\d_]{2,}", text[max(0, start - 25) : start])[-1:]
    around += re.findall(r"[^\W\d_]{2,}", text[end : end + 25])[:1]
    return bool(around) and all(word.isupper() for word in around)


def headline(document: Document, found: Sequence[Name]) -> list[Name]:
    """A headline in capitals, or without any: its names are those of the text, whatever their case."""
    text, title_end = document.text, document.title_end
    title = text[:title_end]
    letters = [char for char in title if char.isalpha()]
    capitals = sum(char.isupper() for char in letters)
    if not letters or 0.1 < capitals / len(letters) < 0.7:
        return list(found)
    inside = [name for name in found if name.start >= title_end]
    kinds: dict[str, tuple[str, EntityType]] = {}
    for name in inside:
        surface = names.without_possessive(text[name.start : name.end], document.language)
        for part in (surface, surface.split()[-1] if name.type == "PER" else surface):
            kinds.setdefault(part.lower(), (part, name.type))
    taken: list[Name] = []
    lowered = title.lower()
    for lower, (_, kind) in sorted(kinds.items(), key=lambda item: (-len(item[0]), item[0])):
        if len(lower) < 3 or lower not in lowered:
            continue
        for match in re.finditer(rf"(?<!\w){re.escape(lower)}(?!\w)", lowered):
            if len(lowered) == len(title) and all(match.end() <= n.start or n.end <= match.start() for n in taken):
                taken.append(Name(match.start(), match.end(), kind, "named in the text below its headline"))
    kept = [n for n in found if n.start < title_end and all(n.end <= t.start or t.end <= n.start for t in taken)]
    if capitals:
        kept = [name for name in kept if name.why == "alias table"]
    return sorted([*taken, *kept, *inside], key=lambda name: name.start)


def is_town(identity: Identity) -> bool:
    """Whether it is a town, whose name may be a club's: "Liverpool beat Barcelona"."""
    return (identity.detail or "").startswith(("city", "capital"))
