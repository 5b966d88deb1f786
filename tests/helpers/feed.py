"""Articles and garbage for the tests on Kafka: deterministic by seed, any number of them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from streams.contracts import codec
from streams.contracts.records import RawArticle

_SYLLABLES = ("ka", "lo", "mir", "ven", "tas", "dru", "bel", "qui", "san", "oth", "rin", "gal", "pex", "nor", "ush")
_HAPPENED = ("was closed", "caught fire", "was sold", "was flooded", "reopened", "went on strike", "was evacuated")


def news(count: int, seed: int = 1) -> tuple[list[RawArticle], dict[str, str]]:
    """``count`` reports on events of one to twelve reports each, interleaved; and the event of each (gold).

    Events have names of their own and little else in common, unlike those of ``streams synth``: what kills and
    rebalances change is the order of arrival, and a chaos test wants to see lost records in its figures, not how much
    look-alike stories depend on who came first.
    """
    rng = random.Random(seed)

    def name() -> str:
        return "".join(rng.choice(_SYLLABLES) for _ in range(3)).capitalize()

    pairs: list[tuple[RawArticle, str]] = []
    event = 0
    while len(pairs) < count:
        event += 1
        place, thing, street, firm, happened = name(), name().lower(), name(), name(), rng.choice(_HAPPENED)
        who, other, number = f"{name()} {name()}", f"{name()} {name()}", rng.randint(3, 999)
        for report in range(min(rng.choice((1, 1, 1, 2, 3, 5, 8, 12)), count - len(pairs))):
            body = [
                f"The {thing} of {place} {happened} on Monday, the authorities at {street} Street said, and {number} "
                f"people were affected.",
                f'"We have never seen a {thing} like it in {place}," said {who}, who has led {firm} for years.',
                f"{other} of {firm} will hear {number} people about why the {thing} {happened}, in report {report}.",
            ]
            rng.shuffle(body)
            article = RawArticle(
                id=f"{event:05}-{report:02}",
                content=f"{place} {thing} {happened}, {firm} says ({report})\n\n" + "\n\n".join(body),
                source=f"Outlet {rng.randint(1, 40)}",
                language="en",
                published=f"2025-09-{1 + event % 28:02}T{report:02}:00:00+00:00",
            )
            pairs.append((article, str(event)))
    rng.shuffle(pairs)
    return [article for article, _ in pairs], {article.id or "": event for article, event in pairs}


@dataclass(frozen=True, slots=True)
class Bad:
    """A record that is no article: as a broken producer, or one from the future, would write it."""

    value: bytes | None
    key: bytes | None = b"bad"
    headers: tuple[tuple[str, bytes], ...] = ()


def garbage(count: int, seed: int = 1) -> list[Bad]:
    """``count`` bad records, of every family in turn."""
    rng = random.Random(seed)
    good = codec.encode(RawArticle(id="x", content="A sentence. " * 20))

    def article(**fields: object) -> Bad:
        return Bad(codec.encode({"id": f"bad-{rng.random()}", **fields}))

    makers = (
        lambda: Bad(rng.randbytes(rng.randint(1, 400))),
        lambda: Bad(good[: rng.randint(1, len(good) - 2)]),
        lambda: Bad(b"[" * rng.randint(10, 20_000)),
        lambda: Bad(b'{"a":' * rng.randint(10, 3000) + b"1" + b"}" * 10),
        lambda: Bad(codec.encode({"id": rng.randint(1, 9), "content": "a number for an id"})),
        lambda: Bad(codec.encode({"title": f"no content {rng.random()}"}), key=None),
        lambda: Bad(good, headers=(("streams_schema", b"99"),)),
        lambda: Bad(good, headers=(("streams_schema", b"one"),)),
        lambda: Bad(good.replace(b"A sentence", b"A \xff\xfe sentence"), key=None),
        lambda: Bad(b"", key=b""),
        lambda: Bad(None, key=rng.randbytes(20)),
        lambda: Bad(b"null"),
        lambda: Bad(b'"just a string"'),
        lambda: article(content=""),
        lambda: article(content="too short"),
        lambda: article(content="x " * 300, content_type="video/mp4"),
        lambda: article(content="A sentence goes on. " * 40, published="1066"),
        lambda: article(content_base64="!!!not base64!!!"),
        lambda: article(content="\u0000\u0001\u0002" * 200),
    )
    return [makers[number % len(makers)]() for number in range(count)]
