"""Inputs that are slow by construction: each kind is aimed at one parser, regular expression or nested loop.

Every kind is a function of a size in bytes. ``PAGES`` give HTML, ``DUMPS`` give plain text, ``TEXTS`` give an article's
text for tagging (and are dumps too), ``BODIES`` give JSON. Deterministic. ``benchmarks/bench_hostile.py`` measures
them, the tests hold each of them to its bound, and the hostile chaos run streams them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from hostile_pages import PAGES
from hostile_parts import Kind
from hostile_texts import BODIES, DUMPS, TEXTS

__all__ = ["BODIES", "DUMPS", "KINDS", "PAGES", "TEXTS", "Kind"]


def _raw(kind: Kind, content_type: str, size: int) -> dict[str, str]:
    return {"content": kind(size), "content_type": content_type}


#: Every kind under a name of its own: the members of a raw article with a body of a size.
KINDS: dict[str, Callable[[int], Any]] = {
    f"{table}/{name}": partial(_raw, kind, content_type)
    for table, kinds, content_type in (
        ("pages", PAGES, "text/html"),
        ("dumps", DUMPS, "text/plain"),
        ("texts", TEXTS, "text/plain"),
        ("bodies", BODIES, "application/json"),
    )
    for name, kind in kinds.items()
}
