"""Invented news for screenshots, browser tests and the dashboard's benchmark. No outlet, person or event is real.

``articles`` are a newsroom's day, small enough to read; ``decisions`` are as many as a load test wants, made without
clustering anything.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

from abroad import ABROAD

from streams.contracts.records import (
    Decision,
    Entity,
    EntityType,
    Evidence,
    Mention,
    Quote,
    RawArticle,
    RunnerUp,
    Shared,
    StoryArticle,
    StoryEntity,
    StoryEvent,
    StoryQuote,
    TaggedArticle,
)
from streams.stages.tag.lang import DEFAULT
from streams.stages.tag.resolve.aliases import table
from streams.text import slug

OUTLETS = (
    *("Harbour Post", "The Daily Wave", "Vale Times", "Northern Ledger", "Meridian News Agency", "Channel Nine"),
    *("The Evening Crier", "Capital Standard", "Radio Fjord", "The Inland Observer", "Market Bell", "Coast & Country"),
)
AGENCY = "Meridian News Agency"

#: Headlines; names with their kinds; who is quoted, the quotation; sentences of the report.
Event = tuple[tuple[str, ...], dict[str, EntityType], tuple[str, str], tuple[str, ...]]
EVENTS: tuple[Event, ...] = (
    (
        ("Storm Ottilie shuts Oxhaven bridge", "Oxhaven bridge closed as storm Ottilie makes landfall",
         "Ferries stand in for Oxhaven's closed bridge", "Engineers inspect Oxhaven bridge after storm",
         "Oxhaven bridge: cables hold, road deck cracked", "Why Oxhaven's bridge could not take the wind"),
        {"Mira Tolland": "PER", "Oxhaven": "LOC", "Ottilie": "MISC", "Bridge Authority": "ORG", "Jon Averill": "PER"},
        ("Mira Tolland", "We will open the bridge again by Friday, but not one hour before the cables are safe"),
        ("The suspension bridge at Oxhaven was closed to all traffic when gusts of storm Ottilie passed 140 km/h.",
         "Mayor Mira Tolland told reporters at the harbour that nobody had been on the deck when a panel came loose.",
         "The Bridge Authority sent divers and climbers to look at the anchor blocks and the main cables.",
         "Ferry owner Jon Averill put on four more boats for the commuters who cross the sound every morning.",
         "The bridge carries 40,000 cars a day and was last closed for wind nine years ago."),
    ),
    (
        ("Central bank of Vale raises rates to 4.5 per cent", "Vale's rate rise surprises markets",
         "Mortgages dearer as Vale lifts rates", "Crown gains after Vale rate decision"),
        {"Petra Lindqvist": "PER", "Vale": "LOC", "Bank of Vale": "ORG", "Market Bell": "ORG"},
        ("Petra Lindqvist", "Inflation is a thief in the night, and we have left the window open for too long"),
        ("The Bank of Vale raised its main interest rate by half a point to 4.5 per cent, the highest in a decade.",
         "Governor Petra Lindqvist said that wages and rents were rising faster than the bank had expected in spring.",
         "The crown gained one per cent against its neighbours within minutes, and bank shares followed.",
         "Economists had expected a smaller step; two of the seven members voted for none at all."),
    ),
    (
        ("Kestrel lander touches down near lunar south pole", "Kestrel sends first pictures from the Moon",
         "Moon landing: Kestrel survives its first night"),
        {"Amara Osei": "PER", "Moon": "LOC", "Kestrel": "MISC", "Northern Space Office": "ORG"},
        ("Amara Osei", "Seven minutes without a signal is a long time when you have worked nine years for them"),
        ("The Kestrel lander came down within 80 metres of its target on a crater's rim near the Moon's south pole.",
         "Flight director Amara Osei of the Northern Space Office waited seven minutes for the first signal.",
         "Two small drills are to look for ice before the two-week night cools the instruments to minus 170 degrees.",
         "The mission cost 310 million and flew on a rocket that had failed twice."),
    ),
    (
        ("Teachers in Norra walk out over class sizes", "Schools shut across Norra as teachers strike",
         "Norra teachers: talks resume on Monday"),
        {"Tomas Brandt": "PER", "Norra": "LOC", "Teachers' Union": "ORG", "Elin Voss": "PER"},
        ("Tomas Brandt", "Thirty-six children in a room built for twenty is not a class, it is a queue"),
        ("Some 12,000 teachers in Norra stopped work on Thursday over class sizes that their union calls unteachable.",
         "Tomas Brandt, who leads the Teachers' Union, asked for a cap of 24 pupils in the first four years.",
         "Education minister Elin Voss offered 300 new posts and said that there was no money for more this year.",
         "Parents looked after children in sports halls and libraries that stayed open for them."),
    ),
    (
        ("Court lets Lake Serena dam go ahead", "Judges back dam at Lake Serena"),
        {"Lake Serena": "LOC", "Supreme Court": "ORG", "Ruth Okafor": "PER"},
        ("Ruth Okafor", "The court has weighed the water and forgotten the people who drink it"),
        ("The Supreme Court turned down the last appeal against the hydropower dam at the outlet of Lake Serena.",
         "Ruth Okafor, who spoke for six villages on the northern shore, said that they would go on by other means.",
         "The builder expects to flood the valley in three years and to light 200,000 homes."),
    ),
    (
        ("Fire destroys old sugar mill in Brackwater", "Brackwater sugar mill burns for a second day"),
        {"Brackwater": "LOC", "Fire Brigade": "ORG", "Lena Marsh": "PER"},
        ("Lena Marsh", "The roof went with a sound like a train, and then there was only the chimney"),
        ("Fire has destroyed the listed sugar mill on the quay of Brackwater, which was to become 90 flats.",
         "Fire Brigade commander Lena Marsh said that her crews had saved the boiler house and its chimney.",
         "Nobody was hurt; the police look for two people who were seen on the site shortly before midnight."),
    ),
    (
        ("Hadley Rovers sell captain Brook for record fee", "Brook leaves Hadley Rovers for 61 million"),
        {"Danny Brook": "PER", "Hadley Rovers": "ORG", "Monte Claro": "LOC"},
        ("Danny Brook", "I was eight when I first swept this stand, and I will be back to sweep it again"),
        ("Hadley Rovers have sold their captain Danny Brook to the champions of Monte Claro for a record 61 million.",
         "Brook, 24, signed for five years and will miss the opening match against his old club.",
         "Supporters who had gathered at the gate sang until the lights of the stadium went out."),
    ),
    (
        ("Measles cases in Port Ellery rise to 41", "Port Ellery opens vaccination centres as measles spreads"),
        {"Port Ellery": "LOC", "Health Board": "ORG", "Nadia Rahim": "PER"},
        ("Nadia Rahim", "A rash is what you see; what you do not see is everyone who sat in the same waiting room"),
        ("The number of measles cases in Port Ellery has risen to 41, most of them children who were never vaccinated.",
         "Doctor Nadia Rahim of the Health Board asked parents to ring before they come to a surgery.",
         "Three vaccination centres opened in school halls and will stay open over the weekend."),
    ),
    (
        ("Glacier above Sankt Alm moves two metres a day", "Village of Sankt Alm told to pack"),
        {"Sankt Alm": "LOC", "Geological Survey": "ORG", "Urs Keller": "PER"},
        ("Urs Keller", "The mountain does not read our calendar, so we have stopped naming dates"),
        ("The hanging glacier above the village of Sankt Alm moves two metres a day, the Geological Survey says.",
         "Geologist Urs Keller asked the 240 inhabitants to pack a bag and to sleep across the river."),
    ),
    (
        ("Airline Borealis cancels 300 flights after software fault",),
        {"Borealis": "ORG", "Ines Duarte": "PER", "Kingsmere": "LOC"},
        ("Ines Duarte", "Our planes are fine, it is our timetable that crashed"),
        ("The airline Borealis cancelled 300 flights from Kingsmere after an update stopped its crew planning.",
         "Chief executive Ines Duarte promised every passenger a seat or their money by Sunday."),
    ),
    (
        ("Painter Ilse Hartmann dies at 91",),
        {"Ilse Hartmann": "PER", "Kunsthalle Lindau": "ORG"},
        ("Ilse Hartmann", "Blue was never a colour to me, it was a place I could not afford"),
        ("The painter Ilse Hartmann, known for her blue harbour pictures, has died at the age of 91.",
         "The Kunsthalle Lindau will show her last twelve works in spring as had been planned with her."),
    ),
    (
        ("Rare black stork nests in Dunmoor again",),
        {"Dunmoor": "LOC", "Wetland Trust": "ORG"},
        ("", ""),
        ("A pair of black storks has nested in the Dunmoor marshes for the first time in sixty years.",
         "The Wetland Trust keeps the place secret and has moved a footpath."),
    ),
    (
        ("Tram drivers in Kingsmere accept pay offer",),
        {"Kingsmere": "LOC", "City Transport": "ORG", "Olu Adeyemi": "PER"},
        ("Olu Adeyemi", "It is not what we asked for, it is what we can take home"),
        ("Tram drivers in Kingsmere have accepted four per cent more pay over two years by a narrow vote.",
         "City Transport said that night services would be back by the weekend; Olu Adeyemi of the drivers agreed."),
    ),
)  # fmt: skip

#: What a newsroom adds of its own, so that its report is no copy of another's.
_COLOUR = (
    ("Our reporter counted eleven television vans before breakfast.", "A baker nearby gave away her bread.",
     "Old photographs in our archive show the same scene under snow."),
    ("Readers wrote to us all day, and most of them had seen it coming.", "The council meets tonight.",
     "A petition had gathered nine thousand names by noon."),
    ("Neighbouring towns have offered to help with staff and money.", "It is the third such case this year.",
     "Opposition members asked for the papers to be published."),
    ("Two experts whom we asked disagreed on nearly everything else.", "Insurers would not say what it costs.",
     "Figures from the statistics office point the same way."),
    ("Church bells rang at six, as they do when something is over.", "Tourists asked the way to the market.",
     "By evening the square was empty but for the pigeons."),
    ("On the exchange, turnover was twice that of a usual morning.", "Analysts warned of rash conclusions.",
     "The ministry declined to comment on what it called rumours."),
)  # fmt: skip

_IDS = {"PER": "person", "LOC": "place", "ORG": "org", "MISC": "misc"}


def articles(now: datetime) -> list[TaggedArticle]:
    """A day's articles up to ``now``, oldest first: some outlets carry the agency's text, most write their own."""
    chance = random.Random(11)
    made: list[TaggedArticle] = []
    for number, (headlines, names, (speaker, words), sentences) in enumerate(EVENTS):
        begun = now - timedelta(hours=1 + number * 1.7)
        for place, headline in enumerate(headlines):
            outlet = OUTLETS[(number * 3 + place * 2) % len(OUTLETS)]
            published = begun + timedelta(minutes=place * chance.randrange(9, 38))
            carried = place in (2, 5)
            said = words if place % 3 == 0 else words.split(", ")[0]
            own = _COLOUR[(number + place) % len(_COLOUR)]
            rest = list(sentences[1:])
            chance.shuffle(rest)
            paragraphs = [*sentences] if carried else [sentences[0] if place % 2 == 0 else rest[-1], *rest[:1], *own]
            if number == 0:  # what is known of the bridge grows from report to report
                hurt = (9, 12, 15)[place * 3 // len(headlines)]
                paragraphs.insert(1, f"The storm has injured {hurt} people in Oxhaven, the mayor said.")
            if said:
                paragraphs.insert(2, f"“{said},” {speaker} said.")
            made.append(
                article(
                    f"e{number:02}-{place}",
                    headline,
                    "\n\n".join(paragraphs),
                    names,
                    (said, speaker),
                    outlet,
                    AGENCY if carried else None,
                    min(published, now - timedelta(minutes=2 + place)),
                )
            )
    return sorted(made, key=lambda article: (article.published or now, article.id))


def abroad(now: datetime) -> list[TaggedArticle]:
    """An article of each of ``ABROAD``, of the hours before ``now``, oldest first."""
    return [
        article(
            f"a{number:02}",
            headline,
            f"{report}, to everybody's surprise.\n\n{headline}, said those who were there.",
            dict.fromkeys(places, "LOC"),
            ("", ""),
            OUTLETS[number % len(OUTLETS)],
            None,
            now - timedelta(hours=1.3 * (len(ABROAD) - number)),
        )
        for number, (headline, report, places) in enumerate(ABROAD)
    ]


def raw(made: Iterable[TaggedArticle]) -> Iterator[RawArticle]:
    """Articles as a crawler would send them."""
    for article in made:
        credit = f"\n\n({article.credit})" if article.credit else ""
        yield RawArticle(
            id=article.id,
            title=article.title,
            content=f"{article.title}\n\n{article.text}{credit}\n\nShare this article\n\nSubscribe to our newsletter",
            url=article.url,
            source=article.source,
            published=article.published.isoformat() if article.published else None,
            language="en",
        )


def article(
    id_: str, title: str, text: str, names: dict[str, EntityType], quote: tuple[str, str], outlet: str,
    credit: str | None, published: datetime,
) -> TaggedArticle:  # fmt: skip
    """An article that names, in its title or text, what ``names`` has; ``quote``: what is said in it, by whom."""
    entities = []
    for name, kind in names.items():
        mentions = [_mention("text", at, name) for at in _found(text, name)]
        mentions += [_mention("title", at, name) for at in _found(title, name)]
        if mentions:
            known = table(DEFAULT).find(name)
            made = f"{_IDS[kind]}:" + name.lower().replace(" ", "-").replace("'", "")
            entities.append(
                Entity(
                    id=known.id if known is not None and known.type == kind else made,
                    name=name,
                    type=kind,
                    mentions=tuple(mentions),
                    salience=min(1.0, len(mentions) / 5),
                )
            )
    said, speaker = quote
    quotes: tuple[Quote, ...] = ()
    if said:
        start = text.index("“")
        slug = speaker.lower().replace(" ", "-")
        quotes = (
            Quote(text=said, start=start, end=text.index("”") + 1, speaker=f"person:{slug}", cue=f"{speaker} said"),
        )
    return TaggedArticle(
        id=id_,
        title=title,
        text=text,
        url=f"https://{outlet.lower().replace(' ', '').replace('&', 'and')}.example/{id_}",
        source=outlet,
        credit=credit,
        published=published,
        language="en",
        entities=tuple(entities),
        quotes=quotes,
    )


def _found(text: str, name: str) -> Iterator[int]:
    at = text.find(name)
    while at >= 0:
        yield at
        at = text.find(name, at + len(name))


def _mention(field: Literal["title", "text"], at: int, name: str) -> Mention:
    return Mention(field=field, start=at, end=at + len(name), surface=name)


_NOUNS = (
    *("bridge", "bank", "lander", "school", "dam", "mill", "captain", "ward", "glacier", "airline", "painter", "stork"),
    *("tram", "senate", "harbour", "vineyard", "satellite", "museum", "ferry", "reactor", "festival", "orchard"),
)
_VERBS = ("opens", "closes", "fails", "returns", "burns", "wins", "loses", "delays", "answers", "moves", "grows")
_PLACES = [f"{first}{last}" for first in ("Ox", "Brack", "Nor", "Hal", "Kings", "Dun", "Port", "Esk", "Wyn", "Tar")
           for last in ("haven", "water", "ra", "mere", "moor", "ford", "ley", "by", "wick", "stead")]  # fmt: skip


def decisions(count: int, stories: int, *, now: datetime, seed: int = 5) -> Iterator[Decision]:
    """``count`` decisions over ``stories`` stories: every story begins, then they are joined, popular ones more often.

    Sizes as the clusterer writes them: entries with a dozen entities and a quotation, evidence for every join.
    """
    chance = random.Random(seed)
    for number in range(count):
        fresh = number < stories
        story = number if fresh else min(int(chance.paretovariate(0.6)) - 1, stories - 1)
        yield decision(number, story, created=fresh, at=now - timedelta(seconds=(count - number) * 2), chance=chance)


def decision(number: int, story: int, *, created: bool, at: datetime, chance: random.Random) -> Decision:
    """One article's decision: it begins the story or joins it."""
    own = random.Random(story)
    places = [own.choice(_PLACES) for _ in range(4)]
    title = f"{own.choice(_NOUNS).title()} in {places[0]} {own.choice(_VERBS)} {chance.choice(_NOUNS)} {number}"
    outlet = chance.choice(OUTLETS)
    entities = [StoryEntity(id=f"place:{place.lower()}", name=place, type="LOC", salience=0.5) for place in set(places)]
    for _ in range(8):
        who = own.randrange(4000)
        entities.append(StoryEntity(id=f"person:p{who}", name=f"Person Number {who}", type="PER", salience=0.2))
    entities.sort(key=lambda entity: entity.id)
    article = StoryArticle(
        id=f"a{number}",
        title=title,
        source=outlet,
        url=f"https://example.org/{number}",
        published=at.astimezone(UTC),
        language=own.choice(("en", "en", "en", "de", "fr")),
        entities=tuple(entities),
        quotes=(
            StoryQuote(text=f"We have said all along that the {title.lower()} must be seen to", sources=(outlet,)),
        ),
        origin=f"by:{slug(outlet)}",
    )
    shared = tuple(Shared(key=place, label=place, weight=0.1) for place in places)
    evidence = Evidence(
        score=0.8,
        threshold=0.5,
        terms=shared,
        entities=shared,
        hours_apart=1.5,
        runner_up=RunnerUp(story_id=f"s{own.randrange(1000)}", headline="Another story altogether", score=0.3),
    )
    event = StoryEvent(
        id=f"a{number}:0",
        type="created" if created else "joined",
        story_id=f"s{story}",
        at=article.published,
        article_id=article.id,
        article=article,
        evidence=None if created else evidence,
    )
    return Decision(article_id=article.id, events=(event,), language="en", number=number + 1)
