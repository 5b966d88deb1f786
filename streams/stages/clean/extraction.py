"""From a body to an article's parts: text dumps by their lines, pages by their blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from streams.contracts.limits import MOST
from streams.contracts.records import Dropped
from streams.models.table import Table
from streams.stages.clean.features.extractor_features import votes
from streams.stages.clean.features.line_features import describe
from streams.stages.clean.features.markup_features import describe_markup
from streams.stages.clean.memory.context import Context
from streams.stages.clean.metadata import dates
from streams.stages.clean.metadata.page_metadata import Metadata, read_metadata
from streams.stages.clean.metadata.traits import NO_TRAITS, read_traits
from streams.stages.clean.model.choice import Choice, choose_dump, choose_page
from streams.stages.clean.model.line_classifier import LineClassifiers
from streams.stages.clean.model.selection import LineVerdict
from streams.stages.clean.page_kind import why_no_article
from streams.stages.clean.parse.bodies import Body, BodyError
from streams.stages.clean.parse.lines import Line, split
from streams.stages.clean.parse.pages import MAX_DEPTH, Page, parse, read_page, without_data
from streams.stages.clean.parse.programs import looks_like_program

#: Pages longer than this (characters), of more elements, or nested deeper than ``MAX_DEPTH``, are judged by their text
#: alone: other extractors' votes and searched dates take seconds for every 50,000 elements, and for a few thousand at
#: some hundred levels, hence a bound of their product too. The largest of 900 development pages has 1.6 million
#: characters, 5,000 elements and 55 levels.
HUGE_PAGE, MAX_ELEMENTS, MAX_ELEMENTS_BY_DEPTH = 2_000_000, 30_000, 1_000_000
#: Text dumps with more lines than this, or more characters than an article's text may have, are no page's; the longest
#: of the development dumps has under 1,000 lines.
MAX_LINES = 20_000
#: Characters of a title that are read: several times what is kept of one; comparing it takes quadratic time.
_LONGEST_TITLE = 4 * MOST["title"]
_COUNT = etree.XPath("count(//*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What was found in a body: the kept paragraphs, the audit, and the metadata beside the text.

    ``confidence`` and ``fallback`` are those of ``Choice``.
    """

    title: str | None
    paragraphs: Sequence[str]
    confidence: float | None = None
    fallback: str | None = None
    dropped: tuple[Dropped, ...] = ()
    dropped_lines: Sequence[str] = ()
    metadata: Metadata


def from_text(body: Body, title: str | None, context: Context, classifiers: LineClassifiers) -> Extracted:
    """The article in a text dump; ``title`` is the producer's. Raises ``BodyError``."""
    if looks_like_program(body.text):
        raise BodyError("not_an_article", "the text is program code")
    lines = split(body.text)
    if len(lines) > MAX_LINES:
        raise BodyError("too_large", f"{len(lines)} lines, the limit is {MAX_LINES}")
    size = sum(len(line.text) for line in lines)
    if size > MOST["text"]:
        raise BodyError("too_large", f"{size} characters of text, the limit is {MOST['text']}")
    choice = choose_dump(lines, _single(title or body.title), context, classifiers)
    metadata = Metadata(
        authors=body.authors,
        published=dates.parse(body.published) if body.published else None,
        modified=dates.parse(body.modified) if body.modified else None,
        site=body.source,
        url=body.url,
        language=body.language,
        traits=read_traits([body.item], {}, body.url) if body.item else NO_TRAITS,
    )
    return _extracted(lines, choice, metadata)


def from_page(
    body: Body, title: str | None, url: str | None, context: Context, classifiers: LineClassifiers
) -> Extracted:
    """The article in a page. Raises ``BodyError``."""
    source = without_data(body.text)
    tree = parse(source)
    if tree is None:
        raise BodyError("not_an_article", "no markup that can be read")
    elements = _COUNT(tree)
    huge = len(source) > HUGE_PAGE or elements > MAX_ELEMENTS
    found = read_metadata(tree, url, search=not huge)
    given = _single(title or body.title or found.title)
    page = read_page(tree)
    if not page.lines:
        raise BodyError("not_an_article", "no text in the page")
    if huge or page.depth > MAX_DEPTH or elements * page.depth > MAX_ELEMENTS_BY_DEPTH:
        choice = choose_dump(page.lines, given, context, classifiers)
    else:
        rows = describe_page(source, page, found.plain_title)
        choice = choose_page(page.lines, rows, given, classifiers)
    # What comes in a JSON body was said to be an article by whoever put it there.
    why = (
        None
        if body.item
        else why_no_article(found.signs, page.lines, page.blocks, [v.reason is None for v in choice.verdicts])
    )
    if why:
        raise BodyError("not_an_article", why)
    metadata = Metadata(
        title=choice.title,
        authors=body.authors or found.authors,
        published=(dates.parse(body.published) if body.published else None) or found.published,
        modified=(dates.parse(body.modified) if body.modified else None) or found.modified,
        site=body.source or found.site,
        url=found.url or body.url,
        language=body.language,
        traits=read_traits([body.item], {}, body.url) if body.item else found.traits,
    )
    return _extracted(page.lines, choice, metadata)


def describe_page(source: str, page: Page, title: str | None) -> Table:
    """The features of a page's blocks: text, markup and the votes of two extractors. Uses the page's tree up."""
    text, markup = describe(page.lines, title), describe_markup(page.blocks)
    return text.beside(markup, votes(source, page.tree, page.lines))


def body_lines(body: Body) -> list[Line]:
    """The lines that the audit's offsets are about."""
    if body.kind == "text":
        return split(body.text)
    tree = parse(without_data(body.text))
    return list(read_page(tree).lines) if tree is not None else []


def _single(text: str | None) -> str | None:
    return " ".join(text[:_LONGEST_TITLE].split()) or None if text else None


def _extracted(lines: Sequence[Line], choice: Choice, metadata: Metadata) -> Extracted:
    kept: list[str] = []
    gone: list[str] = []
    for line, verdict in zip(lines, choice.verdicts, strict=True):
        (kept if verdict.reason is None else gone).append(line.text)
    return Extracted(
        title=choice.title,
        paragraphs=kept,
        confidence=choice.confidence,
        fallback=choice.fallback,
        dropped=_stretches(lines, choice.verdicts),
        dropped_lines=gone,
        metadata=metadata,
    )


def _stretches(lines: Sequence[Line], verdicts: Sequence[LineVerdict]) -> tuple[Dropped, ...]:
    """Neighbouring lines that go for the same reason, as one stretch; its score is the least sure line's."""
    stretches: list[tuple[int, int, str, float]] = []
    reason: str | None = None
    for line, verdict in zip(lines, verdicts, strict=True):
        if verdict.reason is not None and verdict.reason == reason:
            start, _, _, score = stretches[-1]
            stretches[-1] = (start, line.end, reason, min(score, verdict.score))
        elif verdict.reason is not None:
            stretches.append((line.start, line.end, verdict.reason, verdict.score))
        reason = verdict.reason
    return tuple(Dropped(start=start, end=end, reason=why, score=score) for start, end, why, score in stretches)
