"""Records made to stop a stage: the audit's kinds, and any number of generated ones. Deterministic by seed.

Structure-aware: every field of each record at every size and of every JSON type, every header, odd timestamps, odd
bytes, nested and recursive JSON, and bodies that are slow by construction. What slow bodies there are stands in
``benchmarks/hostile_inputs.py`` where that is present, so that the two never differ.
"""

from __future__ import annotations

import base64
import gzip
import importlib
import json
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
_TEXT = "The bridge was closed on Monday, the authorities said, and nobody was hurt when it happened. "
GOOD: dict[str, Any] = {"content": _TEXT * 6, "language": "en", "published": "2025-09-01T00:00:00+00:00"}

#: Characters; most records stay small, so that thousands of them pass a broker in a test.
SMALL, LARGE = (0, 1, 255, 256, 257, 10_000), (1_000_000, 9_000_000)
RAW_FIELDS = ("content", "content_base64", "content_type", "id", "url", "source", "title", "published", "language",
              "fetched_at", "retracted")  # fmt: skip
CLEAN_FIELDS = ("id", "text", "title", "url", "source", "authors", "published", "modified", "language",
                "language_confidence", "credit", "content_hash", "revision", "retracted", "dropped")  # fmt: skip
TAGGED_FIELDS = (*CLEAN_FIELDS, "entities", "quotes")
TYPES: tuple[Any, ...] = (None, True, False, 0, -1, 2**63, -(2**64), 1e308, "", "x", "\u0000", [], [[]], ["x"], [None],
                          {}, {"id": "x"}, [{"id": 1}], "0001-01-01T00:00:00+00:00",
                          "9999-12-31T23:59:59-23:59")  # fmt: skip
_ALPHABETS = (
    "x",
    "\u00e9",
    "\u65e5",
    "\U0001f600",
    " ",
    "\n",
    "\u0000",
    "\u202e",
    "<",
    "&amp;",
    "/",
    "\u0301",
    "a b. ",
)
#: Milliseconds, as producers write them: microseconds, the epoch, one second after, far ahead, the largest there is.
TIMESTAMPS = (1_790_000_000_000_000, 0, 1000, 32_503_680_000_000, 253_402_300_800_000, 2**63 - 1)

#: A header whose name begins so is sent with the bytes that follow in hexadecimal as its name.
ANY_NAME = "bytes:"


@dataclass(frozen=True, slots=True)
class Hostile:
    """One record of a foreign producer. ``timestamp``: milliseconds, None for now; ``codec``: how its batch travels."""

    kind: str
    value: bytes | None
    key: bytes | None = b"hostile"
    headers: tuple[tuple[str, bytes | None], ...] = ()
    timestamp: int | None = None
    codec: str | None = None


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _article(kind: str, **fields: Any) -> Hostile:
    return Hostile(kind, _json({**GOOD, "id": kind, **fields}))


def _page(kind: str, body: str, **fields: Any) -> Hostile:
    return _article(kind, content=body, content_type="text/html", **fields)


