"""Pages that are no articles: made-up ones, and fronts in the chrome of real pages. Deterministic.

A made-up page has a navigation, a footer and one of five middles, each in several markups and with or without what
content systems add (JSON-LD, OpenGraph). A derived page is a real article page whose article gave way to such a middle,
with the head of a front: its chrome is real, with all links, forms and asides that real pages have.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from lxml import etree

from streams.stages.clean.parse.pages import parse, without_data
from streams.synth.words import FIRST, OUTLETS, PLACE_ENDS, PLACE_STARTS, SURNAME_ENDS, SURNAMES

Middle = Callable[[random.Random], str]

_DEEDS = (
    "closes its harbour for two weeks", "votes to keep the old bridge", "reopens the museum after a fire",
    "loses its last railway station", "counts the cost of the flood", "bans cars from the market square",
    "wins the cup after a long night", "finds a Roman road under the school", "waits for the ferry to sail again",
    "asks for a second opinion on the dam", "says no to a new stadium", "mourns a teacher of forty years",
)  # fmt: skip
_LEADS = (
    "The council decided so on {day} after a debate of five hours that was heated at times.",
    "Nobody was hurt, according to the police, who ask for witnesses to come forward.",
    "It is the third time in ten years, and people who live near have had enough, they told us.",
    "What it means for the town, who pays for it, and what comes next: the most important answers.",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_SECTIONS = ("News", "Politics", "Business", "Sport", "Culture", "Science", "Local", "Opinion", "Travel", "Health")


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is no article, of a kind (``front``, ``tag``, ``gallery``, ``wall``, ``error``)."""

    kind: str
    url: str
    html: str


def _headline(rng: random.Random) -> str:
    return f"{rng.choice(PLACE_STARTS)}{rng.choice(PLACE_ENDS)} {rng.choice(_DEEDS)}"


def _person(rng: random.Random) -> str:
    return f"{rng.choice(FIRST)} {rng.choice(SURNAMES)}{rng.choice(SURNAME_ENDS)}"


def _teaser(rng: random.Random, markup: int) -> str:
    href, head = f"/{rng.choice(_SECTIONS).lower()}/{rng.randrange(10**6)}", _headline(rng)
    lead = rng.choice(_LEADS).format(day=rng.choice(_DAYS)) if rng.random() < 0.6 else ""
    by = f"<span>By {_person(rng)}</span>" if rng.random() < 0.4 else ""
    text = f"<p>{lead}</p>" if lead else ""
    return (
        f'<article class="card"><h3><a href="{href}">{head}</a></h3>{text}{by}</article>',
        f'<li><a href="{href}">{head}</a>{text}</li>',
        f'<div class="teaser"><a href="{href}"><img src="/i.jpg"><h2>{head}</h2></a>{by}{text}</div>',
        f'<div><h2><a href="{href}">{head}</a></h2>{text}<a href="{href}">Read more</a></div>',
    )[markup]


def _front(rng: random.Random) -> str:
    markup = rng.randrange(4)
    body = "".join(_teaser(rng, markup) for _ in range(rng.randint(10, 40)))
    return f"<h1>{rng.choice(_SECTIONS)}</h1>{body}" if rng.random() < 0.6 else body


def _tag(rng: random.Random) -> str:
    markup, name = rng.randrange(4), f"{rng.choice(PLACE_STARTS)}{rng.choice(PLACE_ENDS)}"
    about = f"<p>All our stories about {name}, the newest first.</p>" if rng.random() < 0.5 else ""
    more = '<a href="?page=2">Next</a>' if rng.random() < 0.7 else ""
    return f"<h1>{name}</h1>{about}{''.join(_teaser(rng, markup) for _ in range(rng.randint(9, 25)))}{more}"


def _gallery(rng: random.Random) -> str:
    captions = [f"{_headline(rng)}. Photo: {_person(rng)}" for _ in range(rng.randint(8, 30))]
    if rng.random() < 0.5:
        return f"<h1>In pictures: {_headline(rng)}</h1>" + "".join(
            f'<figure><img src="/{n}.jpg"><figcaption>{text}</figcaption></figure>' for n, text in enumerate(captions)
        )
    items = "".join(
        f'<li><img src="/{n}.jpg"><span class="caption">{text}</span></li>' for n, text in enumerate(captions)
    )
    return f"<h1>Gallery: {_headline(rng)}</h1><ul>{items}</ul>"


def _wall(rng: random.Random) -> str:
    head = rng.choice(("Sign in", "Log in to continue", "Subscribe to continue reading", "Please log in", "Register"))
    why = rng.choice(
        ("Enter your email address and your password. If you have no account yet, you can create one for free.",
         "To continue reading, sign in or take out a subscription. You can cancel at any time, no questions asked.",
         "Welcome back! You have read all of your free articles for this month.")
    )  # fmt: skip
    return (
        f'<h1>{head}</h1><p>{why}</p><form><input type="email"><input type="password"><button>{head}</button></form>'
        '<p><a href="/forgot">Forgot your password?</a></p>'
    )


