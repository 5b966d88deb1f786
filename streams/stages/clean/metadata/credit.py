"""Who is credited in a text: ``(c) Outlet 2025``, ``(Reuters) -``, ``Write to … at …@outlet.com``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import islice

from streams.stages.clean.agencies import agencies

_NOTICE = re.compile(
    r"(?:\(c\)|©|copyright(?:\s*(?:©|\(c\)))?)\s*(?:(?:19|20)\d\d(?:\s?[-–]\s?(?:19|20)\d\d)?\s*,?\s*)?(?:by\s+)?"
    r"(?P<name>[^\d:|.,;©()]{2,60}?)\s*(?:[:|.,;(]|(?:19|20)\d\d|all rights|$)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.+-]{1,64}@(?P<domain>[\w-]{1,63}(?:\.[\w-]{2,63}){1,3})")
_DATELINE = re.compile(r"^.{0,80}?\((?P<name>[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+){0,2})\)\s?[-–—]\s")

#: Mail that anyone may have.
_ANYONES = frozenset(("gmail", "outlook", "hotmail", "yahoo", "icloud", "proton", "protonmail", "gmx", "aol", "mail"))
#: The part of a domain that registries put before the country.
_REGISTRY = frozenset(("co", "com", "org", "net", "ac", "edu", "gov", "or", "ne"))
_NAME = re.compile(r"\b[A-Z][\w'’&-]{0,30}(?: (?:of|the|and|&|de|del|della|la|für|[A-Z][\w'’&-]{0,30})){0,6}")
#: Addresses that are looked at: those of an article's authors come first.
_MOST_ADDRESSES = 10
#: Words of a name, and characters of text in which one is looked for.
_MOST_WORDS, _READ = 7, 20_000
_AGENCIES = agencies("credit")


def find_credit(kept: Sequence[str], dropped: Sequence[str]) -> str | None:
    """The agency or outlet that the text credits: its dateline, then its copyright notice, then its mail domain."""
    for text in kept[:3]:
        dateline = _DATELINE.match(text[:120])
        if dateline and dateline["name"].lower() in _AGENCIES:
            return _AGENCIES[dateline["name"].lower()]
    for text in dropped:
        lower = text[:300].lower()
        if "©" not in lower and "(c)" not in lower and "copyright" not in lower:
            continue
        notice = _NOTICE.search(text[:300])
        if notice and any(char.isalpha() for char in notice["name"]):
            name = " ".join(notice["name"].split()).strip(" -–'\"")
            if name.lower() not in ("all rights reserved", "copyright", "the author", "image", "photo"):
                return _AGENCIES.get(name.lower(), name)
    addresses = (address for text in dropped if "@" in text for address in _ADDRESS.finditer(text[:1000]))
    domains = dict.fromkeys(address["domain"].lower() for address in islice(addresses, _MOST_ADDRESSES))
    found = (_known(domain) or _derived(domain, kept, dropped) for domain in domains)
    return next((name for name in found if name), None)


@lru_cache(maxsize=1)
def _outlets() -> dict[str, str]:
    """Newsrooms by mail domain."""
    rows = (
        files("streams.stages.clean.metadata").joinpath("data", "outlets.tsv").read_text(encoding="utf-8").splitlines()
    )
    return dict(row.split("\t", 1) for row in rows if not row.startswith("#"))


def _known(domain: str) -> str | None:
    parts = domain.split(".")
    tails = (".".join(parts[-size:]) for size in (2, 3))
    return next((name for name in map(_outlets().get, tails) if name), None)


def _derived(domain: str, kept: Sequence[str], dropped: Sequence[str]) -> str | None:
    """The name that the domain spells (``fjordtimes.no``), or in the boilerplate abbreviates (``nfh.no``)."""
    parts = domain.split(".")
    label = parts[-3] if len(parts) > 2 and parts[-2] in _REGISTRY else parts[-2]
    spelled = label.replace("-", "")
    if len(spelled) < 3 or spelled in _ANYONES:
        return None
    boilerplate, text = "\n".join(dropped)[:_READ], "\n".join(kept)[:_READ]
    for place, shortened in ((boilerplate, 2 < len(spelled) < 6), (text, False)):
        for found in _NAME.finditer(place):
            words = found[0].split()
            for start in [index for index, word in enumerate(words) if word[0].isupper()]:
                for stop in range(len(words), start, -1):
                    run = words[start:stop]
                    letters = "".join(char for char in "".join(run).lower() if char.isalnum())
                    initials = "".join(word[0] for word in run if word[0].isupper()).lower()
                    if stop - start <= _MOST_WORDS and (
                        letters in (spelled, f"the{spelled}")
                        or (shortened and len(run) > 2 and initials in (spelled, f"t{spelled}"))
                    ):
                        return " ".join(run)
    return None
