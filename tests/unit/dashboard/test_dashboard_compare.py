"""Two outlets on a story: what the one names, counts and quotes, and the other leaves out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streams.contracts.records import Claim, Entity, Quote, TaggedArticle

POST, WAVE = "Harbour Post", "Daily Wave"
ADDRESS = "/story/s1/compare?one=Harbour+Post&other=Daily+Wave"
DECK = "Nobody was on the deck"
BOTH_QUOTE = "We will open the bridge again by Friday"
NAMES = {
    "place:ox": ("Oxhaven", "LOC"),
    "person:berg": ("Berg", "PER"),
    "person:tolland": ("Mira Tolland", "PER"),
    "person:averill": ("Jon Averill", "PER"),
}


def full(id_: str, names: tuple[str, ...], quotes: tuple[tuple[str, str | None], ...]) -> TaggedArticle:
    entities = tuple(Entity(id=each, name=NAMES[each][0], type=NAMES[each][1]) for each in names)  # type: ignore[arg-type]
    said = tuple(Quote(text=text, start=0, end=1, speaker=speaker) for text, speaker in quotes)
    return TaggedArticle(id=id_, text="Text.", entities=entities, quotes=said)


@pytest.fixture
def told(newsroom, context):
    """The Post in two articles, the Wave and a third outlet in one each."""

    def claims(**values: float) -> tuple[Claim, ...]:
        return tuple(
            Claim(kind="count", what=what, whom="people", value=value, text=f"{value} {what}")
            for what, value in values.items()
        )

    newsroom.create("s1", replace(newsroom.article("p1", hours=5), claims=claims(dead=9, injured=30)))
    newsroom.join("s1", replace(newsroom.article("p2", hours=2), claims=claims(dead=12)))
    newsroom.join("s1", replace(newsroom.article("w1", source=WAVE, hours=3), claims=claims(dead=9, missing=2)))
    newsroom.join("s1", replace(newsroom.article("x1", source="Other", hours=3), claims=claims(rescued=7)))
    context.articles.texts |= {
        "p1": full("p1", ("place:ox", "person:tolland"), ((BOTH_QUOTE, None), (DECK, "person:tolland"))),
        "p2": full("p2", ("person:tolland", "person:averill"), ((DECK + ", she said twice", None),)),
        "w1": full(
            "w1", ("place:ox", "person:berg"), ((BOTH_QUOTE + ", not before", None), ("I saw it fall", "person:berg"))
        ),
    }
    return newsroom


def sections(page: str) -> dict[str, list[str]]:
    """Heading id → its section, cut where the second outlet's part begins."""
    parts = {each.partition('"')[0]: each.partition("</section>")[0] for each in page.split('aria-labelledby="')[1:]}
    return {name: part.split("<h3>")[1:] for name, part in parts.items()}


@pytest.mark.usefixtures("told")
async def test_each_side_has_what_the_other_leaves_out(get):
    page = (await get(ADDRESS)).text
    post, wave = sections(page)["names"]
    assert "Both name 1 entity." in page
    assert post.index('Mira Tolland</bdi></a> <span class="num">2</span>') < post.index("Jon Averill")
    assert "Oxhaven" not in post + wave
    assert "Berg" in wave
    assert "Tolland" not in wave
    post, wave = sections(page)["quotes"]
    assert post.count("<q ") == 1, "one quotation in two versions, the longer"
    assert DECK + ", she said twice" in post
    assert "I saw it fall" in wave
    assert wave.count("<q ") == 1
    assert BOTH_QUOTE not in post + wave


@pytest.mark.usefixtures("told")
async def test_figures_stand_side_by_side_where_they_are_not_told_alike(get):
    page = (await get(ADDRESS)).text
    rows = {row.partition("<bdi>")[2].partition("<")[0]: row for row in page.split('<th scope="row">')[1:]}
    assert rows.keys() == {"Dead (people)", "Injured (people)", "Missing (people)"}
    assert "<td><bdi>9 → 12</bdi></td><td><bdi>9</bdi></td>" in rows["Dead (people)"]
    assert '<td><bdi>30</bdi></td><td><span class="by">left out</span></td>' in rows["Injured (people)"]
    assert '<td><span class="by">left out</span></td><td><bdi>2</bdi></td>' in rows["Missing (people)"]


async def test_nothing_is_said_to_be_left_out_by_a_text_that_cannot_be_read(told, context, get):
    del context.articles.texts["p2"]
    page = (await get(ADDRESS)).text
    assert "Names and quotations are not compared" in page
    assert "Tolland" not in page
    assert "9 → 12" in page, "figures are in the index"
    told.create("s2", told.article("a9", source="Elsewhere"))
    told.log(told.event("merged", "s1", other_id="s2"))
    answer = await get(ADDRESS)
    assert (answer.status_code, answer.headers["location"]) == (
        307, "/story/s2/compare?one=Harbour+Post&other=Daily+Wave"
    )  # fmt: skip


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("query", "status"),
    [("", 400), ("?one=Harbour+Post", 404), ("?one=Other&other=Other", 400), ("?one=Other&other=" + "x" * 201, 400),
     ("?one=Other&other=Nobody", 404)],
)  # fmt: skip
async def test_what_cannot_be_compared_is_refused(get, query, status):
    assert (await get("/story/s1/compare" + query)).status_code == status
    assert (await get("/story/none/compare" + query)).status_code == 404


@pytest.mark.usefixtures("told")
async def test_the_story_has_the_form(get):
    page = (await get("/story/s1")).text
    form = page.partition('action="/story/s1/compare"')[2].partition("</form>")[0]
    assert form.count(f'<option value="{POST}" selected>') == 1
    assert form.count(f'<option value="{WAVE}" selected>') == 1
    assert form.count("<option") == 6
