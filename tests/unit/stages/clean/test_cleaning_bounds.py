"""Hostile input: a verdict within a bounded time, whatever it is."""

import time

import pytest

from streams.contracts.records import CleanArticle, RawArticle, Rejection
from streams.stages.clean import Cleaner

CLEANER = Cleaner()
PARAGRAPH = "The harbour of Esbjerg will be closed for two weeks, the port authority said on Monday.\n"
#: Seconds. Each takes under two alone on a laptop's core; a quadratic step would take minutes.
LIMIT = 25.0

HOSTILE = {
    "nested divs": ("<div>" * 10_000 + "Hello world" + "</div>" * 10_000, "text/html"),
    "nested spans": ("<p>" + "<span>" * 10_000 + PARAGRAPH, "text/html"),
    "unclosed tags": ("<" * 200_000, "text/html"),
    "half tags": ("<a " * 100_000, "text/html"),
    "attributes": (
        "<div " + " ".join(f"a{number}='x'" for number in range(50_000)) + f">{PARAGRAPH}</div>",
        "text/html",
    ),
    "comments": ("<!--" * 100_000 + PARAGRAPH, "text/html"),
    "many paragraphs": (f"<p>{PARAGRAPH}</p>" * 30_000, "text/html"),
    "one giant paragraph": ("<p>" + "word, and. " * 250_000 + "</p>", "text/html"),
    "an article over and over": (
        "\n\n".join(f"{PARAGRAPH} It is day {day % 40}, {day % 3} ships wait." for day in range(9_000)),
        "text/plain",
    ),
    "100,000 lines": ("a short line here\n\n" * 100_000, "text/plain"),
    "one giant line": ("word, and. " * 200_000, "text/plain"),
    "one giant word": ("a" * 3_000_000, "text/plain"),
    "blank space": (" " * 3_000_000 + "x", "text/plain"),
    "brackets": (("(" * 490 + "\n") * 1_000, "text/plain"),
    "addresses": (("a@" * 240 + "\n\n") * 500, "text/plain"),
    "dots": (("a." * 240 + "\n\n") * 500, "text/plain"),
    "cues": (("read more also next " * 20 + "\n\n") * 500, "text/plain"),
    "mojibake": ("â€™ Ã© " * 100_000, "text/plain"),
    "deep JSON": ("[" * 100_000 + "]" * 100_000, "application/json"),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_input_ends_in_a_verdict_in_time(name: str) -> None:
    content, content_type = HOSTILE[name]
    started = time.process_time()
    outcome = CLEANER.clean(RawArticle(content=content, content_type=content_type))
    assert isinstance(outcome, CleanArticle | Rejection)
    assert time.process_time() - started < LIMIT


SCRIPTS = {
    "ja": "市は五日、中央図書館の開館時間を来月から午後十時まで延長すると発表した。\n\n"
    "館長は「静かに本を読める場所を残したい」と話した。",
    "ar": "أعادت البلدية يوم الجمعة فتح الحديقة القديمة في وسط المدينة.\n\n"
    "وعبر السكان عن سعادتهم بعودة المكان بعد عامين.",
}


@pytest.mark.parametrize("language", sorted(SCRIPTS))
def test_other_scripts_are_articles_too(language: str) -> None:
    article = CLEANER.clean(RawArticle(content=SCRIPTS[language]))
    assert isinstance(article, CleanArticle)
    assert (article.text, article.language) == (SCRIPTS[language], language)
