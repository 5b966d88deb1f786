"""What must be known of a page to follow it: where its own address is, and whether its words have changed. Linear in
its size; the article itself is for cleaning to find."""

from __future__ import annotations

import html
import re
from hashlib import blake2b
from urllib.parse import urljoin

from streams.follow.sources import web_address
from streams.stages.clean import canonical_url

#: Bytes in which a page's head is looked for.
_HEAD = 262_144
_HTML = re.compile(rb"<html\b[^>]{0,2000}>", re.IGNORECASE)
_AMP = re.compile(rb"\s(?:amp|\xe2\x9a\xa1)(?=[\s=>])", re.IGNORECASE)
_LINK = re.compile(rb"<link\b[^>]{0,4000}>", re.IGNORECASE)
_CANONICAL = re.compile(rb"""\brel\s*=\s*["']?\s*canonical\b""", re.IGNORECASE)
_HREF = re.compile(rb"""\bhref\s*=\s*(?:"([^"]{1,4000})"|'([^']{1,4000})'|([^\s"'>]{1,4000}))""", re.IGNORECASE)
#: Elements whose content nobody reads, and which differs from one fetch to the next.
_UNREAD = (b"script", b"style", b"noscript", b"template", b"svg")


def page_behind_amp(body: bytes, url: str) -> str | None:
    """The address of the page that an AMP page is a copy of; None where it is none, or names none other.

    >>> page_behind_amp(b'<html amp><link rel="canonical" href="/a">', "https://example.org/a/amp")
    'https://example.org/a'
    """
    opening = _HTML.search(body, 0, _HEAD)
    if opening is None or _AMP.search(opening.group()) is None:
        return None
    for link in _LINK.findall(body[:_HEAD]):
        href = _HREF.search(link) if _CANONICAL.search(link) else None
        if href is not None:
            written = next(part for part in href.groups() if part is not None).decode("utf-8", "replace")
            address = urljoin(url, html.unescape(written).strip()).partition("#")[0]
            if not web_address(address) or address == url or canonical_url(address) is None:
                return None
            return address
    return None


def words_digest(body: bytes) -> str:
    """A digest of what stands between a page's tags, white space aside: the same as long as a reader reads the same.

    >>> pages = b"<p>One <b>two</b></p><script>1</script>", b"<div>One two<script>2</script></div>"
    >>> len({words_digest(page) for page in pages})
    1
    """
    hasher = blake2b(digest_size=12)
    hidden: bytes | None = None
    for piece in body.split(b"<"):
        if hidden is not None:
            if piece[: len(hidden)].lower() != hidden:
                continue
            hidden = None
        tag, _, text = piece.partition(b">")
        name = tag[:12].split(None, 1)[0].lower() if tag[:12].strip() else b""
        if name in _UNREAD and not tag.endswith(b"/"):
            hidden = b"/" + name
            continue
        for word in text.split():
            hasher.update(word)
    return hasher.hexdigest()
