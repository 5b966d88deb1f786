"""Inputs that are slow by construction: each kind is aimed at one parser, regular expression or nested loop.

Every kind is a function of a size in bytes. ``PAGES`` give HTML, ``DUMPS`` give plain text, ``TEXTS`` give an article's
text for tagging (and are dumps too). Deterministic. ``benchmarks/bench_hostile.py`` measures them, the tests hold a
sample of them to their bounds, and the hostile chaos run streams them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from itertools import cycle

Kind = Callable[[int], str]
PAGES: dict[str, Kind] = {}
DUMPS: dict[str, Kind] = {}
TEXTS: dict[str, Kind] = {}

PROSE = "The mayor of Springfield said on Monday that the old bridge will be closed until the spring. "
_NAMES = ("Ann", "Lee", "Moore", "Smith", "Khan", "Silva", "Novak", "Garcia", "Chen", "Okafor")


def _times(part: str, size: int) -> str:
    return part * max(1, size // max(1, len(part)))


def _words(size: int, seed: int = 1) -> list[str]:
    generator = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words, length = [], 0
    while length < size:
        word = "".join(generator.choices(letters, k=generator.randint(2, 9)))
        words.append(word)
        length += len(word) + 1
    return words


def _page(body: str, head: str = "") -> str:
    return f"<!doctype html><html><head>{head}</head><body><h1>Bridge closed</h1><p>{PROSE * 3}</p>{body}</body></html>"


def _repeated(table: dict[str, Kind], name: str, part: str, wrap: Callable[[str], str] = str) -> None:
    table[name] = lambda size: wrap(_times(part, size))


# --- pages ------------------------------------------------------------------------------------------------------------

for _name, _part in {
    "paragraphs_unclosed": "<p>x y z",
    "paragraphs": "<p>x y z</p>",
    "paragraphs_of_prose": f"<p>{PROSE}</p>",
    "divs_nested": "<div>",
    "divs_nested_text": "<div>a b c ",
    "tables_nested": "<table><tr><td>x",
    "bold_unclosed": "<b>x ",
    "fonts_nested": "<font><font>x",
    "lists_nested": "<ul><li>x ",
    "anchors_unclosed": '<a href="/x">link ',
    "links": '<a href="/story">More stories from here</a> ',
    "breaks": "line of words<br>",
    "breaks_empty": "<br>",
    "spans": "<span>w</span>",
    "headings": "<h1>Bridge closed</h1>",
    "headings_distinct": "<h2>A bridge</h2><p>said so.</p>",
    "times": '<time datetime="2025-09-19T10:00:00Z">today</time>',
    "dates_in_text": "<p>19 September 2025</p>",
    "bylines": '<span class="byline author">By Ann Lee</span>',
    "comments_open": "<!-- x ",
    "cdata_open": "<![CDATA[ x ",
    "entities": "&amp;",
    "entities_broken": "&x",
    "tags_broken": "<",
    "attributes": "<p " + " ".join(f'data-{n}="x"' for n in range(40)) + ">x</p>",
    "classes": f'<div class="{" ".join(f"c{n}" for n in range(50))}">x</div>',
    "scripts": "<script>var a = 1;</script>",
    "scripts_open": "<script>",
    "styles": "<style>a{b:c}</style>",
    "forms": "<form><input><select><option>x</select></form>",
    "svgs": "<svg><g><path/></g></svg>",
    "images": '<figure><img src="a.jpg"><figcaption>A bridge. (AP)</figcaption></figure>',
    "rows": "<tr><td>1</td><td>2</td></tr>",
    "definition_lists": "<dl><dt>x<dd>y",
    "same_paragraph": "<p>This very paragraph stands here again and again, all over the page.</p>",
    "quotes": "<blockquote>“So it is,” she said.</blockquote>",
    "dates_nested": '<div class="date published">x ',
    "authors_nested": '<div itemprop="author" class="byline">By Ann Lee ',
    "labels_nested": '<div itemprop="headline">x ',
    "zero_bytes": "<p>\x00\x01</p>",
    "spaces": " ",
    "newlines": "\n",
}.items():
    _repeated(PAGES, _name, _part, _page)

PAGES["title_bars"] = lambda size: f"<title>{_times('a b c d | ', size)}</title><p>{PROSE * 3}"
PAGES["title_bars_bare"] = lambda size: f"<html><head><title>{_times('a b c d | d ', size)}"
PAGES["title_dashes"] = lambda size: f"<html><title>{_times('- ', size)}</title><p>{PROSE * 3}"
PAGES["titles_many"] = lambda size: _page("", _times("<title>Bridge closed | Outlet</title>", size))
PAGES["metas"] = lambda size: _page("", _times('<meta property="og:title" content="Bridge closed - Outlet">', size))
PAGES["meta_names"] = lambda size: _page(
    "", "".join(f'<meta name="n{n}" content="v{n}">' for n in range(max(1, size // 32)))
)
PAGES["meta_long"] = lambda size: _page("", f'<meta property="og:site_name" content="{_times("x y ", size)}">')
PAGES["links_rel"] = lambda size: _page("", _times('<link rel="canonical" href="https://example.org/a">', size))
PAGES["json_ld_nested"] = lambda size: _page(
    "", f'<script type="application/ld+json">{_times("[", size // 2)}{_times("]", size // 2)}</script>'
)
PAGES["json_ld_objects"] = lambda size: _page(
    "", f'<script type="application/ld+json">{_times(chr(123) + chr(34) + "a" + chr(34) + ":", size)}</script>'
)
PAGES["json_ld_graph"] = lambda size: _page(
    "",
    '<script type="application/ld+json">'
    + json.dumps({"@graph": [{"@type": "NewsArticle", "headline": f"Bridge {n}"} for n in range(max(1, size // 52))]})
    + "</script>",
)
PAGES["json_ld_many"] = lambda size: _page(
    "", _times('<script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge"}</script>', size)
)
PAGES["json_ld_authors"] = lambda size: _page(
    "",
    '<script type="application/ld+json">'
    + json.dumps({"@type": "NewsArticle", "author": [{"name": f"Ann Lee {n}"} for n in range(max(1, size // 24))]})
    + "</script>",
)
PAGES["publisher_long"] = lambda size: _page(
    "",
    '<script type="application/ld+json">'
    + json.dumps({"@type": "NewsArticle", "publisher": {"name": "X" * size}})
    + "</script>",
)
PAGES["byline_long"] = lambda size: _page(f'<div class="author">By {_times("Ann Lee and ", size)}</div>')
PAGES["attribute_long"] = lambda size: _page(f'<div class="{_times("x", size)}">x</div>')
PAGES["attributes_of_one"] = lambda size: _page(f"<div {' '.join(f'a{n}=b' for n in range(max(1, size // 9)))}>x</div>")
PAGES["word"] = lambda size: _page(f"<p>{'x' * size}</p>")
PAGES["paragraph"] = lambda size: _page(f"<p>{' '.join(_words(size))}</p>")
PAGES["distinct_paragraphs"] = lambda size: _page(
    "".join(f"<p>{' '.join(part)}.</p>" for part in _chunks(_words(size), 12))
)
PAGES["distinct_links"] = lambda size: _page(
    "".join(f'<li><a href="/{part[0]}">{" ".join(part)}</a></li>' for part in _chunks(_words(size), 5))
)

# --- dumps ------------------------------------------------------------------------------------------------------------

for _name, _part in {
    "lines_short": "x y z\n",
    "lines_of_prose": PROSE + "\n",
    "lines_blank": "\n\n",
    "lines_cue": "Read more from us:\nA headline without a stop\n",
    "lines_copied": "This very paragraph stands here again and again, all over the page.\n",
    "lines_bullet": "- item\n",
    "lines_date": "19 September 2025 10:00\n",
    "lines_comment": "3 comments\nReply Share\n",
    "copyright": "© 2025 Example. All rights reserved.\n",
    "addresses": "a@b.co ",
    "address_at": "a@",
    "urls": "https://example.org/a ",
    "bars": "| a ",
    "tabs": "\t",
    "nbsp": "\u00a0",
    "carriage": "\r",
    "mojibake": "Ã©â€™ caf",
    "mojibake_lines": "â€œSo it is,â€\x9d she said.\n",
    "replacement": "\ufffd a b ",
    "combining": "a\u0301\u0302\u0303\u0304",
    "rtl": "\u202eقال الرئيس ",
    "wide": "世界のニュース",
    "wide_lines": "世界のニュース。\n",
    "emoji": "👩‍👩‍👧‍👦 ",
    "code": "if (a) { return b; }\n",
    "csv": "1,2,3,4,5\n",
    "base64": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n",
    "html_entities": "&nbsp;&amp;",
    "colons": "a: ",
    "dots": ". ",
    "ellipses": "… ",
    "by_lines": "By Ann Lee\n",
    "dateline": "SPRINGFIELD (AP) — ",
    "headings": "Bridge closed\n\n",
}.items():
    _repeated(DUMPS, _name, _part, lambda body: f"Bridge closed\n\n{PROSE * 3}\n\n{body}")
DUMPS["distinct_lines"] = lambda size: "\n".join(" ".join(part) for part in _chunks(_words(size), 9))
DUMPS["pairs_copied"] = lambda size: _times("\n".join(f"{PROSE}{n}" for n in range(40)) + "\n", size)

# --- texts ------------------------------------------------------------------------------------------------------------

for _name, _part in {
    "open_quotes": "“a ",
    "quotes": "“So it is,” she said. ",
    "quotes_distinct_speakers": "“So it is,” said Ann Lee. “No,” said Bo Khan. ",
    "quotes_straight": '"So it is," he said. ',
    "quotes_unclosed_straight": '"a ',
    "quotes_single": "‘So it is,’ she said. ",
    "apostrophes": "'a ",
    "quotes_nested": "“a ‘b “c ‘d ",
    "guillemets": "«So it is», a dit Ann Lee. ",
    "quote_paragraphs": "“So it is, said the mayor.\n\n",
    "close_quotes": "a” ",
    "names": "Ann Lee ",
    "names_and": "Ann Lee and ",
    "names_commas": "Ann Lee, ",
    "capitals": "A B C D ",
    "shouting": "THE MAYOR SAID ",
    "titles_of_honour": "Mr. ",
    "titles_and_names": "President Sir Dr. Ann Lee ",
    "abbreviations": "Federal Bureau of Investigation (FBI) ",
    "parentheses": "(",
    "parentheses_closed": "(ABC) ",
    "dashes": "a – ",
    "said": "said ",
    "said_name": "said Ann said Lee ",
    "possessives": "Ann's Lee's ",
    "places": "Springfield, London, Paris, Kyiv, ",
    "parties": "Ann Lee (D-Springfield) ",
    "clubs": "United City Rovers ",
    "numbers": "1,234.56 ",
    "of_the": "Bank of the Bank of the ",
    "datelines": "SPRINGFIELD, Sept 19 (Reuters) - ",
    "no_spaces": "abcdefghij",
    "prose": PROSE,
    "questions": "Why? ",
    "hyphens": "well-known-",
    "initials": "J. R. R. ",
    "who_is": "Ann Lee, the mayor of Springfield, who is ",
    "newlines": "Ann\n\n",
}.items():
    _repeated(TEXTS, _name, _part)
TEXTS["names_distinct"] = lambda size: " ".join(
    f"{first}{last}" for first, last in zip(cycle(_NAMES), (f" {w.title()}" for w in _words(size // 2)), strict=False)
)
TEXTS["quotes_distinct"] = lambda size: " ".join(f"“{' '.join(part)},” she said." for part in _chunks(_words(size), 6))
TEXTS["speakers_distinct"] = lambda size: " ".join(
    f"“{part[0]} {part[1]},” said {part[2].title()} {part[3].title()}." for part in _chunks(_words(size), 4)
)
TEXTS["abbreviations_distinct"] = lambda size: " ".join(
    f"{a.title()} {b.title()} ({a[0].upper()}{b[0].upper()})" for a, b in _chunks(_words(size), 2)
)


def _chunks(words: list[str], size: int) -> list[list[str]]:
    """The words in groups of ``size``; what is left over goes."""
    return [words[at : at + size] for at in range(0, len(words) - size + 1, size)]


#: Every kind under a name of its own.
KINDS: dict[str, Kind] = {
    f"{table}/{name}": kind
    for table, kinds in (("pages", PAGES), ("dumps", DUMPS), ("texts", TEXTS))
    for name, kind in kinds.items()
}
