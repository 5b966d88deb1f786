"""Resolution step by step, without a model: names are given, identities are asked for."""

from __future__ import annotations

import pytest

from streams.contracts.records import CleanArticle, EntityType
from streams.stages.tag import create_tagger, explain
from streams.stages.tag.document import Document
from streams.stages.tag.lang.en import ENGLISH
from streams.stages.tag.ner.gazetteer import headline
from streams.stages.tag.ner.postprocess import repair
from streams.stages.tag.resolve.aliases import table
from streams.stages.tag.resolve.found import Name
from streams.stages.tag.resolve.identity import identify
from streams.stages.tag.resolve.names import acronym_of, after_honorifics, possessive
from streams.stages.tag.resolve.organisations import without_legal_form


def ids(text: str, *surfaces: tuple[str, EntityType], article: str = "a") -> list[str]:
    """The identity of each surface, looked for in the text from left to right."""
    names, position = [], 0
    for surface, kind in surfaces:
        start = text.index(surface, position)
        position = start + len(surface)
        names.append(Name(start, position, kind, "given"))
    entities = identify(article, Document(text), 0, names)
    found = {mention.start: entity.id for entity in entities for mention in entity.mentions}
    return [found[name.start] for name in names]


@pytest.mark.parametrize(
    ("surface", "rest"),
    [
        ("Sir Richard Moore", "Richard Moore"),
        ("Prime Minister Jane Roe", "Jane Roe"),
        ("Lt. Gen. Ann Poe", "Ann Poe"),
        ("Richard Moore", "Richard Moore"),
        ("President", "President"),
    ],
)
def test_titles_come_off(surface: str, rest: str) -> None:
    assert surface[after_honorifics(surface, ENGLISH) :] == rest


def test_possessives_are_measured() -> None:
    assert [possessive(word, ENGLISH) for word in ("Putin's", "Putin’s", "James'", "Putin")] == [2, 2, 1, 0]


@pytest.mark.parametrize(
    ("long", "short", "fits"),
    [
        ("World Health Organization", "WHO", True),
        ("Bank of England", "BE", True),
        ("Bank of England", "BoE", True),
        ("Kenya Wildlife Service", "KWS", True),
        ("Kenya Wildlife Service", "KSW", False),
        ("Kenya Wildlife", "KWS", False),
    ],
)
def test_acronyms_are_checked_by_their_initials(long: str, short: str, fits: bool) -> None:
    assert acronym_of(long, short) is fits


def test_legal_forms_come_off() -> None:
    assert without_legal_form("Westbridge Capital Ltd.", ENGLISH) == "Westbridge Capital"
    assert without_legal_form("Acme Holdings Inc", ENGLISH) == "Acme"
    assert without_legal_form("Company", ENGLISH) == "Company"


def test_a_surname_is_the_full_name_of_the_text() -> None:
    text = "Maria Lopez won. Lopez thanked voters."
    assert ids(text, ("Maria Lopez", "PER"), ("Lopez", "PER")) == ["person:maria-lopez"] * 2


def test_two_people_with_one_surname_stay_apart() -> None:
    text = "Anna Keller and Josef Keller run it. Keller was fined."
    anna, josef, bare = ids(text, ("Anna Keller", "PER"), ("Josef Keller", "PER"), ("Keller", "PER"))
    assert len({anna, josef, bare}) == 3


def test_a_title_can_tell_them_apart() -> None:
    text = "Dr Anna Keller and Mr Josef Keller run it. Dr Keller was fined."
    anna, _, bare = ids(text, ("Anna Keller", "PER"), ("Josef Keller", "PER"), ("Keller", "PER"))
    assert bare == anna


def test_a_bare_surname_never_merges_across_documents() -> None:
    here = ids("Lopez won.", ("Lopez", "PER"), article="a")
    there = ids("Lopez lost.", ("Lopez", "PER"), article="b")
    assert here != there
    assert here == ids("Lopez won again.", ("Lopez", "PER"), article="a")


def test_middle_initials_do_not_make_another_person() -> None:
    one = ids("Michael T. Warren came.", ("Michael T. Warren", "PER"))
    assert one == ids("Michael Warren came.", ("Michael Warren", "PER")) == ["person:michael-warren"]


