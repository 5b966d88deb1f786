"""What reading gives: an article and where it was, or why there is none; and what an article may be."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Literal

from streams.contracts.records import RawArticle


@dataclass(frozen=True, slots=True)
class Found:
    """An article and where it was: ``file``, or ``file:line``."""

    article: RawArticle
    where: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What gave no article: skipped (not for us, or a duplicate) or rejected (meant for us, but unusable), and why."""

    kind: Literal["skipped", "rejected"]
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """All that there is was found; more may come."""


def page(data: bytes, content_type: str) -> RawArticle:
    """A page or a dump as it was fetched."""
    try:
        return RawArticle(content=data.decode("utf-8-sig"), content_type=content_type)
    except UnicodeDecodeError:
        # Some other charset: cleaning finds out which, from the bytes.
        return RawArticle(content_base64=base64.b64encode(data).decode(), content_type=content_type)


def checked(article: RawArticle, where: str, max_bytes: int) -> Found | Problem:
    """The article, if it holds something and is no larger than may be."""
    if article.retracted:
        return Found(article, where)
    if article.content is not None:
        if not article.content.strip():
            return Problem("rejected", where, "empty")
        size = len(article.content)
        if size * 4 > max_bytes:  # a code point takes at most four bytes
            size = len(article.content.encode("utf-8", "surrogatepass"))
    else:
        encoded = article.content_base64 or ""
        if not encoded:
            return Problem("rejected", where, "empty")
        size = len(encoded) * 3 // 4 - encoded[-2:].count("=")
    return Problem("rejected", where, too_large(max_bytes)) if size > max_bytes else Found(article, where)


def too_large(limit: int) -> str:
    """Why an article of more than ``limit`` bytes is rejected."""
    return f"too large: an article may have {limit} bytes (STREAMS_MAX_ARTICLE_BYTES)"
