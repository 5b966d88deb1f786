"""Names as words: what is a title, a particle, a possessive. Lists that every step of tagging shares."""

from __future__ import annotations

import re

from streams.text import plain_marks


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words before a person's name that are not part of it, lower-cased, without full stops.
HONORIFICS = _words("""
    mr mrs ms miss mx dr prof professor sir dame lord lady baron baroness count countess duke duchess prince
    princess king queen emperor empress pope cardinal archbishop bishop father fr sister brother rabbi imam sheikh
    sheik ayatollah reverend rev pastor saint st president vice-president premier chancellor minister secretary
    senator sen congressman congresswoman rep representative governor gov mayor ambassador judge justice attorney
    speaker chairman chairwoman chair chief director commissioner councillor councilman delegate mp deputy
    undersecretary envoy leader general gen lieutenant lt colonel col major maj captain capt commander cmdr admiral
    adm sergeant sgt corporal cpl private pvt brigadier marshal officer detective inspector constable superintendent
    sheriff agent coach manager striker midfielder defender goalkeeper winger skipper quarterback ceo cfo chef actor
    actress singer author writer journalist reporter analyst spokesman spokeswoman spokesperson lawyer economist
    señor señora monsieur madame herr frau hon honourable honorable
""")
#: Words that may stand between the honorific and the name, or between two honorifics ("Prime Minister", "Vice
#: President", "Secretary of State").
_BETWEEN = _words("""
    prime vice deputy foreign defence defense former acting interim ex then of state the
""")

#: Lower-case words inside names of people.
PARTICLES = _words("""
    de da do dos das del della di du la le van von der den ter ten bin ibn al el bint y e
""")

#: Suffixes after a person's name.
SUFFIXES = _words("""
    jr sr ii iii iv
""")

_WORD = re.compile(r"\S+")


def words(surface: str) -> list[str]:
    """The words of a name, marks plain, without commas around them."""
    return [word.strip(',;:"()') for word in plain_marks(surface).split()]


def is_honorific(word: str) -> bool:
    return plain_marks(word).strip(".,").lower() in HONORIFICS


def after_honorifics(surface: str) -> int:
    """Where in ``surface`` the name proper starts: after the last of its leading titles.

    0 where there is no title, or nothing would be left.
    """
    if " " not in surface:
        return 0
    start = 0
    for word in _WORD.finditer(surface):
        bare = plain_marks(word.group()).strip(".,").lower()
        if bare in HONORIFICS:
            start = word.end()
        elif bare not in _BETWEEN:
            break
    while start < len(surface) and surface[start].isspace():
        start += 1
    return start if start < len(surface) else 0


def without_possessive(surface: str) -> str:
    """``Putin's`` and ``Putin’s`` → ``Putin``; a bare final apostrophe goes too."""
    return surface[: len(surface) - possessive(surface)]


def possessive(surface: str) -> int:
    """How many characters at the end of ``surface`` are a possessive ending."""
    if surface.endswith(("'s", "’s")):
        return 2
    return 1 if surface.endswith(("'", "’")) else 0


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