def audit(scale: float = 1.0) -> list[Hostile]:
    """The kinds that the audit found to stop a stage, as it sent them; ``scale`` makes them smaller."""

    def of(size: int) -> int:
        return max(1, int(size * scale))

    publisher = json.dumps(
        {"@type": "NewsArticle", "articleBody": _TEXT * 6, "publisher": {"name": "P" * of(1_600_000)}}
    )
    good = _json({**GOOD, "id": "audit-good"})
    made = [
        _page("audit-publisher", f'<script type="application/ld+json">{publisher}</script><p>{_TEXT * 6}</p>'),
        _article("audit-source", source="S" * of(2_000_000)),
        _article("audit-language-length", language="e" * of(1_000_000)),
        _article("audit-amp", url="https://google.com/amp/" + "google.com/amp/" * of(1000)),
        Hostile("audit-null-header", good, headers=(("traceparent", None), ("streams_schema", None), ("x", None))),
        Hostile("audit-header-name", good, headers=((ANY_NAME + "fffec328", b"x"),)),
        _article("audit-id", id="i" * of(9_000_000)),
        Hostile("audit-microseconds", good, timestamp=TIMESTAMPS[0]),
        Hostile("audit-undecodable", b"\xff" * of(24_000_000), codec="gzip"),
        _page("audit-title", "<title>" + "a b c d | d | " + "d | " * of(25_000) + f"</title><p>{_TEXT * 6}</p>"),
        _page("audit-paragraphs", "<p>x y z" * of(200_000)),
        _article("audit-open-quotes", content="\u201ca " * of(18_000)),
        _article("audit-quotations", content='"We will go," said Ann Lee. ' * of(7000)),
        _article("audit-equal-quotations", content=('"We will all go home now," said Ann Lee.\n\n') * of(3000)),
    ]
    made += [_article(f"audit-tag-{tag}", language=tag) for tag in ("en", "en-GB", "en-US", "EN_us", "en-" + "x" * 500)]
    letters = "abcdefghijklmnopqrstuvwxyz"
    made += [_article(f"audit-language-{n}", language=letters[n // 26] + letters[n % 26]) for n in range(of(300))]
    return made


def slow_bodies() -> dict[str, Callable[[int], RawLike]]:
    """By name, what makes a body of about so many bytes that some parser finds hard."""
    repeated = {
        "nested-divs": "<div>", "open-comments": "<!--", "open-tags": "<a href=", "entities": "&amp;#x26;",
        "attributes": "<p a='", "tables": "<table><tr><td>", "ampersands": "&", "lists": "<ul><li>", "spaces": " \t",
        "lines": "\n", "dots": "A. B. ", "dashes": "a - ", "bars": "a | ", "quotes": "\u201ca ", "ascii-quotes": '"a ',
        "apostrophes": "'a ", "capitals": "Ann Lee ", "initials": "A.", "brackets": "((((", "digits": "1234567890",
        "dates": "1 January 2025 ", "at-signs": "a@", "schemes": "http://", "urls": "http://a.b/c ", "hyphens": "a-",
        "marks": "\u0301", "rtl": "\u202e", "mojibake": "\u00c3\u00a9", "no-spaces": "\u65e5\u672c",
        "credits": "(Reuters) ",
        "said": '"x," said Y, ', "scripts": "<script>", "styles": "<style>",
        "ld": '<script type="application/ld+json">',
    }  # fmt: skip
    made: dict[str, Callable[[int], RawLike]] = {}
    for name, piece in repeated.items():
        made[name] = partial(_repeated_body, piece)
    for name in _registered():
        made[f"registered-{name}"] = partial(_registered_body, name)
    return made


RawLike = dict[str, Any]


def _registered() -> list[str]:
    """The kinds of ``benchmarks/hostile_inputs.py``: ``KINDS`` maps a name to what makes a body of a size."""
    return sorted(_inputs().KINDS)


def _inputs() -> Any:
    if not (_BENCHMARKS / "hostile_inputs.py").exists():
        return None
    if str(_BENCHMARKS) not in sys.path:
        sys.path.insert(0, str(_BENCHMARKS))
    return importlib.import_module("hostile_inputs")


def _repeated_body(piece: str, size: int) -> RawLike:
    return {"content": (piece * (size // len(piece) + 1))[:size]}


def _registered_body(name: str, size: int) -> RawLike:
    kind = _inputs().KINDS[name]
    body = getattr(kind, "make", kind)(size)
    if isinstance(body, str):
        return {"content": body, "content_type": "text/html" if "<" in body[:200] else "text/plain"}
    shown = body if isinstance(body, dict) else {f: getattr(body, f, None) for f in RAW_FIELDS}
    return {f: v for f, v in shown.items() if v is not None and f in RAW_FIELDS and f != "fetched_at"}


def _headers(rng: random.Random) -> tuple[tuple[str, bytes | None], ...]:
    number = str(rng.choice((-1, 0, 2**31, 2**63, 10**30))).encode()
    return rng.choice(
        (
            (
                (
                    "streams_schema",
                    rng.choice((None, b"", b"99", b"-1", b"one", b"1" * 5000, b"\xff", "\u0661".encode())),
                ),
            ),
            (("traceparent", rng.choice((None, b"\xff\xfe", b"00-" + b"f" * 9000, b"00-0-0-0", b"a\r\nb"))),),
            tuple((f"h{each}", rng.choice((None, b"", b"\xff"))) for each in range(1000)),
            (("ce_id", b"1"), ("ce_id", b"2"), ("ce_id", None)),
            (
                ("streams_source_topic", b"\xff"),
                ("streams_source_partition", number),
                ("streams_source_offset", number),
            ),
            (
                ("streams_source_topic", b"x"),
                ("streams_source_partition", b"0"),
                ("streams_source_offset", "\u00b2".encode()),
            ),
            tuple(
                (f"streams_error_{each}", rng.choice((None, number, b"\xfe")))
                for each in ("topic", "offset", "attempt")
            ),
            (("", b""), ("\u65e5", b"\x00"), ("x" * 10_000, b"y" * 10_000)),
        )
    )


def _odd_bytes(rng: random.Random) -> bytes | None:
    good = _json({**GOOD, "id": f"bytes-{rng.random()}"})
    zipped = gzip.compress(good, mtime=0)
    return rng.choice(
        (
            None, b"", b" ", b"\x00", b"\xff" * 1000, b"[" * 100_000, b'{"a":' * 100_000, b"{}", b"NaN", b"-0",
            b"1e999",
            good[: rng.randrange(len(good))], good.replace(b"bridge", b"\xff\xfe"), good.decode().encode("utf-16"),
            b"\xef\xbb\xbf" + good, b'{"content": "\\ud800 ' + b"x" * 300 + b'"}', good + good, zipped,
            rng.randbytes(999),
            _json({"content_base64": base64.b64encode(zipped[: len(zipped) // 2]).decode()}),
            _json({"content_base64": base64.b64encode(good).decode().rstrip("=") + "A"}),
            _json({"content_base64": base64.b64encode(good.decode().encode("utf-16")).decode()}),
            _json({"content": "[" * 100_000, "content_type": "application/json"}),
            _json({"content": '{"articleBody":' * 50_000, "content_type": "application/json"}),
        )
    )  # fmt: skip


def _sized(rng: random.Random, large: bool) -> str:
    letter = rng.choice(_ALPHABETS)
    size = rng.choice(LARGE if large else SMALL)
    return (letter * (size // len(letter) + 1))[:size] if len(letter.encode()) == 1 or not large else "x" * size


def generated(count: int, seed: int = 1, *, large_every: int = 100) -> Iterator[Hostile]:
    """``count`` hostile records for ``articles.raw``; one of ``large_every`` has a field of 1 or 9 MB."""
    rng = random.Random(seed)
    slow = sorted(slow_bodies().items())
    for number in range(count):
        family, name = number % 8, f"hostile-{seed}-{number}"
        large = number % large_every == 4
        if family in (0, 4):
            field = RAW_FIELDS[number // 8 % len(RAW_FIELDS)]
            yield _article(f"{name}-size-{field}", **{field: _sized(rng, large)})
        elif family == 1:
            field, value = RAW_FIELDS[number // 8 % len(RAW_FIELDS)], TYPES[number // 88 % len(TYPES)]
            yield _article(f"{name}-type-{field}", **{field: value})
        elif family == 2:
            yield Hostile(f"{name}-headers", _json({**GOOD, "id": name}), headers=_headers(rng))
        elif family == 3:
            yield Hostile(f"{name}-bytes", _odd_bytes(rng), key=rng.choice((None, b"", b"\xff", b"k" * 10_000)))
        elif family == 5:
            kind, make = slow[number // 8 % len(slow)]
            fields = {
                "content_type": rng.choice(("text/html", "text/plain")),
                **make(rng.choice((1000, 20_000, 100_000))),
            }
            yield _article(f"{name}-slow-{kind}", **fields)
        elif family == 6:
            stamp = TIMESTAMPS[number // 8 % len(TIMESTAMPS)]
            compression = rng.choice((None, None, "gzip"))
            yield Hostile(f"{name}-time", _json({**GOOD, "id": name}), timestamp=stamp, codec=compression)
        else:
            known = f"hostile-{seed}-{rng.randrange(max(1, number))}"
            yield Hostile(
                f"{name}-retraction", _json({"id": rng.choice((known, name, "gone" * 500)), "retracted": True})
            )


def _entity(rng: random.Random, count: int) -> dict[str, Any]:
    start = rng.choice((-5, 0, 3, 10**6, 2**62))
    mention = {"field": "text", "start": start, "end": start + rng.choice((-3, 0, 5)), "surface": "The bridge"}
    return {"id": rng.choice(("person:x", "", "e" * 100_000, "\u0000")), "name": rng.choice(("", "N" * 100_000, "X")),
            "type": "PER", "mentions": [mention] * count, "salience": rng.choice((-1, 0, 2, 1e308))}  # fmt: skip


def foreign(kind: str, count: int, seed: int = 1) -> Iterator[Hostile]:
    """``count`` records as a foreign producer would put into ``articles.clean`` or ``articles.tagged`` (``kind``)."""
    rng = random.Random(seed)
    fields = CLEAN_FIELDS if kind == "clean" else TAGGED_FIELDS
    for number in range(count):
        name = f"{kind}-{seed}-{number}"
        base: dict[str, Any] = {"id": name, "text": _TEXT * 6, "language": "en"}
        family, field = number % 5, fields[number // 5 % len(fields)]
        if family == 0:
            yield Hostile(f"{name}-type-{field}", _json({**base, field: TYPES[number // 5 % len(TYPES)]}))
        elif family == 1:
            yield Hostile(f"{name}-size-{field}", _json({**base, field: _sized(rng, number % 100 == 1)}))
        elif family == 2:
            yield Hostile(f"{name}-headers", _json(base), headers=_headers(rng))
        elif family == 3 and kind == "tagged":
            quote = {
                "text": "q" * rng.choice((0, 30, 9000)),
                "start": rng.choice((-1, 0, 9**9)),
                "end": 5,
                "speaker": "nobody",
            }
            entities = [_entity(rng, rng.choice((0, 1, 50)))] * rng.choice((1, 20))
            yield Hostile(
                f"{name}-spans", _json({**base, "entities": entities, "quotes": [quote] * rng.choice((1, 500))})
            )
        elif family == 3:
            dropped = [{"start": rng.choice((-1, 10**9)), "end": -5, "reason": "r" * rng.choice((0, 9000))}] * 50
            yield Hostile(
                f"{name}-dropped", _json({**base, "dropped": dropped, "revision": rng.choice((-1, 0, 2**63 - 1))})
            )
        else:
            when = rng.choice(("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1969-12-31T23:59:59Z"))
            yield Hostile(
                f"{name}-date", _json({**base, "published": when, "modified": when, "language": _sized(rng, False)})
            )
