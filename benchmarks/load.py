"""Made-up news of a real article's length, as texts and as heavy pages: what the benchmarks send through the pipeline.

``streams.synth`` tells the stories, in a few dozen words; here each telling is filled up to the length of an article.
The filling has the vocabulary of news (``background.json``, each word as often as there), a tenth of it the story's own
words and names, so that no stage meets fewer words, names or rare terms than it would in earnest. It is no English.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html import escape
from importlib.resources import files
from itertools import accumulate

from streams.contracts.records import RawArticle
from streams.synth.news import Synthetic, generate
from streams.synth.words import FIRST, PLACE_ENDS, PLACE_STARTS, SURNAME_ENDS, SURNAMES

#: Words of an article, bytes of a page: issue and benchmarks speak of these.
WORDS, PAGE_BYTES = 400, 50_000
#: Words of a sentence from and to; sentences of a paragraph; the share of words that are the story's own, of sentences
#: with a name, and of those with a quotation.
_SENTENCE, _PARAGRAPH, _OWN, _NAMED, _QUOTED = (8, 26), 3, 0.1, 0.6, 0.12
#: Words that a story has of its own, and names.
_OWN_WORDS, _OWN_NAMES = 40, 5


def load(count: int, *, seed: int = 0, pages: float = 0.3, words: int = WORDS) -> Iterator[RawArticle]:
    """``count`` raw articles of about ``words`` words, the same for the same seed; this share of them as pages.

    >>> sum(article.content_type == "text/html" for article in load(100))
    30
    """
    rng = random.Random(seed)
    for number, told in enumerate(generate(count, seed)):
        article = replace(told, text=_filled(told, words, rng))
        # Evenly spread, so that every stretch of the load is alike.
        if int((number + 1) * pages) > int(number * pages):
            yield replace(article.raw("text/html"), content=_page(article, rng))
        else:
            yield article.raw()


def _filled(told: Synthetic, words: int, rng: random.Random) -> str:
    """The telling with paragraphs of the story's and of any news's words after each of its own."""
    own = random.Random(told.story)
    vocabulary, weights = _vocabulary()
    rare = own.sample(vocabulary[500:], _OWN_WORDS)
    names = [_person(own) for _ in range(_OWN_NAMES - 2)] + [_place(own) for _ in range(2)]
    paragraphs = told.text.split("\n\n")
    missing = words - len(told.text.split())
    drawn = iter(rng.choices(vocabulary, cum_weights=weights, k=max(0, missing)))
    while missing > 0:
        paragraph = []
        for _ in range(_PARAGRAPH):
            length = rng.randint(*_SENTENCE)
            missing -= length
            paragraph.append(_sentence([next(drawn, "") for _ in range(length)], rare, names, rng))
        paragraphs.insert(rng.randint(1, len(paragraphs)), " ".join(paragraph))
    return "\n\n".join(paragraphs)


def _sentence(drawn: list[str], rare: list[str], names: list[str], rng: random.Random) -> str:
    said = [rng.choice(rare) if rng.random() < _OWN else word for word in drawn if word]
    if not said:
        return ""
    if rng.random() < _NAMED:
        name = rng.choice(names) if rng.random() < 0.7 else rng.choice((_person, _place))(rng)
        said[rng.randrange(len(said))] = name
    sentence = " ".join(said)
    sentence = sentence[0].upper() + sentence[1:]
    if rng.random() < _QUOTED:
        return f'"{sentence}," {rng.choice(names)} said.'
    return f"{sentence}."


def _person(rng: random.Random) -> str:
    return f"{rng.choice(FIRST)} {rng.choice(SURNAMES)}{rng.choice(SURNAME_ENDS)}"


def _place(rng: random.Random) -> str:
    return f"{rng.choice(PLACE_STARTS)}{rng.choice(PLACE_ENDS)}"


@cache
def _vocabulary() -> tuple[list[str], list[int]]:
    """The words of news, most frequent first, and their document frequencies added up, for drawing by them."""
    known = json.loads(files("streams.stages.cluster").joinpath("index/background.json").read_bytes())["words"]
    words = sorted(known, key=lambda word: (-known[word], word))
    return words, list(accumulate(known[word] for word in words))


def _page(article: Synthetic, rng: random.Random) -> str:
    """A page as outlets serve them: a quarter style and script, a third menus and teasers, metadata, the article."""
    host = article.source.casefold().replace(" ", "")
    about = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "datePublished": article.published.isoformat(),
        "author": [{"@type": "Person", "name": _person(rng)}],
        "publisher": {"@type": "Organization", "name": article.source},
    }
    outlet = random.Random(article.source)
    menu = "".join(
        f'<li class="menu-item menu-item-{n}"><a class="menu-link" href="https://{host}.example/{n}">{word.title()}</a>'
        "</li>"
        for n, word in enumerate(outlet.sample(_vocabulary()[0][200:], 60))
    )
    body = "\n".join(f'<p class="story-text">{escape(each)}</p>' for each in article.text.split("\n\n"))
    head = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(article.title)} | '
        f'{escape(article.source)}</title><meta property="og:title" content="{escape(article.title)}">'
        f'<meta property="og:site_name" content="{escape(article.source)}"><meta property="og:type" content="article">'
        f'<meta property="article:published_time" content="{article.published.isoformat()}">'
        f'<script type="application/ld+json">{json.dumps(about)}</script>'
    )
    main = (
        f'</head><body class="single"><header><nav class="main-menu"><ul>{menu}</ul></nav></header><main><article>'
        f'<h1 class="headline">{escape(article.title)}</h1><div class="story-body">{body}</div></article>'
        '<aside class="related"><h2>More on this</h2>'
    )
    foot = (
        "</aside></main><footer><p>Terms of use. Privacy policy. Contact us.</p>"
        f"<p>© {article.published:%Y} {escape(article.source)}. All rights reserved.</p></footer></body></html>"
    )
    left = max(0, PAGE_BYTES - len(head) - len(main) - len(foot))
    style = _repeated(".c{0} .t{0}{{margin:0 {0}px;padding:{0}px;color:#1a1a1a}}\n", left // 4)
    script = _repeated("window.q{0}=window.q{0}||[];q{0}.push(['track',{{id:{0},ttl:3600}}]);\n", left // 4)
    teasers = ""
    while len(teasers) < left // 2:
        teasers += _teaser(f"https://{host}.example/t{len(teasers)}", rng)
    return f"{head}<style>{style}</style><script>{script}</script>{main}{teasers}{foot}"


def _teaser(url: str, rng: random.Random) -> str:
    vocabulary, weights = _vocabulary()
    title = _sentence(rng.choices(vocabulary, cum_weights=weights, k=9), ["now"], [_place(rng)], rng)
    return (
        f'<div class="teaser-card card--small"><a class="teaser-link" href="{url}"><img class="lazy" src="data:," '
        f'alt="" width="320" height="180"><h3 class="teaser-title">{escape(title)}</h3></a>'
        f'<span class="teaser-time">{rng.randint(2, 23)} hours ago</span></div>\n'
    )


def _repeated(line: str, size: int) -> str:
    """The line with a number in it, as often as fills this many characters."""
    return "".join(line.format(number) for number in range(1 + size // len(line.format(100))))
