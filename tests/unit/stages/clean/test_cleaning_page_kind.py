"""What is no article is rejected with a reason; what is one is not, however it looks."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from streams.contracts.records import CleanArticle, RawArticle, Rejection
from streams.stages.clean import Cleaner
from training.not_articles import derived, made_up

CLEANER = Cleaner()
PROSE = (
    "<p>The harbour of Esbjerg will be closed for two weeks, the port authority said on Monday; ships must wait.</p>"
    "<p>Nobody knows when the next ferry will sail, a spokeswoman told this newspaper, and many are stranded.</p>"
)
TEASERS = "".join(
    f'<div><h3><a href="/news/{number}">The council of town number {number} votes on its bridge</a></h3>'
    f"<p>It is the third vote in {number + 2} years, and people who live there have had enough of it.</p></div>"
    for number in range(20)
)
PICTURES = "".join(f'<figure><img src="/{number}.jpg"></figure>' for number in range(12))
FORM = '<form><input name="mail"><input type="password"><button>Sign in</button></form>'


def clean(
    body: str, head: str = "", url: str = "https://example.org/news/a", **fields: str
) -> CleanArticle | Rejection:
    content = f"<html><head>{head}</head><body>{body}</body></html>"
    return CLEANER.clean(RawArticle(**{"content": content, "content_type": "text/html", "url": url, **fields}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("head", "body", "detail"),
    [
        ("<title>Page not found | Post</title>", f"<h1>Page not found</h1>{PROSE[:120]}</p>", "error page"),
        ("<title>404</title>", PROSE, "error page"),
        ("<title>Just a moment...</title>", PROSE, "error page"),
        ("<title>Seite nicht gefunden</title>", PROSE, "error page"),
        ("<title>Log in to continue - Post</title>", f"{PROSE}{FORM}", "sign-in wall"),
        ("<title>Harbour closed</title>", f"<h1>Harbour closed</h1>{PROSE}{FORM}", "form to sign in"),
        ("<title>404</title>", f"<h1>404</h1>{PROSE * 5}", "error page"),
        ("<title>In pictures: the harbour</title>", f"<h1>In pictures: the harbour</h1>{PROSE}{PICTURES}", "gallery"),
        ("<title>News - Post</title>", TEASERS, "headlines that are links"),
    ],
)
def test_what_is_no_article(head: str, body: str, detail: str) -> None:
    outcome = clean(body, head)
    assert isinstance(outcome, Rejection), outcome
    assert outcome.reason == "not_an_article"
    assert detail in outcome.detail


OG = '<meta property="og:type" content="article">'


@pytest.mark.parametrize(
    ("head", "body"),
    [
        # Articles about errors and walls, with forms, with teasers, short.
        # Pictures with a text, and what is said to be an article although its title is an error's.
        ("<title>In pictures: the harbour</title>", f"<h1>In pictures: the harbour</h1>{PROSE * 12}{PICTURES}"),
        (f"<title>404</title>{OG}", f"<h1>404</h1>{PROSE * 5}"),
        ("<title>404 days without a government</title>", PROSE),
        ("<title>Access denied: how a town lost its road to the sea and won it back in the courts</title>", PROSE * 4),
        (f"<title>Harbour closed</title>{OG}", f"<h1>Harbour closed</h1>{PROSE}{FORM}"),
        ("<title>Harbour closed</title>", f"<h1>Harbour closed</h1>{PROSE}"),
        ("<title>Harbour closed</title>", f"<h1>Harbour closed</h1>{PROSE * 6}<aside>{TEASERS}</aside>"),
        (f"<title>Harbour closed</title>{OG}", f"<h1>Harbour closed</h1>{PROSE}<aside>{TEASERS}</aside>"),
    ],
)
def test_what_is_an_article(head: str, body: str) -> None:
    outcome = clean(body, head)
    assert isinstance(outcome, CleanArticle), outcome


@pytest.mark.parametrize("tag", ["button", "object", "canvas"])
def test_a_control_that_is_not_closed_does_not_hide_the_page(tag: str) -> None:
    menu = f"<header><div><{tag}><span>Menu</span><div><div></{tag}></div></header>"  # parsers do not see it end
    outcome = clean(f"{menu}<main><h1>Harbour closed</h1>{PROSE}</main>")
    assert isinstance(outcome, CleanArticle), outcome
    assert "ships must wait" in outcome.text


def test_what_an_api_says_to_be_an_article_is_one() -> None:
    page = f"<html><head><title>404</title></head><body>{PROSE}</body></html>"
    body = json.dumps({"title": "404", "content": page})
    assert isinstance(CLEANER.clean(RawArticle(content=body, content_type="application/json")), CleanArticle)


def test_made_pages_of_each_kind_are_rejected() -> None:
    found: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for page in made_up(60, seed=7):
        every[page.kind] += 1
        found[page.kind] += isinstance(clean("", content=page.html, url=page.url), Rejection)
    assert set(every) == {"front", "tag", "gallery", "wall", "error"}
    assert sum(found.values()) >= 0.9 * sum(every.values()), found


def test_the_generators_are_deterministic_and_keep_the_chrome() -> None:
    assert list(made_up(10, 3)) == list(made_up(10, 3))
    body = "\n".join(
        f"Line {number} of the article is as long as lines of articles are, with sixty characters and more."
        for number in range(5)
    )
    paragraphs = "".join(f"<p>{line}</p>" for line in body.splitlines())
    row = {"html": f"<html><body><nav>Our chrome</nav><div id='x'>{paragraphs}</div></body></html>", "body": body}
    (page,) = derived([row], 1)
    assert "Our chrome" in page.html
    assert "Line 3" not in page.html
    assert page == next(derived([row], 1))
