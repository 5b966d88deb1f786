"""What every step of tagging one article shares."""

from __future__ import annotations

from dataclasses import dataclass

from streams.stages.tag.lang import DEFAULT, Language
from streams.stages.tag.resolve.aliases import AliasTable, table


@dataclass(frozen=True, slots=True)
class Document:
    """An article's title and text as one, and the language that it is read in.

    >>> Document("Paris is quiet.").table.find("Paris").id
    'place:paris-fr'
    """

    text: str
    language: Language = DEFAULT
    #: Where the title ends, code points.
    title_end: int = 0

    @property
    def table(self) -> AliasTable:
        """The alias tables of the language."""
        return table(self.language)
