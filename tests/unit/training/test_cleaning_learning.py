"""Learning the line classifiers, on a few made-up pages: what is written loads, and has learned what there was."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from streams.contracts import codec
from streams.models.trees import load
from streams.stages.clean.extraction import describe_page
from streams.stages.clean.features.line_features import describe, describe_gaps
from streams.stages.clean.model.line_classifier import (
    DUMP_NAMES,
    DUMP_THRESHOLD,
    PAGE_NAMES,
    PAGE_THRESHOLD,
    SECOND,
    LineClassifier,
)
from streams.stages.clean.parse.lines import split
from streams.stages.clean.parse.pages import parse, read_page
from training.cleaning_data import FOLDS, read_pages
from training.cleaning_learning import Plan, fit, fit_corpora, fit_folds
from training.cleaning_samples import described_pages, dump_samples, page_samples

#: Enough trees to tell a menu from a sentence, few enough for a test.
PLAN = Plan((1, 2), 12, 0.3, least=10)
TOWNS = ("Lindvik", "Ostrava", "Kestrel Bay", "San Telmo", "Port Assal", "Corran", "Esbjerg")
THINGS, DAYS = ("ferry", "trawler", "tanker", "yacht"), ("Monday", "Tuesday", "Thursday", "Sunday")
#: What is learned from; the last town and thing are kept for the question.
SITES, PAGES = len(TOWNS) - 1, len(THINGS) - 1
MENU = ["Home", "Sport", "Weather", "Log in", "Contact us"]
FOOT = ["Privacy", "Terms of use", "Follow us", "Newsletter"]


def story(site: int, page: int) -> list[str]:
    """Three paragraphs; no page of a site has a line of another's, numbers aside."""
    town, thing, day = TOWNS[site], THINGS[page], DAYS[page]
    return [
        f"The harbour of {town} was closed on {day} after a {thing} ran aground in thick fog, the coast guard said.",
        f"Divers found no leak in the hull of the {thing} at {town}, and all on board were taken ashore by {day} noon.",
        f"The operator hopes that the {thing} will be towed free at high tide, and that {town} can open after {day}.",
    ]


def html(body: Sequence[str]) -> str:
    menu, foot = ("".join(f"<li><a href=/x>{word}</a></li>" for word in words) for words in (MENU, FOOT))
    article = "".join(f"<p>{paragraph}</p>" for paragraph in body)
    return (
        f"<html><body><nav><ul>{menu}</ul></nav><article>{article}</article>"
        f"<footer><ul>{foot}</ul></footer></body></html>"
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / "cleaning").mkdir()
    dumps: list[dict[str, str]] = []
    pages: list[dict[str, str]] = []
    for site in range(SITES):
        for page in range(PAGES):
            url, body = f"https://site{site}.example/{page}", story(site, page)
            dumps.append({"dump": "plain", "url": url, "body": "\n".join(body), "text": "\n".join(MENU + body + FOOT)})
            pages.append({"url": url, "body": "\n".join(body), "html": html(body)})
    for name, rows in (("dumps", dumps), ("pages", pages)):
        with gzip.open(folder / "cleaning" / f"{name}.jsonl.gz", "wb") as file:
            file.writelines(codec.encode(row) + b"\n" for row in rows)
    return folder


def read_back(files: tuple[bytes, bytes], names: Sequence[str]) -> LineClassifier:
    """As the service reads the weights that it ships."""
    first, second = files
    return LineClassifier(load(first, names), load(second, (*names, *SECOND)))


def test_weights_of_dumps_load_and_tell_an_unseen_article_from_its_menu(data: Path) -> None:
    classifier, files = fit(dump_samples(data), PLAN)
    lines = split("\n".join(MENU + story(SITES, PAGES) + FOOT))
    rows = describe(lines, None).beside(describe_gaps([False] * len(lines)))
    scores = read_back(files, DUMP_NAMES).scores(rows)
    assert scores.tolist() == classifier.scores(rows).tolist()
    assert (scores >= DUMP_THRESHOLD).tolist() == [False] * len(MENU) + [True] * 3 + [False] * len(FOOT)


def test_weights_of_pages_load_and_tell_an_unseen_article_from_its_menu(data: Path) -> None:
    classifier, files = fit(page_samples(described_pages(read_pages(data))), PLAN)
    source = html(story(SITES, PAGES))
    rows = describe_page(source, read_page(parse(source)), None)
    scores = read_back(files, PAGE_NAMES).scores(rows)
    assert scores.tolist() == classifier.scores(rows).tolist()
    assert (scores >= PAGE_THRESHOLD).tolist() == [False] * len(MENU) + [True] * 3 + [False] * len(FOOT)


def test_each_fold_is_judged_by_what_has_not_seen_it(data: Path) -> None:
    """A fold whose labels are all wrong spoils every classifier but its own."""
    samples = page_samples(described_pages(read_pages(data)))
    spoilt = samples[0].fold
    mixed = [replace(each, labels=1 - each.labels) if each.fold == spoilt else each for each in samples]
    clean, dirty = fit_folds(samples, PLAN), fit_folds(mixed, PLAN)
    same = [
        np.array_equal(a.scores(samples[0].rows), b.scores(samples[0].rows)) for a, b in zip(clean, dirty, strict=True)
    ]
    assert same == [fold == spoilt for fold in range(FOLDS)]


def test_each_corpus_is_judged_by_what_has_not_seen_it(data: Path) -> None:
    """Labels that are all wrong spoil the classifier of every corpus but their own."""
    samples = [
        replace(each, corpus="ab"[number % 2])
        for number, each in enumerate(page_samples(described_pages(read_pages(data))))
    ]
    mixed = [replace(each, labels=1 - each.labels) if each.corpus == "a" else each for each in samples]
    clean, dirty = fit_corpora(samples, PLAN), fit_corpora(mixed, PLAN)
    rows = samples[0].rows
    assert np.array_equal(clean["a"].scores(rows), dirty["a"].scores(rows))
    assert not np.array_equal(clean["b"].scores(rows), dirty["b"].scores(rows))
    assert fit_corpora([each for each in samples if each.corpus == "a"], PLAN) == {}
