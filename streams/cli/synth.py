"""`streams synth`: made-up news with known stories, for load, chaos and scale tests."""

from __future__ import annotations

from pathlib import Path

import click

from streams.cli.console import write_line
from streams.contracts import codec
from streams.synth.news import LARGEST, PER_DAY, generate, with_tolls


@click.command()
@click.option("--articles", type=click.IntRange(min=1), default=1000, show_default=True, help="How many articles.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same articles.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "html", "tagged"]),
    default="text",
    show_default=True,
    help="Raw articles as text dumps or as pages, or rows that `streams tag` and `streams cluster` read.",
)
@click.option(
    "--gold",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Also write the true {id, story} of every article to this file.",
)
@click.option(
    "--largest",
    type=click.IntRange(min=1, max=100_000),
    default=LARGEST,
    show_default=True,
    help="Articles of the largest story, at most. Sizes are heavy-tailed: most stories have one or two.",
)
@click.option("--per-day", type=click.FloatRange(min=0, min_open=True, max=1e6), default=PER_DAY, show_default=True,
              help="Articles a day, on the average, once it has run for some days.")  # fmt: skip
@click.option(
    "--rising", is_flag=True, help="The largest story tells a toll that rises: 9, 12, 15. Holds all in memory."
)
def synth(articles: int, seed: int, form: str, gold: Path | None, largest: int, per_day: float, rising: bool) -> None:
    """Write made-up news as JSON lines, in order of arrival: outlets, agencies, bursts, follow-ups, look-alikes.

    The larger a story, the more of its articles have an angle of their own, and the longer it lasts.
    """
    truth = gold.open("wb") if gold else None
    try:
        stream = generate(articles, seed, largest=largest, per_day=per_day)
        for article in with_tolls(list(stream)) if rising else stream:
            if form == "tagged":
                row: object = {
                    "id": article.id,
                    "title": article.title,
                    "text": article.text,
                    "published": article.published,
                    "source": article.source,
                    "language": "en",
                }
            else:
                row = article.raw("text/html" if form == "html" else "text/plain")
            write_line(codec.encode(row))
            if truth:
                truth.write(codec.encode({"id": article.id, "story": article.story}) + b"\n")
    finally:
        if truth:
            truth.close()
