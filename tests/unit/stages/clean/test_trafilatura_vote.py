"""trafilatura's vote: its own text to the letter, by searches that find what its expressions find."""

from copy import deepcopy
from importlib import import_module
from pathlib import Path
from random import Random

import pytest
import trafilatura
from lxml import etree, html
from trafilatura import settings, xpaths

from streams.stages.clean.features.trafilatura_vote import KNOWN, _Marker, _Search, trafilatura_vote
from streams.stages.clean.parse.pages import parse, read_page

_PAGES = sorted((Path(__file__).parents[3] / "quality" / "pages").glob("*.html"))


def _split(text: str) -> list[str]:
    return text.split()


#: What the expressions look for, and what comes near it.
_WORDS = _split(
    "comment comments Comments commentary x-comments comment-list disqus_thread comol infinite-scroll mvp-post-add-box "
    "post entry article post-content story-body content main-content Main-Content page-content fulltext FullText "
    "sidebar banner share- sharing social ad -ad- ad-slot bad-idea nav navbar navigation hidden hide- hide-print "
    "noprint teaser Teaser caption author byline tags cookie cookie-banner footer elementor-share-buttons reply-1 "
    "no-reply-2 articleBody display:none MostPopularStories primary notprimary text cell story main"
)
_ASKED = [
    *xpaths.BODY_XPATH[2:4],
    xpaths.BODY_XPATH[0],
    *xpaths.OVERALL_DISCARD_XPATH,
    *xpaths.TEASER_DISCARD_XPATH,
    *xpaths.DISCARD_IMAGE_ELEMENTS,
    *xpaths.RAW_TREE_PRUNE_XPATH,
    *xpaths.REMOVE_COMMENTS_AND_LISTS_XPATH,
    settings.BASIC_CLEAN_XPATH,
]


def page_of(random: Random, count: int) -> str:
    """A page whose elements have attributes of such words, in any order."""
    parts = []
    for _ in range(count):
        names = ["class", "id", "role", "style", "itemprop", "data-component", "aria-hidden"]
        random.shuffle(names)
        attributes = " ".join(
            f'{name}="{random.choice((" ", "  ")).join(random.choices(_WORDS, k=random.randint(1, 3)))}"'
            for name in names[: random.randint(0, 3)]
        )
        tag = random.choice(("div", "section", "span", "p", "ul", "li", "article", "main", "aside", "details", "list"))
        parts.append(f"<{tag} {attributes}>word</{tag}>" if random.random() < 0.7 else f"<{tag} {attributes}>word")
    return f"<html><body>{''.join(parts)}</body></html>"


@pytest.mark.parametrize("expression", _ASKED, ids=lambda expression: " ".join(expression.path.split())[:50])
def test_a_search_finds_what_its_expression_finds(expression: etree.XPath) -> None:
    search = _Search(expression.path, "a")
    marker = _Marker([search])
    random, total = Random(3), 0
    for _ in range(30):
        tree = html.fromstring(page_of(random, 60))
        found = expression(tree)
        marker.mark(tree)
        assert search(tree) == (found[:1] if search.first else found)
        total += len(found)
    assert total


def test_an_expression_that_is_not_understood_is_told() -> None:
    for path in (
        "//div[@class='a']",
        ".//div",
        ".//*[self::div][count(p) > 3]",
        ".//*[re:test(@class, 'a.b')]",
        ".//*[re:test(@class, 'a$')]",
        ".//*[re:test(@class, '(?:a b|c)')]",
    ):
        with pytest.raises(ValueError, match=r"not understood|no conditions"):
            _Search(path, "a")


def test_the_vote_is_the_librarys_own_text() -> None:
    vote, options = trafilatura_vote(), settings.Extractor(fast=True, comments=False)
    told = 0
    random = Random(5)
    for source in [path.read_text(encoding="utf-8") for path in _PAGES] + [page_of(random, 200) for _ in range(5)]:
        tree = parse(source)
        read_page(tree)
        expected = trafilatura.extract(deepcopy(tree), options=options) or ""
        assert vote(tree) == expected
        told += bool(expected)
    assert told >= 3


def test_the_installed_version_is_known() -> None:
    assert trafilatura.__version__.startswith(f"{KNOWN}.")


def test_another_version_is_called_as_its_manual_says(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = trafilatura_vote()
    monkeypatch.setattr(trafilatura, "__version__", "9.0.0")
    source = page_of(Random(7), 100)
    trees = [parse(source), parse(source)]
    assert trafilatura_vote()(trees[0]) == quick(trees[1]) != ""


def test_the_library_is_left_as_it_is() -> None:
    trafilatura_vote()
    main, core = import_module("trafilatura.main_extractor"), import_module("trafilatura.core")
    assert main.OVERALL_DISCARD_XPATH is xpaths.OVERALL_DISCARD_XPATH
    assert core.extract_content is main.extract_content
