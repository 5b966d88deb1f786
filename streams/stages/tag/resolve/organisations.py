"""Which names of organisations are the same, inside one document: acronyms, company suffixes, short forms."""

from __future__ import annotations

import re
from collections.abc import Sequence

from streams.stages.tag.resolve import names
from streams.stages.tag.resolve.found import Name
from streams.text import fold

#: Legal forms at the end of a company's name; they come and go between articles.
_LEGAL = re.compile(
    r"(?i)[\s,]+(?:inc|incorporated|corp|corporation|co|company|ltd|limited|plc|llc|llp|ag|gmbh|sa|s\.a|nv|n\.v|ab|asa|"
    r"oyj|spa|s\.p\.a|se|bhd|berhad|pty|pvt|kk|holdings?|group)\.?$"
)
_AFTER = re.compile(r"\s*\(\s*(?:the\s+)?[\"“']?([^()\"“”']{2,80}?)[\"”']?\s*\)")
_ACRONYM = re.compile(r"[A-Z][A-Za-z]?[A-Z&.0-9-]*[A-Z0-9]s?\.?|[A-Z]{2,}[a-z]?")
#: Bodies that every country has: what they are called alone says nothing across documents.
_GENERIC = re.compile(
    r"(?i)^(?:(?:foreign|interior|defen[cs]e|health|finance|education|justice|energy|trade|economy|transport|"
    r"agriculture|information|labou?r|environment|culture|tourism|home|treasury|state) "
    r"(?:ministry|office|department|secretariat)|ministry of [\w\s,]+|department of [\w\s,]+|"
    r"parliament|congress|senate|house of representatives|national assembly|supreme court|high court|"
    r"constitutional court|court of appeal|"
    r"central bank|reserve bank|army|navy|air force|armed forces|national guard|coast guard|government|cabinet|"
    r"election commission|electoral commission|national police|federal police|police|chamber of commerce|"
    r"(?:labou?r|democratic|socialist|communist|conservative|republican|liberal|green|national|people's) party)$"
)


def generic(surface: str) -> bool:
    """Whether the name needs a country to say which body is meant: ``Foreign Ministry``, ``Supreme Court``."""
    return bool(_GENERIC.match(surface))


def without_legal_form(surface: str) -> str:
    """``Boeing Co.`` → ``Boeing``; a name that is nothing but a legal form stays."""
    while (match := _LEGAL.search(surface)) and match.start() > 2:
        surface = surface[: match.start()]
    return surface


def acronyms(document: str, found: Sequence[Name]) -> dict[str, str]:
    """Short form → long name, from ``Long Name (LN)`` and ``LN (Long Name)`` where the initials agree."""
    pairs: dict[str, str] = {}
    for name in found:
        if name.type == "PER":
            continue
        surface = document[name.start : name.end]
        match = _AFTER.match(document, name.end)
        if match is None:
            continue
        other = match.group(1).strip()
        for long, short in ((surface, other), (other, surface)):
            if " " in long and " " not in short and _ACRONYM.fullmatch(short) and names.acronym_of(long, short):
                pairs.setdefault(short.rstrip("."), long)
    return pairs


def short_forms(document: str, found: Sequence[Name]) -> dict[str, str]:
    """Folded short form → the only longer organisation of the text that starts so: ``Goldman`` → ``Goldman Sachs``.

    A short form of one word must not be a name of its own type elsewhere: a place or a person.
    """
    long_names = {without_legal_form(document[name.start : name.end]) for name in found if name.type == "ORG"}
    others = {fold(document[name.start : name.end]) for name in found if name.type != "ORG"}
    forms: dict[str, str] = {}
    claimed: dict[str, set[str]] = {}
    for long in sorted(long_names):
        words = fold(long).split()
        for count in range(1, len(words)):
            head = " ".join(words[:count])
            if words[count] not in ("of", "and", "for", "&", "'s", "de") and words[count - 1] not in (
                "of",
                "for",
                "the",
            ):
                claimed.setdefault(head, set()).add(long)
    present = {fold(long) for long in long_names}
    for head, longs in claimed.items():
        if len(longs) == 1 and head in present and head not in others:
            forms[head] = next(iter(longs))
    return forms
