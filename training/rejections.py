"""`streams eval rejections`: which pages that are no articles are rejected, and which articles are lost with them.

The pages that are no articles are made (``training/not_articles.py``): half of them whole, half in the chrome of real
pages. They are of our own making, and the rules' numbers were chosen on them, so that recall is what the rules do on
structures that we thought of; the share of real articles that are lost is measured on pages that nobody here made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from streams.contracts.records import RawArticle, Rejection
from streams.stages.clean import Cleaner
from training.cleaning_data import read_rows
from training.not_articles import derived, made_up

#: Pages made up, and the seed of both halves.
COUNT, SEED = 150, 1
_ARTICLES = ("pages", "wcxb", "fixtures_newspaper4k", "fixtures_readability")


def measure(data: Path) -> dict[str, Any]:
    """``kinds``: rejected and all pages that are no articles, by half and kind; ``articles``: rejected as no article
    and all of each set; ``precision`` over all of these, ``recall``, and ``lost``, the share of articles."""
    cleaner = Cleaner()
    folder = data / "cleaning"
    kinds: dict[str, list[int]] = {}
    for half, pages in (
        ("made up", made_up(COUNT, SEED)),
        ("derived", derived(read_rows(folder / "pages.jsonl.gz"), SEED)),
    ):
        found: Counter[str] = Counter()
        every: Counter[str] = Counter()
        for page in pages:
            every[page.kind] += 1
            found[page.kind] += is_rejected(cleaner, page.html, page.url)
        kinds |= {f"{half}: {kind}": [found[kind], every[kind]] for kind in sorted(every)}
    articles = {name: _lost(cleaner, read_rows(folder / f"{name}.jsonl.gz")) for name in _ARTICLES}
    right, wrong = sum(hit for hit, _ in kinds.values()), sum(lost for lost, _ in articles.values())
    return {
        "kinds": kinds,
        "articles": articles,
        "precision": right / max(right + wrong, 1),
        "recall": right / max(sum(count for _, count in kinds.values()), 1),
        "lost": wrong / max(sum(count for _, count in articles.values()), 1),
    }


def is_rejected(cleaner: Cleaner, html: str, url: str | None) -> bool:
    """Whether a page is rejected, for whatever reason."""
    return isinstance(cleaner.clean(RawArticle(content=html, content_type="text/html", url=url)), Rejection)


def _lost(cleaner: Cleaner, rows: Iterable[dict[str, Any]]) -> list[int]:
    verdicts = [is_rejected(cleaner, row["html"], row["url"]) for row in rows]
    return [sum(verdicts), len(verdicts)]


def render(figures: dict[str, Any]) -> str:
    """The figures as a page of Markdown."""
    return "\n".join(_rendered(figures))


def _rendered(figures: dict[str, Any]) -> Iterator[str]:
    count = sum(every for _, every in figures["kinds"].values())
    articles = sum(every for _, every in figures["articles"].values())
    yield f"Pages that are no articles ({count}, made by `training/not_articles.py`), and {articles} articles:"
    yield ""
    yield (
        f"Precision {figures['precision']:.3f}, recall {figures['recall']:.3f}; "
        f"{100 * figures['lost']:.2f} % of the articles are lost."
    )
    yield ""
    yield "| pages | rejected | of |"
    yield "|---|---|---|"
    for name, (hit, every) in {**figures["kinds"], **figures["articles"]}.items():
        yield f"| {name} | {hit} | {every} |"