def _error(rng: random.Random) -> str:
    head = rng.choice(
        ("404", "Page not found", "Error 404: Page not found", "Access denied", "Sorry, this page does not exist",
         "503 Service Unavailable", "Just a moment...", "The page you requested could not be found")
    )  # fmt: skip
    why = rng.choice(
        ("The page that you are looking for may have been moved or deleted, or the address may have been mistyped.",
         "Please check the address, go back to our home page, or use the search to find what you were looking for.",
         "We are sorry for the trouble. Our technicians have been told and are working on it. Please try again later.")
    )  # fmt: skip
    others = "".join(_teaser(rng, 1) for _ in range(rng.choice((0, 0, 5))))
    return f"<h1>{head}</h1><p>{why}</p><ul>{others}</ul>"


MIDDLES: dict[str, Middle] = {"front": _front, "tag": _tag, "gallery": _gallery, "wall": _wall, "error": _error}


def _address(rng: random.Random, kind: str) -> str:
    section = rng.choice(_SECTIONS).lower()
    path = {
        "front": rng.choice(("", section, f"{section}/local")),
        "tag": rng.choice((f"tag/{section}", f"topics/{section}", f"{section}?page=2", f"author/{section}")),
        "gallery": rng.choice((f"gallery/{rng.randrange(999)}", f"{section}/pictures-{rng.randrange(999)}")),
        "wall": rng.choice(("login", "account/signin", f"{section}/story-{rng.randrange(999)}")),
        "error": f"{section}/story-{rng.randrange(999)}",
    }[kind]
    return f"https://paper{rng.randrange(10**4)}.example/{path}"


def _head(rng: random.Random, kind: str, middle: str) -> str:
    outlet = rng.choice(OUTLETS)
    start = middle.find("<h1>")
    title = middle[start + 4 : middle.find("</h1>", start)] if start >= 0 else outlet
    parts = [f"<title>{escape(title)} {rng.choice(('|', '-', '–'))} {outlet}</title>"]
    if rng.random() < 0.6:
        parts.append(f'<meta property="og:site_name" content="{outlet}"><meta property="og:type" content="website">')
    if rng.random() < 0.4 and kind in ("front", "tag", "gallery"):
        type_ = {"front": "WebPage", "tag": "CollectionPage", "gallery": "ImageGallery"}[kind]
        data = json.dumps({"@context": "https://schema.org", "@type": type_, "name": title})
        parts.append(f'<script type="application/ld+json">{data}</script>')
    return "".join(parts)


def made_up(count: int, seed: int = 0) -> Iterator[Page]:
    """``count`` pages, the kinds in turn."""
    rng = random.Random(seed)
    kinds = list(MIDDLES)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        middle = MIDDLES[kind](rng)
        menu = "".join(f'<li><a href="/{name.lower()}">{name}</a></li>' for name in rng.sample(_SECTIONS, 7))
        foot = (
            f"<footer><p>© 2025 {rng.choice(OUTLETS)}. All rights reserved.</p><a href='/imprint'>Imprint</a></footer>"
        )
        yield Page(
            kind,
            _address(rng, kind),
            f"<!doctype html><html><head>{_head(rng, kind, middle)}</head><body><nav><ul>{menu}</ul></nav>"
            f"<main>{middle}</main>{foot}</body></html>",
        )


def derived(rows: Sequence[dict[str, Any]], seed: int = 0) -> Iterator[Page]:
    """For each article page (``html``, ``body``) the page with another middle; those whose article is not found in one
    element, below the page's body, are left out."""
    rng = random.Random(seed)
    kinds = list(MIDDLES)
    for row in rows:
        tree = parse(without_data(row["html"]))
        holder = None if tree is None else _holder(tree, row["body"])
        if holder is None:
            continue
        kind = kinds[rng.randrange(len(kinds))]
        middle = MIDDLES[kind](rng)
        new = parse(f"<html><body><div>{middle}</div></body></html>").find(".//div")
        holder.getparent().replace(holder, new)
        for heading in tree.findall(".//h1"):
            if not any(above is new for above in heading.iterancestors()):
                heading.getparent().remove(heading)
        for script in tree.findall(".//script"):  # what says that the page is an article may stand in its body
            if "json" in (script.get("type") or ""):
                script.drop_tree()
        for old in tree.findall(".//head"):
            old.getparent().replace(old, parse(f"<html><head>{_head(rng, kind, middle)}</head></html>").find("head"))
        yield Page(kind, _address(rng, kind), etree.tostring(tree, encoding="unicode", method="html"))


def _holder(tree: Any, body: str) -> Any:
    """The smallest element that holds nearly all of the article's lines, or None."""
    wanted = {" ".join(line.split())[:60] for line in body.splitlines() if len(line) > 60}
    holders: dict[Any, int] = {}
    found = set()
    for element in tree.iter("p", "div", "li", "h2", "h3"):
        text = " ".join("".join(element.itertext()).split())[:60] if element.tag != "div" else ""
        if text in wanted and text not in found:
            found.add(text)
            for above in element.iterancestors():
                holders[above] = holders.get(above, 0) + 1
    enough = [element for element, count in holders.items() if count >= max(3, 0.9 * len(wanted))]
    smallest = max(enough, key=lambda element: sum(1 for _ in element.iterancestors()), default=None)
    return smallest if smallest is not None and smallest.tag not in ("body", "html") else None
