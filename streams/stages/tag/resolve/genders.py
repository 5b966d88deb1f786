"""Whether "he" or "she" may mean a person: from a title, else from a common first name. Unknown is a fine answer."""

from __future__ import annotations

from streams.stages.tag.lang import Language
from streams.text import fold


def gender_of(name: str, language: Language) -> str | None:
    """``m``, ``f`` or None for a full name; None too for a first name that both have."""
    words = fold(name).split()
    first = words[0] if words else ""
    he, she = first in language.genders.he, first in language.genders.she
    return None if he == she else "m" if he else "f"


def gender_of_title(text: str, start: int, language: Language) -> str | None:
    """``m`` or ``f`` where the words before ``start`` end in a title that tells."""
    match = language.genders.title.search(text, max(0, start - 12), start)
    if match is None:
        return None
    return "m" if match.group("m") else "f"