def test_a_title_and_a_surname_can_be_in_a_table() -> None:
    text = "Prime Minister Johnson resigned. Johnson left."
    assert ids(text, ("Johnson", "PER"), ("Johnson", "PER")) == ["person:boris-johnson"] * 2
    assert ids("Coach Johnson resigned.", ("Johnson", "PER")) != ["person:boris-johnson"]


def test_acronyms_work_both_ways_round() -> None:
    text = "The Zambezi River Authority (ZRA) met. ZRA spoke."
    zra: tuple[str, EntityType] = ("ZRA", "ORG")
    long = ids(text, ("Zambezi River Authority", "ORG"), zra, zra)
    assert set(long) == {"org:zambezi-river-authority"}
    text = "The ZRA (Zambezi River Authority) met."
    assert set(ids(text, zra, ("Zambezi River Authority", "ORG"))) == {"org:zambezi-river-authority"}


def test_bodies_that_every_country_has_are_told_apart_by_country() -> None:
    text = "The Russian Foreign Ministry objected."
    assert ids(text, ("Russian", "MISC"), ("Foreign Ministry", "ORG")) == ["demonym:ru", "org:ru-foreign-ministry"]


@pytest.mark.parametrize(
    ("surface", "id_", "link"),
    [
        ("UK", "place:gb", "iso:GB"),
        ("U.K.", "place:gb", "iso:GB"),
        ("Britain", "place:gb", "iso:GB"),
        ("U.S.", "place:us", "iso:US"),
        ("Kiev", "place:kyiv-ua", "geonames:703448"),
        ("Alaska", "place:us-ak", "geonames:5879092"),
        ("Va.", "place:us-va", "geonames:6254928"),
        ("N.Y.", "place:us-ny", "geonames:5128638"),
        ("São Paulo", "place:sao-paulo-br", "geonames:3448439"),
    ],
)
def test_tables_know_other_names(surface: str, id_: str, link: str) -> None:
    identity = table(ENGLISH).find(surface)
    assert identity is not None
    assert (identity.id, identity.link) == (id_, link)
    assert identity.latitude is not None


def test_a_name_that_reads_like_a_code_of_the_tables_is_not_what_has_the_code() -> None:
    assert ids("A crash near Mo killed two.", ("Mo", "LOC")) == ["place:named-mo"]
    assert ids("A crash near Sedalia, Mo., killed two.", ("Mo.", "LOC")) == ["place:us-mo"]


def test_words_that_only_look_like_acronyms_are_no_names() -> None:
    assert table(ENGLISH).find("us") is None
    assert table(ENGLISH).find("who") is None


def test_a_capital_points_at_its_country_and_is_not_it() -> None:
    moscow = table(ENGLISH).find("Moscow")
    assert moscow is not None
    assert moscow.id == "place:moscow-ru"
    assert "place:ru" in (moscow.detail or "")


def test_every_line_of_the_tables_is_whole() -> None:
    identities = table(ENGLISH).by_id.values()
    assert len(identities) > 5000
    prefixes = {"PER": "person:", "ORG": "org:", "LOC": "place:", "MISC": "demonym:"}
    for identity in identities:
        assert identity.id.startswith(prefixes[identity.type])
        assert identity.name.strip() == identity.name != ""
        assert (identity.latitude is None) == (identity.longitude is None)
        assert identity.latitude is None or abs(identity.latitude) <= 90
        assert identity.longitude is None or abs(identity.longitude) <= 180
    assert sum((identity.link or "").startswith("iso:") for identity in identities) > 400


def test_headlines_in_capitals_take_the_names_of_their_text() -> None:
    title = "MARIA LOPEZ WINS IN LIMA"
    text = f"{title}\n\nMaria Lopez won in Lima. Lopez thanked voters."
    below = [Name(text.index("Maria"), text.index("Maria") + 11, "PER", ""), Name(text.rindex("Lima"), 0, "LOC", "")]
    below[1] = Name(below[1].start, below[1].start + 4, "LOC", "")
    found = headline(Document(text, title_end=len(title)), below)
    assert [(text[n.start : n.end], n.type) for n in found[:2]] == [("MARIA LOPEZ", "PER"), ("LIMA", "LOC")]


