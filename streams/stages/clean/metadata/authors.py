"""Authors' names out of bylines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from streams.stages.clean.agencies import agencies
from streams.text import fold

_PREFIX = re.compile(
    r"^(?:(?:written|posted|published|reported|story|words|text|review(?:ed)?|article|edited|analysis|opinion)\s+)?"
    r"(?:by|von|por|par|di|da|av|af|od|от|автор|текст|text|testo|texto|texte|author|authors|autor|auteur|autore|penulis|oleh)\s*[:：]?\s+",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s*(?:[|•·–—]|\bfor the\b|\bin [A-Z]\w+|\bon [A-Z]?\w+|,?\s*\b(?:updated|published|posted|last)\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b\d{1,2}[:./]\d"
    r"|\b(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)\w*\.? \d|\s-\s).*$",
    re.IGNORECASE | re.DOTALL,
)
#: Degrees and the like, and names that are web addresses.
_LETTERS = re.compile(
    r"^(?-i:[A-Z]{2,5}|(?:[A-Z]\.){2,4}|Ph\.?D\.?|Jr|Sr)$|\w\.(?:com|info|org|net|co)\b", re.IGNORECASE
)
_PARTS = re.compile(r"\s*(?:[,;/&\n]|\band\b|\bund\b|\bet\b|\band\b|\bwith\b|(?<=\w{3})\.\s)\s*")
_ROLE = re.compile(
    r"\b(?:editor|reporter|correspondent|writer|staff|contributor|columnist|producer|journalist|author|newsroom|desk|"
    r"team|press|news|agency|agencies|magazine|editorial|admin|administrator|redaktion|redazione|redacción|redação|"
    r"guest|special to|bureau|service|online|digital|media|senior|chief|photographer|photos?|video|email|view|"
    r"read|reading|follow|share|subscribe|profile|posts?|articles?|all|more|the|about|bio|contact|wire|log|login|sign|create|"
    r"account|from|websites?|insights?|founder|consultant|director|manager|president|head of|officer|former|specialist|"
    r"strategist|analyst|marketing|development|min|mins|minutes?|comments?|views?|menu|home|search|skip)\b|"
    r"^(?:mon|tue|wed|thu|fri|sat|sun)$|https?:|www\.|[@#\d:]",
    re.IGNORECASE,
)
_AGENCIES = agencies("byline")


def clean_names(values: Sequence[str], outlets: Sequence[str] = ()) -> list[str]:
    """The people (and agencies) that the values name, once each, in order; roles, dates and the outlets go."""
    houses = {fold(outlet) for outlet in outlets if outlet}
    found: dict[str, str] = {}
    for value in values:
        text = " ".join(value.split())
        if not text or len(text) > 300 or text.startswith(("http:", "https:", "//", "/")):
            continue
        text = _AFTER.sub("", _PREFIX.sub("", text))
        for part in _PARTS.split(text):
            name = part.strip(" .,:;|-–—()[]\"'")
            for outlet in outlets:
                if outlet and name.casefold().endswith(" " + outlet.casefold()):
                    name = name[: -len(outlet)].strip(" .,-")
            if any(house.startswith(fold(name)) or fold(name).startswith(house) for house in houses):
                continue
            if name.isupper() and " " in name:
                name = name.title()
            if name.lower() in _AGENCIES or (_is_name(name) and not _ROLE.search(name) and not _is_letters(name)):
                found.setdefault(name.casefold(), name)
    return list(found.values())


def _is_letters(text: str) -> bool:
    return bool(_LETTERS.search(text)) and " " not in text


def _is_name(text: str) -> bool:
    parts = text.split()
    if not 1 <= len(parts) <= 5 or len(text) < 3 or len(text) > 50:
        return False
    cased = [part for part in parts if part[0].isupper() or not part[0].isascii()]
    return len(cased) >= max(1, len(parts) - 2) and any(char.isalpha() for char in text)
