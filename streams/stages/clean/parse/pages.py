"""A page as blocks of text: one line a block, and the markup around each, in one walk over the tree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from lxml import etree, html

from streams.stages.clean.parse.decoding import tidied
from streams.stages.clean.parse.lines import Line
from streams.stages.clean.parse.literals import any_of, literals

#: Never part of what a reader sees as text.
_INVISIBLE = ("script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "canvas", "select",
              "textarea", "input", "audio", "video", "map", "math", "head", "button", "datalist", "dialog")  # fmt: skip
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "center", "dd", "details", "dialog", "dir", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "amp-sidebar",
))  # fmt: skip
#: Deeper nesting is flattened into its last level: no real page has it, and a walk must end.
MAX_DEPTH = 400
#: More blocks than any article page has; the rest of such a page is not looked at.
MAX_BLOCKS = 10_000
#: Tags longer than this hold data, not words; libxml2 takes quadratic time over a tag's attributes.
_LONG_TAG = re.compile(r"<[A-Za-z][^<>]{50000,}>?")

#: What classes and ids say. The words are those of Mozilla's Readability and of common news templates.
_HINTS = {
    "body": r"article-?_?(?:body|text|content)|story-?_?(?:body|text|content)|post-?_?(?:body|content|text)|"
    r"entry-?_?content|body-?_?(?:text|copy|content)|main-?_?content|rich-?text|page-?_?content|news-?text",
    "article": r"article|story|post|entry|content|main|text|news|single|detail",
    "comment": r"comment|disqus|discuss|respond|reply|livefyre|feedback|kommentar|coment",
    "related": r"relat|recommend|more-|read-?more|also|trending|popular|most-|teaser|promo|outbrain|taboola|sidebar|"
    r"widget|rail|aside|carousel|latest|next|prev|pagination|similar|suggest|zergnet|sponsor|recirc",
    "share": r"share|social|follow|subscri|newsletter|signup|sign-up|toolbar|print|tool|bookmark|login|paywall",
    "meta": r"byline|author|date|time|meta|info|tag|categor|topic|breadcrumb|kicker|label|credit|copyright|publish",
    "caption": r"caption|credit|figure|image|photo|gallery|media|slide|wp-caption|picture|lightbox",
    "frame": r"nav|menu|foot|header|masthead|banner|advert|cookie|consent|gdpr|modal|popup|overlay|skip|breadcrumb|"
    r"sitemap|search|hidden|sr-only|screen-reader",
}
#: The names of the bits of ``Block.near`` and ``Block.any``, the lowest first.
HINTS = tuple(_HINTS)
_HINT_RES = tuple(any_of(literals(pattern)) for pattern in _HINTS.values())
_HINT = any_of(way for pattern in _HINTS.values() for way in literals(pattern))
#: A hint of the page's frame, which the others' letters do not tell.
_AD = re.compile(r"\bad-|-ad\b")

#: Tags whose being above a block matters: the names of the bits of ``Block.above``.
ABOVE = ("article", "main", "nav", "aside", "footer", "header", "form", "figure", "figcaption", "table", "ul",
         "blockquote", "section", "li", "a")  # fmt: skip
_ABOVE_AT = {name: index for index, name in enumerate(ABOVE)} | {"ol": ABOVE.index("ul"), "menu": ABOVE.index("nav")}
#: One class for all elements, looked up in C: lxml.html's own lookup asks Python for each element that is touched, a
#: tenth of a page's time. What forms and inputs can do more is not used here, nor by the extractors that vote.
_ELEMENTS = etree.ElementDefaultClassLookup(element=html.HtmlElement)
_STRONG = frozenset(("b", "strong", "em", "i"))
#: Elements that hold little, but where they are not closed; what they never hold; and how many of that are looked at.
_SWALLOWING = frozenset(("button", "object", "map", "audio", "video", "canvas"))
_OF_PAGES, _MOST_OF_PAGES = ("main", "article", "footer", "h1"), 20
#: Blocks that say little themselves: what stands around them speaks for them.
_SMALL = frozenset(("p", "li", "h2", "h3", "h4", "blockquote", "td", "tr", "tbody", "ul", "ol", "dd", "dt"))


class Block(NamedTuple):
    """What the markup says of a block of text."""

    tag: str
    #: Characters of its text, and the shares (0 to 1) of them that are in links and in emphasis.
    size: int
    linked: float
    emphasis: float
    links: int
    depth: int
    #: Whether it begins after a ``br``, is hidden, and is in an ``articleBody``.
    after_br: bool
    hidden: bool
    itemprop: bool
    #: What the classes and ids say of it and of what stands right around it, and of all that is above it: bits.
    near: int
    any: int
    #: Which tags are above it: bits.
    above: int
    #: The number of the element that holds its own.
    parent: int
    #: How many ``h1`` stand before it, and how many blocks further up the last (-1: there is none).
    h1_before: int
    h1_distance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The blocks of a page in order, as lines of ``text`` and as markup."""

    text: str
    lines: Sequence[Line]
    blocks: Sequence[Block]
    tree: Any
    #: Levels of elements, at most.
    depth: int = 0


