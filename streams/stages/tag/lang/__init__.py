"""The languages that tagging knows: a folder of words, patterns and tables each, and a line in ``LANGUAGES``.

Nothing in here decides. ``docs/how-to/add-a-language.md`` says how one is added.
"""

from __future__ import annotations

from streams.stages.tag.lang.en import ENGLISH
from streams.stages.tag.lang.language import Language

__all__ = ["DEFAULT", "LANGUAGES", "Language", "language_of"]

#: By ISO 639-1 code.
LANGUAGES: dict[str, Language] = {language.code: language for language in (ENGLISH,)}
#: Whose rules serve articles in languages that we do not have: names are names, and marks are marks.
DEFAULT = ENGLISH


def language_of(code: str | None) -> Language:
    """The language with this code, or the default one.

    >>> language_of("en").code, language_of("xx").code
    ('en', 'en')
    """
    return LANGUAGES.get(code or DEFAULT.code, DEFAULT)
