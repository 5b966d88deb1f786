"""Cleaning against other extractors: shingle F1 of pages and of text dumps, out of fold by site, in one run.

Needs LightGBM (the `dev` extra), because every site is cleaned by trees that have not seen it. The peers that are no
dependencies of ours (readability-lxml, newspaper4k) come with the `peers` extra and are left out without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from streams.contracts.records import CleanArticle, RawArticle
from streams.stages.clean import Cleaner, Context
from streams.stages.clean.identity import host_of
from streams.stages.clean.model.line_classifier import LineClassifiers
from streams.stages.clean.parse.lines import split
from training import cleaning_learning, cleaning_samples
from training.cleaning_data import fold_of, read_rows, score

Figures = dict[str, Any]
_PROBE = (
    "<html><body><article><p>"
    + "The mayor said on Monday that the bridge is closed. " * 20
    + "</p></article></body></html>"
)
_DUMPS = ("inscriptis", "html_text", "bs4")


def measure(data: Path, *, peers: bool = True) -> Figures:
    """All figures: ``pages`` and ``dumps`` by extractor, ``skipped`` peers with the reason."""
    pages = read_rows(data / "cleaning" / "pages.jsonl.gz")
    dumps = read_rows(data / "cleaning" / "dumps.jsonl.gz")
    page_samples, dump_samples = cleaning_samples.page_samples(data), cleaning_samples.dump_samples(data)
    classifiers = cleaning_learning.classifiers_by_fold(dump_samples, page_samples)
    sites = len({host_of(row["url"]) for row in pages})
    figures: Figures = {"sites": sites, "pages": {}, "dumps": {}, "skipped": []}
    figures["pages"]["News Streams"] = _timed(pages, lambda row: _cleaned(row, "text/html", classifiers))
    if peers:
        for name, load in _PEERS.items():
            try:
                extract = load()
                extract(_PROBE)
            except ImportError as error:
                figures["skipped"].append(f"{name} ({error}; the `peers` extra has it)")
                continue
            figures["pages"][name] = _timed(pages, partial(_of_html, extract))
    contexts = cleaning_samples.sibling_contexts(dumps, [split(row["text"]) for row in dumps])
    known = {id(row): context for row, context in zip(dumps, contexts, strict=True)}
    siblings = [row for row in dumps if known[id(row)].pages]
    for name, rows, clean in (
        ("not cleaned", dumps, lambda row: row["text"]),
        ("News Streams", dumps, lambda row: _cleaned(row, "text/plain", classifiers)),
        ("News Streams, pages with a sibling", siblings, lambda row: _cleaned(row, "text/plain", classifiers)),
        ("… with host memory", siblings, lambda row: _cleaned(row, "text/plain", classifiers, known[id(row)])),
    ):
        figures["dumps"][name] = _by_kind(rows, clean)
    return figures


def _of_html(extract: Callable[[str], str], row: Figures) -> str:
    return extract(row["html"])


def _cleaned(
    row: Figures, content_type: str, classifiers: list[LineClassifiers], context: Context | None = None
) -> str:
    content = row["html"] if content_type == "text/html" else row["text"]
    raw = RawArticle(content=content, content_type=content_type, url=row["url"])
    outcome = Cleaner(classifiers=classifiers[fold_of(row["url"])]).clean(raw, context)
    return outcome.text if isinstance(outcome, CleanArticle) else ""


def _timed(rows: list[Figures], extract: Callable[[Figures], str]) -> Figures:
    """Score, and milliseconds of processor time a page."""
    extract(rows[0])
    started = time.process_time()
    texts = [extract(row) for row in rows]
    spent = time.process_time() - started
    pairs = zip((row["body"] for row in rows), texts, strict=True)
    return {**score(pairs), "ms": 1000 * spent / len(rows)}


def _by_kind(rows: list[Figures], extract: Callable[[Figures], str]) -> Figures:
    """The mean of the kinds of dump, and each kind's F1."""
    found = {kind: _timed([row for row in rows if row["dump"] == kind], extract) for kind in _DUMPS}
    mean = {key: sum(each[key] for each in found.values()) / len(found) for key in found[_DUMPS[0]]}
    return {**mean, **{kind: each["f1"] for kind, each in found.items()}}


def _trafilatura(*, precise: bool = False) -> Callable[[], Callable[[str], str]]:
    def load() -> Callable[[str], str]:
        import trafilatura

        return lambda html: trafilatura.extract(html, include_comments=False, favor_precision=precise) or ""

    return load


def _readability() -> Callable[[str], str]:
    from lxml import html as markup
    from readability import Document

    def extract(html: str) -> str:
        try:
            summary = Document(html).summary(html_partial=True)
            return "\n".join(markup.fromstring(summary).itertext()) if summary.strip() else ""
        except (ValueError, TypeError, markup.etree.LxmlError):
            return ""

    return extract


def _newspaper() -> Callable[[str], str]:
    import newspaper

    def parsed(html: str, **options: str) -> str:
        article = newspaper.Article("https://example.org/", fetch_images=False, **options)
        article.download(input_html=html)
        article.parse()
        return str(article.text)

    def extract(html: str) -> str:
        try:
            try:
                return parsed(html)
            except (ImportError, LookupError):
                # For the words of a few languages it wants more libraries and corpora: those pages it reads as English.
                return parsed(html, language="en")
        except newspaper.ArticleException:
            return ""

    return extract


def _resiliparse() -> Callable[[str], str]:
    from resiliparse.extract.html2text import extract_plain_text

    return lambda html: str(extract_plain_text(html, main_content=True, alt_texts=False))


def _justext() -> Callable[[str], str]:
    import justext

    words = justext.get_stoplist("English")

    def extract(html: str) -> str:
        try:
            found = justext.justext(html.encode(), words, encoding="utf-8")
        except (ValueError, TypeError):
            return ""
        return "\n".join(part.text for part in found if not part.is_boilerplate)

    return extract


_PEERS: dict[str, Callable[[], Callable[[str], str]]] = {
    "trafilatura": _trafilatura(),
    "trafilatura, favor_precision": _trafilatura(precise=True),
    "readability-lxml": _readability,
    "newspaper4k": _newspaper,
    "resiliparse": _resiliparse,
    "jusText (English stop words)": _justext,
}


def render(figures: Figures) -> str:
    """The figures as a page of Markdown."""
    return "\n".join(_rendered(figures))


def _rendered(figures: Figures) -> Iterator[str]:
    count = next(iter(figures["pages"].values()))["pages"]
    yield f"Pages ({count} of {figures['sites']} sites, cleaned by trees that have not seen the site):"
    yield ""
    yield "| extractor | F1 | precision | recall | mean page F1 | exact | ms a page |"
    yield "|---|---|---|---|---|---|---|"
    for name, row in figures["pages"].items():
        yield f"| {name} | {_cells(row)} | {row['ms']:.1f} |"
    yield ""
    yield "Text dumps (the same pages as three crawlers dump them; mean of the three):"
    yield ""
    yield "| | F1 | precision | recall | mean page F1 | exact | ms a dump | " + " | ".join(_DUMPS) + " |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name, row in figures["dumps"].items():
        kinds = " | ".join(f"{row[kind]:.4f}" for kind in _DUMPS)
        yield f"| {name} | {_cells(row)} | {row['ms']:.1f} | {kinds} |"
    for sentence in figures["skipped"]:
        yield ""
        yield f"Left out: {sentence}."


def _cells(row: Figures) -> str:
    return " | ".join(f"{row[key]:.4f}" for key in ("f1", "precision", "recall", "page_f1", "exact"))