class _Frame(NamedTuple):
    """An open block element: what its own tag and its ancestors say."""

    tag: str
    number: int
    parent: int = 0
    own: int = 0
    near: int = 0
    every: int = 0
    above: int = 0
    hidden: bool = False
    itemprop: bool = False


def without_data(source: str) -> str:
    """The page without the tags that hold masses of data: parsers take minutes over them."""
    return _LONG_TAG.sub("", source) if len(source) > 50_000 else source


def parse(source: str) -> Any:
    """The tree of a page, or None where there is none. Broken markup is repaired as browsers do, roughly."""
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=True
    )
    parser.set_element_class_lookup(_ELEMENTS)
    try:
        tree = etree.fromstring(source.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError):
        return None
    return tree


@lru_cache(maxsize=8192)
def _hints(label: str) -> int:
    hints = 0
    for word in label.lower().split():
        hints |= _hints_of_word(word)
    return hints


@lru_cache(maxsize=1 << 14)  # sites have their own labels, but many of the words in them
def _hints_of_word(word: str) -> int:
    hints = 0
    if _HINT.search(word):
        hints = sum([1 << index for index, pattern in enumerate(_HINT_RES) if pattern.search(word)])
    return hints | (1 << HINTS.index("frame") if _AD.search(word) else 0)


def read_page(tree: Any) -> Page:
    """The blocks of a parsed page. Takes what is invisible out of ``tree``."""
    _free_swallowed(tree)
    etree.strip_elements(tree, *_INVISIBLE, with_tail=False)
    walker = _Walker()
    walker.walk(tree)
    return walker.page(tree)


def _free_swallowed(tree: Any) -> None:
    """An element that is left open, or that the parser did not see end, holds the rest of the page: it is no control or
    picture, but a plain box."""
    for inner in islice(tree.iter(*_OF_PAGES), _MOST_OF_PAGES):
        for above in islice(inner.iterancestors(), MAX_DEPTH):
            if above.tag in _SWALLOWING:
                above.tag = "div"


