"""The pages lead somewhere: every relative link, and every path of ours that they name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("streams/**/*.md")]
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
_PATH = re.compile(r"`((?:streams|training|tests|benchmarks|docs|deploy)/[\w./-]*[\w/])`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    gone = [link for link in _LINK.findall(text) if not (page.parent / link).exists()]
    gone += [path for path in _PATH.findall(text) if not (ROOT / path).exists()]
    assert gone == []
