"""What a raw article holds, whatever it came as: a page or a text, and the metadata given beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from streams.contracts import codec
from streams.contracts.records import RawArticle
from streams.stages.clean.parse.decoding import check_text, from_base64, from_bytes, without_surrogates

Kind = Literal["html", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Decoded content and what a JSON body says beside it. ``authors`` and the times are as given."""

    kind: Kind
    text: str
    title: str | None = None
    url: str | None = None
    source: str | None = None
    published: str | None = None
    modified: str | None = None
    language: str | None = None
    authors: tuple[str, ...] = ()
    #: The JSON object that it was found in.
    item: dict[str, Any] | None = None


class BodyError(ValueError):
    """The content cannot be used; ``reason`` is the rejection's."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


_KINDS = {"text/html": "html", "application/xhtml+xml": "html", "text/plain": "text", "application/json": "json",
          "application/ld+json": "json"}  # fmt: skip
_IS_PAGE = re.compile(r"\s{0,100}(?:<\?xml[^>]{0,200}>\s{0,20})?(?:<!--.{0,500}?-->\s{0,20})?<(?:!doctype html|html)\b",
                      re.IGNORECASE | re.DOTALL)  # fmt: skip
_IS_MARKUP = re.compile(r"<(?:p|div|br|article|span|h[1-6])\b[^<>]{0,200}>", re.IGNORECASE)
#: Members of a JSON article, most specific first, as news APIs, feeds and schema.org name them.
_TEXT = ("articleBody", "article_body", "body", "text", "content", "html", "content_html", "body_html", "bodyHtml",
         "full_text", "fulltext", "maintext", "story", "content_text")  # fmt: skip
_TITLE = ("title", "headline", "name")
_URL = ("url", "link", "canonical_url", "permalink", "web_url", "webUrl", "mainEntityOfPage", "@id")
_PUBLISHED = ("datePublished", "published", "published_at", "publishedAt", "date_published", "date_publish", "pubDate",
              "pub_date", "date", "created_at", "timestamp", "webPublicationDate")  # fmt: skip
_MODIFIED = ("dateModified", "modified", "modified_at", "updated", "updated_at", "updatedAt", "date_modified")
_LANGUAGE = ("language", "inLanguage", "lang")
_AUTHORS = ("author", "authors", "byline", "creator")
_SOURCE = ("source", "publisher", "outlet", "site_name", "source_name", "provider")
#: Levels of lists and objects in which names are looked for, and names that are looked at.
_DEEPEST, _MOST_NAMES = 3, 100
_WRAPPERS = ("article", "data", "item", "result", "document", "post", "fields", "response", "payload")


def open_body(raw: RawArticle, max_bytes: int) -> Body:
    """The body of a raw article; raises ``BodyError`` and ``UndecodableError``."""
    main_type = raw.content_type.split(";", 1)[0].strip().lower()
    kind = _KINDS.get(main_type)
    if kind is None:
        raise BodyError("unsupported_type", f"content_type {raw.content_type[:80]!r}")
    if raw.content is None:
        data = from_base64(raw.content_base64 or "")
        _check_size(len(data), max_bytes)
        text = from_bytes(data, raw.content_type)
    else:
        # Four bytes a character at most: only texts that might be too large are measured.
        if len(raw.content) * 4 > max_bytes:
            _check_size(len(raw.content.encode("utf-8", "replace")), max_bytes)
        text = without_surrogates(raw.content)
    if not text.strip():
        raise BodyError("empty", "no content")
    check_text(text)
    if kind == "json":
        return _from_json(text)
    if kind == "text" and _IS_PAGE.match(text):
        kind = "html"
    return Body(kind="html" if kind == "html" else "text", text=text)


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise BodyError("too_large", f"{size} bytes, the limit is {max_bytes}")


def _from_json(text: str) -> Body:
    try:
        value = codec.loads(text)
    except codec.DecodeError as error:
        raise BodyError("undecodable", str(error)[:200]) from None
    best: tuple[int, dict[str, Any]] | None = None
    for candidate in _objects(value):
        size = len(_first(candidate, _TEXT) or "")
        if size and (best is None or size > best[0]):
            best = (size, candidate)
    if best is None:
        raise BodyError("not_an_article", "no text, body, content, articleBody or html in the JSON")
    return _article(best[1])


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects that may be the article: the value, its usual wrappers, and the members of lists and @graph."""
    queue, seen = [(value, 0)], 0
    while queue and seen < 200:
        item, depth = queue.pop(0)
        seen += 1
        if isinstance(item, dict):
            yield item
            if depth < 4:
                queue += [(item[key], depth + 1) for key in (*_WRAPPERS, "@graph", "articles", "items") if key in item]
        elif isinstance(item, list) and depth < 4:
            queue += [(member, depth + 1) for member in item[:50]]


def _article(item: dict[str, Any]) -> Body:
    text = without_surrogates(_first(item, _TEXT) or "")
    if not text.strip():
        raise BodyError("empty", "the JSON's text is empty")
    check_text(text)
    return Body(
        kind="html" if _IS_PAGE.match(text) or _IS_MARKUP.search(text) else "text",
        text=text,
        title=_first(item, _TITLE),
        url=_first(item, _URL),
        source=_first(item, _SOURCE),
        published=_first(item, _PUBLISHED),
        modified=_first(item, _MODIFIED),
        language=_first(item, _LANGUAGE),
        authors=tuple(names(next((item[key] for key in _AUTHORS if item.get(key)), None))),
        item=item,
    )


def _first(item: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    for key in keys:
        value = _text_of(item.get(key))
        if value and value.strip():
            return value
    return None


def _text_of(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        return "\n\n".join(value)
    if isinstance(value, dict):
        return next((part for part in (value.get(key) for key in ("rendered", "name", "value", "text", "@id", "url"))
                     if isinstance(part, str)), None)  # fmt: skip
    return None


def names(value: Any, depth: int = 0) -> list[str]:
    """The names in a JSON author: a string, an object with a name, or a list of them. The first hundred."""
    if depth > _DEEPEST:
        return []
    if isinstance(value, str):
        return [" ".join(value.split())] if value.strip() else []
    if isinstance(value, dict):
        # An author that is an organisation is the outlet, not a person.
        return [] if value.get("@type") == "Organization" else names(value.get("name"), depth + 1)
    if isinstance(value, list):
        return [name for member in value[:20] for name in names(member, depth + 1)][:_MOST_NAMES]
    return []