class _Walker:
    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.texts: list[tuple[str, int, int]] = []
        self.parts: list[str] = []
        self.linked = 0
        self.links = 0
        self.emphasis = 0
        self.gap = 0
        self.h1_seen = 0
        self.last_h1 = 0
        self.after_br = False
        self.deepest = 0

    def walk(self, tree: Any) -> None:
        root = _Frame("html", 0)
        stack = [root]
        parts, flush = self.parts, self.flush
        anchors = strong = depth = count = 0
        blank = False
        for event, element in etree.iterwalk(tree, events=("start", "end")):
            tag = element.tag
            if event == "start":
                depth += 1
                if depth > self.deepest:
                    self.deepest = depth
                if tag in _BLOCKS:
                    if parts:
                        flush(stack[-1], depth)
                    elif blank:
                        self.links = 0
                    blank = False
                    if tag == "br":
                        self.after_br = True
                    else:
                        self.after_br = False
                        self.gap += 1
                        count += 1
                        stack.append(_open(element, tag, count, stack[-1]) if depth < MAX_DEPTH else stack[-1])
                elif tag == "a":
                    anchors += 1
                    self.links += 1
                elif tag in _STRONG:
                    strong += 1
                text = element.text
            else:
                depth -= 1
                if tag in _BLOCKS:
                    if tag != "br":
                        if parts:
                            flush(stack[-1], depth)
                        elif blank:
                            self.links = 0
                        blank = False
                        self.after_br = False
                        self.gap += 1
                        stack.pop()
                elif tag == "a":
                    anchors -= 1
                elif tag in _STRONG:
                    strong -= 1
                text = element.tail
                if len(self.texts) >= MAX_BLOCKS:
                    break
            if text:
                if not parts and text.isspace():
                    # Ends with the block, and is nothing to it.
                    blank = True
                    continue
                parts.append(text)
                if anchors or strong:
                    size = len(text.strip())
                    self.linked += size if anchors else 0
                    self.emphasis += size if strong else 0
        if parts:
            flush(root, depth)

    def flush(self, frame: _Frame, depth: int) -> None:
        """Close the block that is being collected."""
        links, self.links = self.links, 0
        linked, emphasis, self.linked, self.emphasis = self.linked, self.emphasis, 0, 0
        text = " ".join("".join(self.parts).split())
        self.parts.clear()
        if text and not (text.isascii() and text.isprintable()):
            text = tidied(text)
            if not text:
                return
        at, size, after_br = len(self.texts), len(text), self.after_br
        if frame.tag == "h1":
            self.h1_seen, self.last_h1 = self.h1_seen + 1, at
        self.texts.append((text, 0 if after_br else min(self.gap, 60), depth))
        self.blocks.append(
            Block(  # by position: half of the time
                frame.tag,
                size,
                min(linked / size, 1.0),
                min(emphasis / size, 1.0),
                links,
                depth,
                after_br,
                frame.hidden,
                frame.itemprop,
                frame.near,
                frame.every,
                frame.above,
                frame.parent,
                self.h1_seen,
                at - self.last_h1 if self.h1_seen else -1,
            )
        )
        self.gap = 0

    def page(self, tree: Any) -> Page:
        lines: list[Line] = []
        pieces: list[str] = []
        position = 0
        for text, gap, depth in self.texts:
            if pieces:
                glue = "\n\n" if gap else "\n"
                pieces.append(glue)
                position += len(glue)
            lines.append(Line(position, position + len(text), text, gap, depth))
            pieces.append(text)
            position += len(text)
        return Page(text="".join(pieces), lines=lines, blocks=self.blocks, tree=tree, depth=self.deepest)


def _open(element: Any, tag: str, number: int, parent: _Frame) -> _Frame:
    own = 0
    hidden, itemprop = parent.hidden, parent.itemprop
    items = element.items()
    if items:
        attributes = dict(items)
        get = attributes.get
        label = f"{get('class', '')} {get('id', '')} {get('role', '')}"[:300]
        if len(label) > 2:
            own = _hints(label)
        if not hidden:
            style = get("style")
            hidden = (
                "hidden" in attributes
                or get("aria-hidden") == "true"
                or (style is not None and "none" in style and "display" in style)
            )
        if not itemprop:
            itemprop = "articlebody" in (get("itemprop") or get("property") or "").lower()
    bit = _ABOVE_AT.get(tag)
    return _Frame(
        tag,
        number,
        parent.number,
        own,
        own | (parent.near if tag in _SMALL else parent.own),
        parent.every | own,
        parent.above | (1 << bit if bit is not None else 0),
        hidden,
        itemprop,
    )
