"""An article in another site's page."""

from __future__ import annotations

from typing import Any

from streams.stages.clean.parse.pages import parse
from training.cleaning_data import fold_of
from training.cleaning_swapped import article_element, swapped

PARAGRAPH = "The harbour of {0} was closed after a ferry ran aground at {0} in thick fog, the coast guard of {0} said. "


def row(site: str, town: str, *, headline: str = "", corpus: str = "home", body: str | None = None) -> dict[str, Any]:
    paragraphs = [PARAGRAPH.format(town) + f"Part {part} of {town}." for part in ("one", "two", "three", "four")]
    text = "".join(f"<p>{each}</p>" for each in paragraphs)
    return {
        "url": f"https://{site}/1",
        "corpus": corpus,
        "body": "\n".join(paragraphs) if body is None else body,
        "html": f"<html><head><title>Fog at {town}</title>"
        f'<script type="application/ld+json">{{"headline": "Fog at {town}"}}</script></head><body>'
        f"<nav>Menu of {site}</nav>{headline}<div class=story><script>var {site[0]}</script>{text}</div>"
        f"<footer>Imprint of {site}</footer></body></html>",
    }


def same_fold() -> tuple[str, str]:
    """Two sites that no tree sees only one of."""
    sites = [f"{letter}.example" for letter in "abcdefghijklmnop"]
    alike = [site for site in sites if fold_of(f"https://{site}/1") == fold_of(f"https://{sites[0]}/1")]
    return alike[0], alike[1]


def test_an_article_moves_into_the_page_of_another_site_with_its_headline_and_title() -> None:
    one, other = same_fold()
    rows = [
        row(one, "Lindvik", headline="<h1>Lindvik shut</h1>"),
        row(other, "Corran", headline="<h1>Corran shut</h1>"),
    ]
    first, second = swapped(rows, seed=1)
    assert (first["url"], first["body"]) == (rows[0]["url"], rows[0]["body"])
    for found, page, moved, left in ((first, other, "Lindvik", "Corran"), (second, one, "Corran", "Lindvik")):
        html = found["html"]
        assert f"Menu of {page}" in html
        assert f"Imprint of {page}" in html
        assert html.index("Menu") < html.index(f"{moved} shut") < html.index("Part one") < html.index("Imprint")
        assert f"<title>Fog at {moved}</title>" in html
        assert left not in html, "neither the other article, nor what its page says of it"


def test_an_article_that_has_its_headline_inside_gets_no_second_one() -> None:
    one, other = same_fold()
    giving = row(one, "Lindvik")
    giving["html"] = giving["html"].replace("<div class=story>", "<div class=story><h1>Lindvik shut</h1>")
    first, _ = swapped([giving, row(other, "Corran")], seed=1)
    assert first["html"].count("<h1") == 1


def test_pages_of_another_corpus_or_fold_and_pages_without_an_article_stay_apart() -> None:
    one, other = same_fold()
    strange = next(
        f"{n}.example" for n in range(50) if fold_of(f"https://{n}.example/1") != fold_of(f"https://{one}/1")
    )
    apart = [row(one, "Lindvik"), row(other, "Corran", corpus="wcxb"), row(strange, "Esbjerg")]
    assert not list(swapped(apart, seed=1))
    assert not list(swapped([row(one, "Lindvik"), row(other, "Corran", body="Nothing of the kind")], seed=1))


def test_the_article_is_the_deepest_element_that_holds_its_words() -> None:
    page = row("a.example", "Lindvik")
    element = article_element(parse(page["html"]), page["body"])
    assert (element.tag, element.get("class")) == ("div", "story")
    assert article_element(parse(page["html"]), "Words of some other page") is None
