"""Normalising and tokenising that tagging and clustering share. Kept tiny on purpose."""

from __future__ import annotations

import re
import unicodedata

_SLUG_GAP = re.compile(r"[^a-z0-9]+")
#: Typographic marks that outlets set differently for the same words.
_MARKS = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201b": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"', "\u201f": '"',
     "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u00a0": " "}
)  # fmt: skip


def plain_marks(text: str) -> str:
    """The text with curly quotes, dashes and no-break spaces as ASCII. One code point for one: offsets survive."""
    return text if text.isascii() else text.translate(_MARKS)


def fold(text: str) -> str:
    """A form for comparing: marks plain, case and diacritics gone, white space single. Offsets do not survive."""
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", plain_marks(text))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(bare.casefold().split())


def slug(text: str) -> str:
    """An identifier part: ``Sir Richard Moore`` → ``sir-richard-moore``. Scripts without ASCII forms keep theirs."""
    folded = fold(text)
    ascii_slug = _SLUG_GAP.sub("-", folded).strip("-")
    return ascii_slug or "-".join(re.findall(r"\w+", folded))
