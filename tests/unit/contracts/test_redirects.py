"""Redirects of merged stories, followed to their end."""

from __future__ import annotations

import pytest

from streams.contracts.redirects import resolve_redirect


@pytest.mark.parametrize(
    ("start", "redirects", "end"),
    [
        ("a", {}, "a"),
        ("a", {"a": "b", "b": "c"}, "c"),
        ("a", {"a": "a"}, "a"),
        ("a", {"a": "b", "b": "a"}, "b"),
        ("a", {"a": "b", "b": "c", "c": "b"}, "c"),
    ],
)
def test_redirects_are_followed_and_a_circle_ends(start: str, redirects: dict[str, str], end: str) -> None:
    assert resolve_redirect(start, redirects.get) == end
