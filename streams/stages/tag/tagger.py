"""Tagging: clean articles in, the same articles with entities and quotations out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from itertools import islice
from pathlib import Path

from streams.contracts.limits import MOST, bounded
from streams.contracts.records import CleanArticle, TaggedArticle
from streams.settings import user_models_dir
from streams.stages.tag.document import Document
from streams.stages.tag.lang import DEFAULT, LANGUAGES, language_of
from streams.stages.tag.ner import Backend, RawSpan, create_backend
from streams.stages.tag.ner.casing import plain_headline
from streams.stages.tag.ner.crf import Relabeller, shipped
from streams.stages.tag.ner.postprocess import repair
from streams.stages.tag.quotes.extract import find_quotes
from streams.stages.tag.resolve.identity import identify
from streams.text import primary_language

#: Between title and text when the two are read as one document.
_BREAK = "\n\n"
#: How far into an article entities and quotations are looked for, code points: the length of a short novel. Repeated
#: without end, names and quotations take a second for every 40,000. What is further on is said to be ``cut``. So is
#: what comes after as many words as a text of that length has.
MOST_READ, MOST_WORDS = 200_000, 40_000
_SPACE = re.compile(r"\s")


class Tagger:
    """A loaded backend, and by language the weights that correct its labels. Make one a process; ``tag`` is pure.

    >>> tagger = create_tagger(backend="gazetteer")
    >>> article = CleanArticle(id="a", text='"We will keep our word," said NATO chief Mark Rutte.')
    >>> [entity.id for entity in tagger.tag([article])[0].entities]
    ['org:nato', 'person:mark-rutte']
    """

    def __init__(self, backend: Backend, relabellers: Mapping[str, Relabeller]) -> None:
        self.backend = backend
        self._relabellers = relabellers

    def tag(self, articles: Sequence[CleanArticle]) -> list[TaggedArticle]:
        """The articles with entities and quotations, in the same order.

        A retraction passes straight through. An article in a language that the backend does not know gets entities
        from the alias tables only; each says so in its ``reason``.
        """
        articles = [bounded(article) for article in articles]
        texts = [_read(_document(article)) for article in articles]
        known = [
            number
            for number, article in enumerate(articles)
            if not article.retracted and (primary_language(article.language) or DEFAULT.code) in self.backend.languages
        ]
        plain = [_plain(article, text) for article, text in zip(articles, texts, strict=True)]
        spans: dict[int, list[RawSpan]] = dict(
            zip(known, self.backend.find([plain[number] for number in known]), strict=True)
        )
        return [
            _copy(article) if article.retracted else self._tag(article, text, plain[number], spans.get(number))
            for number, (article, text) in enumerate(zip(articles, texts, strict=True))
        ]

    def _tag(self, article: CleanArticle, text: str, plain: str, spans: list[RawSpan] | None) -> TaggedArticle:
        """``plain``: the text as names are looked for in it."""
        offset = len(article.title) + len(_BREAK) if article.title else 0
        language = language_of(primary_language(article.language))
        document = Document(plain, language, title_end=len(article.title or ""))
        relabeller = self._relabellers.get(language.code) if spans is not None else None
        found = repair(document, spans or [], relabeller)
        # A name of a thousand words is none, and every way to shorten it would be tried.
        found = [name for name in found if name.end - name.start <= MOST["entity"]]
        entities = identify(article.id, replace(document, text=text), offset, found)
        if spans is None:
            note = f"no model for {article.language or 'this language'}"
            entities = tuple(replace(entity, reason=f"{entity.reason}; {note}") for entity in entities)
        read = text[offset:]
        if len(read) < len(article.text):
            article = replace(article, cut=tuple(dict.fromkeys((*article.cut, "entities", "quotes"))))
        return bounded(replace(_copy(article), entities=entities, quotes=find_quotes(read, entities, language)))


def create_tagger(*, backend: str = "auto", models_dir: Path | None = None) -> Tagger:
    """A tagger with the named backend (``auto``: the fast one, whose weights ship) and weights from ``models_dir``.

    Args:
        models_dir: where ``streams models install`` put the weights; None: the user's data folder.

    Raises:
        ValueError: no such backend.
        WeightsError: its weights are missing or damaged; the message says what to do.

    >>> create_tagger(backend="gazetteer").backend.name
    'gazetteer'
    """
    loaded = create_backend(backend, models_dir or user_models_dir())
    relabellers = {}
    for language in LANGUAGES.values():
        if loaded.relabel is not None and language.code in loaded.languages:
            weights = shipped(language, loaded.relabel)
            if weights is not None:
                relabellers[language.code] = weights
    return Tagger(loaded, relabellers)


def _read(text: str) -> str:
    """As much of a text as is read."""
    text = text[:MOST_READ]
    if len(text) > 2 * MOST_WORDS:
        end = next(islice(_SPACE.finditer(text), MOST_WORDS, None), None)
        return text if end is None else text[: end.start()]
    return text


def _plain(article: CleanArticle, text: str) -> str:
    """The text with a headline that is written like a title as running text."""
    if article.retracted or not article.title:
        return text
    return plain_headline(text, min(len(article.title), len(text)), language_of(primary_language(article.language)))


def _document(article: CleanArticle) -> str:
    return f"{article.title}{_BREAK}{article.text}" if article.title else article.text


def _copy(article: CleanArticle) -> TaggedArticle:
    return TaggedArticle(**{field.name: getattr(article, field.name) for field in fields(article)})
