"""Names as words: what is a title, what a possessive, what an acronym."""

from __future__ import annotations

import re

from streams.stages.tag.lang import Language
from streams.text import plain_marks

_WORD = re.compile(r"\S+")


def is_honorific(word: str, language: Language) -> bool:
    return plain_marks(word).strip(".,").lower() in language.names.honorifics


def after_honorifics(surface: str, language: Language) -> int:
    """Where in ``surface`` the name proper starts: after the last of its leading titles.

    0 where there is no title, or nothing would be left.
    """
    if " " not in surface:
        return 0
    start = 0
    for word in _WORD.finditer(surface):
        bare = plain_marks(word.group()).strip(".,").lower()
        if bare in language.names.honorifics:
            start = word.end()
        elif bare not in language.names.between_honorifics:
            break
    while start < len(surface) and surface[start].isspace():
        start += 1
    return start if start < len(surface) else 0


def without_possessive(surface: str, language: Language) -> str:
    """``Putin's`` and ``Putin’s`` → ``Putin``; a bare final apostrophe goes too."""
    if not surface.endswith(language.names.possessives):
        return surface
    return surface[: len(surface) - possessive(surface, language)]


def possessive(surface: str, language: Language) -> int:
    """How many characters at the end of ``surface`` are a possessive ending."""
    if not surface.endswith(language.names.possessives):
        return 0
    return next((len(ending) for ending in language.names.possessives if surface.endswith(ending)), 0)


def acronym_of(long: str, short: str) -> bool:
    """Whether ``short`` is made of the initials of ``long``'s words in order; small words may be left out."""
    letters = [char.lower() for char in short if char.isalnum()]
    initials = [(word[0].lower(), not word[0].isupper()) for word in re.findall(r"\w+", long)]
    position = 0
    for initial, optional in initials:
        if position < len(letters) and initial == letters[position]:
            position += 1
        elif not optional:
            return False
    return len(letters) >= 2 and position == len(letters)
