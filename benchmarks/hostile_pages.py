"""Pages that are slow by construction: for HTML parsers, extractors, and readers of titles, dates and JSON-LD."""

from __future__ import annotations

import json

from hostile_parts import PROSE, Kind, chunks, counted, page, repeated, times, words

PAGES: dict[str, Kind] = {}


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
    "linked_articles": '<script type="application/ld+json">{"@type":"Article","author":{"@id":"#b"}}</script>',
    "buttons_nested": "<button><h1>x",
    "list_pictures_nested": "<ul><li><div><img src=a.jpg><figure>",
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
    repeated(PAGES, _name, _part, page)

PAGES["title_bars"] = lambda size: f"<title>{times('a b c d | ', size)}</title><p>{PROSE * 3}"
PAGES["title_bars_bare"] = lambda size: f"<html><head><title>{times('a b c d | d ', size)}"
PAGES["title_dashes"] = lambda size: f"<html><title>{times('- ', size)}</title><p>{PROSE * 3}"
PAGES["titles_many"] = lambda size: page("", times("<title>Bridge closed | Outlet</title>", size))
PAGES["metas"] = lambda size: page("", times('<meta property="og:title" content="Bridge closed - Outlet">', size))
PAGES["meta_names"] = lambda size: page(
    "", "".join(f'<meta name="n{n}" content="v{n}">' for n in range(max(1, size // 32)))
)
PAGES["meta_long"] = lambda size: page("", f'<meta property="og:site_name" content="{times("x y ", size)}">')
PAGES["links_rel"] = lambda size: page("", times('<link rel="canonical" href="https://example.org/a">', size))
PAGES["json_ld_nested"] = lambda size: page(
    "", f'<script type="application/ld+json">{times("[", size // 2)}{times("]", size // 2)}</script>'
)
PAGES["json_ld_objects"] = lambda size: page(
    "", f'<script type="application/ld+json">{times(chr(123) + chr(34) + "a" + chr(34) + ":", size)}</script>'
)
PAGES["json_ld_graph"] = lambda size: page(
    "",
    '<script type="application/ld+json">'
    + json.dumps({"@graph": [{"@type": "NewsArticle", "headline": f"Bridge {n}"} for n in range(max(1, size // 52))]})
    + "</script>",
)
PAGES["json_ld_many"] = lambda size: page(
    "", times('<script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge"}</script>', size)
)
PAGES["json_ld_authors"] = lambda size: page(
    "",
    '<script type="application/ld+json">'
    + json.dumps({"@type": "NewsArticle", "author": [{"name": f"Ann Lee {n}"} for n in range(max(1, size // 24))]})
    + "</script>",
)
PAGES["publisher_long"] = lambda size: page(
    "",
    '<script type="application/ld+json">'
    + json.dumps({"@type": "NewsArticle", "publisher": {"name": "X" * size}})
    + "</script>",
)
PAGES["byline_long"] = lambda size: page(f'<div class="author">By {times("Ann Lee and ", size)}</div>')
PAGES["attribute_long"] = lambda size: page(f'<div class="{times("x", size)}">x</div>')
PAGES["attributes_of_one"] = lambda size: page(f"<div {' '.join(f'a{n}=b' for n in range(max(1, size // 9)))}>x</div>")
PAGES["word"] = lambda size: page(f"<p>{'x' * size}</p>")
PAGES["paragraph"] = lambda size: page(f"<p>{' '.join(words(size))}</p>")
PAGES["distinct_paragraphs"] = lambda size: page(
    "".join(f"<p>{' '.join(part)}.</p>" for part in chunks(words(size), 12))
)
PAGES["distinct_links"] = lambda size: page(
    "".join(f'<li><a href="/{part[0]}">{" ".join(part)}</a></li>' for part in chunks(words(size), 5))
)


for _name, _part in {
    "stray_ends": "</p></b></zz>",
    "anchors_with_blocks": '<a href="/x"><div>x ',
    "bold_with_blocks": "<b><div>x ",
    "svg_nested": "<svg><g>x",
    "svg_scripts": "<svg><script><g>",
    "custom_nested": "<x-y>x ",
    "selects_open": "<select><option>x",
    "spans_nested": "<span>x ",
    "frames": '<iframe src="https://example.org/a">x',
    "years": "<p>2025 1999 20250919 19.09.2025 09/10/11</p>",
    "years_in_one": "2025 1999 20250919 19.09.2025 09/10/11 ",
    "copyright_years": "<p>&copy; 2025 Example</p>",
    "numeric_entities": "&#x41;&#8217;",
    "rows_wide": "<td>1",
    "images_inline": f'<img src="data:image/png;base64,{"QUJD" * 300}">',
    "dates_empty_nested": '<div class="published date"><i></i>',
    "hidden": '<div hidden style="display:none">x</div>',
    "long_spaces": f"<p>x{' ' * 500}y</p>",
    "mojibake": "<p>â€œSo it is,â€\x9d she said. Ã©</p>",
    "mojibake_in_one": "â€œSo it is,â€\x9d she said. Ã©",
    "combining": "a\u0316\u0301",
    "emoji": "<p>👩‍👩‍👧‍👦</p>",
    "wide": "<p>世界のニュース。</p>",
    "copied": f"<p>{PROSE * 2}</p><p>It is the second bridge of the town to be closed this year.</p>",
    "addresses": "<p>a@b.co a@a@a@</p>",
    "brackets": "<p>((((ABC) (AP)</p>",
}.items():
    repeated(PAGES, _name, _part, page)
for _name, _part in {
    "classes_distinct": f'<div class="story-{{n}} {"relate-more most-x " * 10}">x</div>',
    "body_attributes": '<body a{n}="x">',
    "ids_distinct": '<p id="p{n}">x y z</p>',
    "near_same_paragraphs": f"<p>{PROSE}{{n}}</p>",
    "bylines_distinct": '<p class="byline">By Ann Lee{n} and Bo Khan{n}</p>',
    "headings_one": "<h1>A bridge was closed in {n}</h1>",
}.items():
    counted(PAGES, _name, _part, page)
#: Each paragraph opens anew all formatting that was left open: a browser's parser makes hundreds of elements of it.
PAGES["formatting_open"] = lambda size: page(
    "<p>" + "".join(f"<b id={number}>" for number in range(380)) + "x" + times("<p>x", max(1, size - 4000))
)
PAGES["formatting_of_cells"] = lambda size: page(
    "".join(f"<i id={number}><table><td></i></table>" for number in range(150)) + times("<p>x", max(1, size - 6000))
)
PAGES["attributes_of_many"] = lambda size: page(
    times(f"<div {' '.join(f'a{number}=b' for number in range(min(5000, size // 9)))}>x</div>", size)
)
PAGES["dates_deep"] = lambda size: page('<div class="published date">' * 390 + times("<b></b>", size))
PAGES["meta_dates"] = lambda size: page("", times('<meta name="date" content="19 Foo 2025 at noon">', size))
PAGES["meta_combining"] = lambda size: page(
    "", f'<meta property="og:site_name" content="Outlet {times(chr(0x316) + chr(0x301), size)}">'
)
PAGES["title_combining"] = lambda size: f"<title>A bridge {times(chr(0x316) + chr(0x301), size)}</title><p>{PROSE * 3}"
PAGES["title_words"] = lambda size: f"<title>{' '.join(words(size))}</title><h1>{' '.join(words(size))}</h1>{PROSE * 3}"
PAGES["json_ld_open"] = lambda size: page(
    "", f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"{times("a ", size)}'
)
PAGES["json_ld_types"] = lambda size: page(
    "", f'<script type="application/ld+json">{json.dumps({"@type": ["Thing"] * (size // 9), "name": "x"})}</script>'
)
PAGES["json_ld_control"] = lambda size: page("", f'<script type="application/ld+json">{times(chr(1) + "-->", size)}')
PAGES["json_ld_digits"] = lambda size: page("", f'<script type="application/ld+json">{{"headline": {"9" * size}}}')
PAGES["copies_of_an_article"] = lambda size: page(
    4 * "".join(f"<p>{' '.join(part).capitalize()}.</p>" for part in chunks(words(size // 4), 12))
)
