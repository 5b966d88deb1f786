"""What a page says of its article's kind: picture and section, whether it is behind a paywall, or a live blog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from streams.contracts.limits import MOST

_IMAGES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src", "parsely-image-url")
_SECTIONS = ("article:section", "og:article:section", "parsely-section", "cxenseparse:articlesection", "section")
_TIERS = ("article:content_tier", "og:article:content_tier", "content_tier", "content-tier")
#: Levels of a JSON-LD value, and members of its lists, that are looked at.
_DEEPEST, _MOST = 3, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """``image``: the address of the article's picture. ``section``: where the outlet files it, as it says.
    ``paywalled``: whether readers have to pay; None where nothing says so or not. ``live_blog``: whether it is
    a running report."""

    image: str | None = None
    section: str | None = None
    paywalled: bool | None = None
    live_blog: bool = False


NO_TRAITS = Traits()


def read_traits(items: Sequence[dict[str, Any]], meta: dict[str, list[str]], url: str | None) -> Traits:
    """What the article's JSON-LD objects, then the page's meta elements say; ``url`` completes a picture's address.

    Follows schema.org (``image``, ``articleSection``, ``isAccessibleForFree``, ``LiveBlogPosting``), OpenGraph and
    Facebook's ``article:content_tier``.

    >>> read_traits([{"@type": "LiveBlogPosting", "isAccessibleForFree": "False"}], {}, None)
    Traits(image=None, section=None, paywalled=True, live_blog=True)
    """
    images = [*(_first(item.get("image"), ("url", "contentUrl", "@id")) for item in items), *_values(meta, _IMAGES)]
    sections = [*(_first(item.get("articleSection"), ("name",)) for item in items), *_values(meta, _SECTIONS)]
    return Traits(
        image=next((address for value in images if value and (address := _address(value, url))), None),
        section=next(
            (text for value in sections if value and (text := " ".join(value[: MOST["title"]].split()))), None
        ),
        paywalled=_paywalled(items, meta),
        live_blog=any("LiveBlogPosting" in _types(item) or bool(item.get("liveBlogUpdate")) for item in items)
        or "liveblog" in (meta.get("og:type") or [""])[0].lower().replace("_", "").replace(" ", ""),
    )


def _values(meta: dict[str, list[str]], names: Sequence[str]) -> list[str | None]:
    return [meta[name][0] for name in names if name in meta]


def _types(item: dict[str, Any]) -> list[Any]:
    kinds = item.get("@type")
    return kinds[:_MOST] if isinstance(kinds, list) else [kinds]


def _first(value: Any, keys: Sequence[str], depth: int = 0) -> str | None:
    """The first text in a value: itself, or a member of its kind, or in a list of those."""
    if isinstance(value, str):
        return value if value.strip() else None
    if depth >= _DEEPEST:
        return None
    inner: list[Any] = []
    if isinstance(value, list):
        inner = value[:_MOST]
    elif isinstance(value, dict):
        inner = [value[key] for key in keys if key in value]
    return next((text for each in inner if (text := _first(each, keys, depth + 1))), None)


def _address(value: str, url: str | None) -> str | None:
    value = value.strip()
    if len(value) > MOST["image"]:
        return None
    try:
        address = urljoin(url or "", value)
    except ValueError:
        return None
    return address if address.startswith(("http://", "https://")) and " " not in address else None


def _paywalled(items: Sequence[dict[str, Any]], meta: dict[str, list[str]]) -> bool | None:
    for item in items:
        parts = item.get("hasPart")
        parts = parts[:_MOST] if isinstance(parts, list) else [parts]
        said = [_free(entry.get("isAccessibleForFree")) for entry in (item, *parts) if isinstance(entry, dict)]
        if any(free is False for free in said):
            return True
        if said[0]:
            return False
    tier = next((value.strip().lower() for value in _values(meta, _TIERS) if value), "")
    return {"free": False, "metered": True, "locked": True, "premium": True}.get(tier[:20])


def _free(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    text = value.strip().lower().rsplit("/", 1)[-1] if isinstance(value, str) and len(value) < 100 else ""
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(text)
