"""Articles and garbage for the tests on Kafka: deterministic by seed, any number of them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from streams import codec
from streams.evaluation.synth import generate
from streams.records import RawArticle


def news(count: int, seed: int = 1) -> tuple[list[RawArticle], dict[str, str]]:
    """``count`` synthetic articles in order of arrival, every third as a page; and the story of each (gold)."""
    made = list(generate(count, seed))
    raws = [each.raw("text/plain" if number % 3 else "text/html") for number, each in enumerate(made)]
    return raws, {each.id: each.story for each in made}


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