def test_what_the_text_introduces_has_one_type() -> None:
    text = 'They opened a web portal, dubbed "Silent Courier". Silent Courier is safe.'
    start = text.index("Silent")
    found = repair(Document(text), [], None)
    assert found == []
    from streams.stages.tag.ner.appositives import introduced

    names = [
        Name(start, start + 14, "ORG", "model"),
        Name(text.rindex("Silent"), text.rindex("Silent") + 14, "ORG", ""),
    ]
    assert [name.type for name in introduced(Document(text), names)] == ["MISC", "MISC"]


def test_without_a_model_the_tables_speak_and_say_so() -> None:
    tagger = create_tagger(backend="gazetteer")
    article = CleanArticle(id="x", text="El presidente de Francia viajó a NATO. Vladimir Putin no.", language="es")
    tagged = tagger.tag([article])[0]
    found = {entity.id: entity.reason for entity in tagged.entities}
    assert found.keys() == {"org:nato", "person:vladimir-putin"}
    assert all("alias table; no model for es" in (reason or "") for reason in found.values())


def test_a_retraction_passes_through() -> None:
    tagger = create_tagger(backend="gazetteer")
    tagged = tagger.tag([CleanArticle(id="x", text="Vladimir Putin", retracted=True)])[0]
    assert tagged.retracted
    assert tagged.entities == ()
    assert tagged.text == "Vladimir Putin"


def test_explaining_marks_names_and_quotations() -> None:
    tagger = create_tagger(backend="gazetteer")
    text = 'NATO chief Mark Rutte said: "We will keep our word to Ukraine."'
    page = explain(tagger.tag([CleanArticle(id="x", title="NATO speaks", text=text)])[0])
    assert "[Mark Rutte|" in page
    assert "|Q1»" in page
    assert "why: alias table" in page
    assert "person:mark-rutte" in page
    assert "Q1 Mark Rutte — because: NATO chief Mark Rutte said" in page


def _named(text: str) -> list[tuple[str, str]]:
    """Surfaces and types after repair with no model: datelines, clubs and tables alone."""
    return [(text[name.start : name.end], name.type) for name in repair(Document(text), [], None)]


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("LONDON, Dec 7 (Reuters) - Shares fell.", [("LONDON", "LOC"), ("Reuters", "ORG")]),
        (
            "KUALA LUMPUR, Malaysia (AP) — Police held two.",
            [("KUALA LUMPUR", "LOC"), ("Malaysia", "LOC"), ("AP", "ORG")],
        ),
        ("BEIJING/HONG KONG, March 3 - Shares fell.", [("BEIJING", "LOC"), ("HONG KONG", "LOC")]),
        ("WASHINGTON - An airline said no.", [("WASHINGTON", "LOC")]),
        ("ATHLETICS - A record fell.", []),
        ("UPDATE 1-Shares fall.", []),
    ],
)
def test_datelines(text: str, head: list[tuple[str, str]]) -> None:
    assert _named(text) == head


def test_a_name_starts_behind_the_dateline_that_it_ran_over() -> None:
    from streams.stages.tag.resolve.datelines import datelines

    text = "WASHINGTON - United Airlines barred two girls."
    found = datelines(Document(text), [Name(0, text.index(" barred"), "ORG", "model")])
    assert [(text[n.start : n.end], n.type) for n in found] == [("WASHINGTON", "LOC"), ("United Airlines", "ORG")]


def test_towns_that_play_are_clubs_and_countries_are_not() -> None:
    from streams.stages.tag.resolve.clubs import clubs

    text = "Sevilla beat Liverpool 2-1 while France beat Spain 3-0 in Lyon."
    words = ("Sevilla", "Liverpool", "France", "Spain", "Lyon")
    names = [Name(text.index(word), text.index(word) + len(word), "LOC", "model") for word in words]
    assert [name.type for name in clubs(Document(text), names)] == ["ORG", "ORG", "LOC", "LOC", "LOC"]
