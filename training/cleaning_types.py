"""What type of page an article is on, as far as its markup, address and title say: for figures by type."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_LD_TYPE = re.compile(r'"@type"\s*:\s*(?:\[\s*)?"(\w+)"')
_OG_TYPE = re.compile(r'<meta[^>]{0,200}property="og:type"[^>]{0,200}content="([\w.]{1,40})"', re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,400})", re.IGNORECASE)
_LIST = re.compile(
    r"^\W*(?:the |top |our )?\d{1,3}\b(?!\s*(?:%|percent|am|pm|years? old))|\bbest\b|\btop \d", re.IGNORECASE
)
_GUIDE = re.compile(
    r"\b(?:how to|how do|guide|tutorial|what is|what are|tips|explained|checklist|step[- ]by[- ]step)\b", re.IGNORECASE
)
_PRESS = re.compile(
    r"press-?releases?|/press/|/newsroom/|\bpress release\b|prnewswire|businesswire|globenewswire", re.IGNORECASE
)
_TALK = re.compile(r"\binterview|\bq ?& ?a\b|\bpodcast\b|in conversation", re.IGNORECASE)
_REVIEW = re.compile(r"\breviews?\b|\bvs\.?\b", re.IGNORECASE)


class _Page:
    def __init__(self, row: dict[str, Any]) -> None:
        html = row["html"]
        self.linked = set(_LD_TYPE.findall(html))
        self.og = {kind.lower() for kind in _OG_TYPE.findall(html[:200_000])}
        title = _TITLE.search(html[:200_000])
        self.title = row.get("title") or (title[1] if title else "")
        self.url = row.get("url") or ""

    def is_linked(self, *types: str) -> bool:
        return not self.linked.isdisjoint(types)


#: The first that holds is a page's type.
_TYPES: dict[str, Callable[[_Page], bool]] = {
    "recipe": lambda page: page.is_linked("Recipe"),
    "forum, questions": lambda page: page.is_linked("QAPage", "DiscussionForumPosting"),
    "press release": lambda page: bool(_PRESS.search(page.url) or _PRESS.search(page.title)),
    "interview, podcast": lambda page: bool(_TALK.search(page.title)) or page.is_linked("PodcastEpisode"),
    "list": lambda page: bool(_LIST.search(page.title)),
    "guide": lambda page: bool(_GUIDE.search(page.title)) or page.is_linked("HowTo", "FAQPage"),
    "review, product": lambda page: bool(_REVIEW.search(page.title)) or page.is_linked("Review", "Product"),
    "news": lambda page: page.is_linked("NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle"),
    "blog": lambda page: page.is_linked("BlogPosting") or "blog" in page.url,
    "article by its markup": lambda page: page.is_linked("Article") or "article" in page.og,
}
OTHER = "other"


def type_of(row: dict[str, Any]) -> str:
    """The type of a page (``html``, ``url``, ``title``), the first of ``_TYPES`` that it is, or ``OTHER``.

    >>> type_of({"html": '<script>{"@type": "Recipe"}</script>', "url": "https://a.example/b", "title": "Soup"})
    'recipe'
    >>> type_of({"html": "<title>How to mend a net</title>", "url": "https://a.example/b"})
    'guide'
    """
    page = _Page(row)
    return next((name for name, is_type in _TYPES.items() if is_type(page)), OTHER)
