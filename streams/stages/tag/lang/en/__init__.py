"""English: its words, patterns and tables. Nothing decides in here."""

from __future__ import annotations

from importlib.resources import files

from streams.stages.tag.lang.en.genders import GENDERS
from streams.stages.tag.lang.en.names import NAMES
from streams.stages.tag.lang.en.news import NEWS
from streams.stages.tag.lang.en.organisations import ORGANISATIONS
from streams.stages.tag.lang.en.speech import SPEECH
from streams.stages.tag.lang.language import Language

ENGLISH = Language(
    code="en",
    names=NAMES,
    genders=GENDERS,
    organisations=ORGANISATIONS,
    news=NEWS,
    speech=SPEECH,
    data=files(__package__) / "data",
)
