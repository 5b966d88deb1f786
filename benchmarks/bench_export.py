"""Memory and rate of an export against how much there is: fills a spool as the topics would and writes each format.

`python -m benchmarks.bench_export --articles 1000000` prints a row a format; memory is the largest resident set so far.
"""

from __future__ import annotations

import argparse
import io
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from streams.contracts.records import Decision, Entity, EventType, Mention, Quote, StoryEvent, TaggedArticle
from streams.export.spool import Spool
from streams.export.tables import Wanted
from streams.export.writers import FORMATS

_WORDS = "the minister said on monday that a new bridge over the river would be opened in the spring "
_START = datetime(2025, 1, 1, tzinfo=UTC)


class _Count(io.RawIOBase):
    """Takes what is written and keeps how much it was."""

    size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        length = memoryview(data).nbytes  # type: ignore[arg-type]  # what a file takes is a buffer
        self.size += length
        return length

    def tell(self) -> int:
        return self.size


def article(number: int) -> TaggedArticle:
    """An article of some 400 words, with five entities and two quotations."""
    mention = Mention(field="text", start=0, end=3, surface="the")
    return TaggedArticle(
        id=f"article-{number}",
        text=f"{number} " + _WORDS * 22,
        title=f"Report {number}",
        url=f"https://outlet-{number % 500}.example/{number}",
        source=f"Outlet {number % 500}",
        published=_START + timedelta(seconds=30 * number),
        language="en",
        entities=tuple(
            Entity(id=f"person:{(number + each) % 9000}", name="Some Name", type="PER", mentions=(mention,) * 3)
            for each in range(5)
        ),
        quotes=(Quote(text=_WORDS, start=5, end=90), Quote(text=_WORDS, start=95, end=180)),
    )


def _row(what: str, articles: int, work: Callable[[], int]) -> None:
    started = time.perf_counter()
    size = work()
    took = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| {what} | {articles / took:,.0f} | {size / articles:,.0f} | {memory:,.0f} |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    count = parser.parse_args().articles
    print("| step | articles/s | bytes an article | largest MiB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, Spool(path := Path(folder) / "spool.db") as spool:

        def fill() -> int:
            for number in range(count):
                made = article(number)
                kind: EventType = "joined" if number % 8 else "created"
                event = StoryEvent(id=f"e{number}", type=kind, story_id=f"s{number // 8}", article_id=made.id)
                spool.decision(Decision(article_id=made.id, events=(event,)))
                spool.article(made, arrived=number)
            spool.finish()
            return path.stat().st_size

        def write(form: str) -> int:
            out = io.BufferedWriter(sink := _Count())
            FORMATS[form][0]("articles", spool.rows("articles", Wanted()), out)
            out.flush()
            return sink.size

        _row("gather", count, fill)
        for form in FORMATS:
            _row(form, count, partial(write, form))


if __name__ == "__main__":
    main()
