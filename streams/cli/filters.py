"""`streams clean`, `streams tag`, `streams cluster`: the stages as Unix filters over JSON lines, without Kafka."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar, get_args

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from streams.cli.console import paper, read_lines, say, write_line
from streams.contracts import codec, limits
from streams.contracts.limits import clip
from streams.contracts.records import CleanArticle, Grain, RawArticle, Rejection, TaggedArticle
from streams.settings import load

T = TypeVar("T")

_paths = click.argument("paths", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))


class _Tally:
    """Counts for the closing message, and a live counter where someone watches."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("articles", total=None)
        self.bad = 0
        self.failed = 0
        self.rejected = 0
        self.done = 0

    def read(self, kind: type[T], paths: tuple[Path, ...]) -> Iterator[T]:
        """The records of the lines; a line that is none is reported on stderr and counted, never dropped silently."""
        for name, number, line in read_lines(paths):
            try:
                yield limits.decode(kind, line)
            except codec.DecodeError as error:
                self.bad += 1
                say(f"{name}:{number}: {error}")

    def fail(self, id_: str | None, error: Exception) -> None:
        """An article that made a stage raise: told on stderr and counted; the agents write a dead letter."""
        self.failed += 1
        say(f"failed {id_ or '?'}: {type(error).__name__}: {clip(str(error), 300)}")

    def wrote(self) -> None:
        self.done += 1
        self._progress.advance(self._task)

    def close(self) -> None:
        if self.bad or self.rejected or self.failed:
            failed = f", {self.failed} failed" if self.failed else ""
            say(f"{self.done} written, {self.rejected} rejected, {self.bad} unreadable lines{failed}")
        if self.failed or (not self.done and self.bad):
            raise SystemExit(1)


@contextmanager
def _tally() -> Iterator[_Tally]:
    console = paper(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tally = _Tally(progress)
        yield tally
    tally.close()


@click.command()
@_paths
@click.option("--explain", is_flag=True, help="Print each page with its kept and dropped lines instead of JSON.")
@click.option(
    "--host-memory",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Begin with what earlier runs saw of each host and article (FILE, if there), and keep it for the next.",
)
def clean(paths: tuple[Path, ...], explain: bool, host_memory: Path | None) -> None:
    """Raw articles in (JSON lines), clean articles out; rejections go to stderr with their reason.

    A row needs `content` (and `content_type`: text/plain, text/html or application/json). Exit code 1 if no line
    could be read, or an article made cleaning fail.
    """
    from streams.cli.memory import FileMemory
    from streams.pipeline import clean_one
    from streams.stages.clean import Cleaner, CleaningMemory

    memory = FileMemory(host_memory) if host_memory is not None else CleaningMemory()
    cleaner = Cleaner(max_bytes=load().max_article_bytes)
    with _tally() as tally:
        for position, raw in enumerate(tally.read(RawArticle, paths)):
            try:
                outcome = clean_one(raw, position, cleaner=cleaner, memory=memory, received_at=datetime.now(UTC))
            except Exception as error:
                tally.fail(raw.id or raw.url, error)
                continue
            if isinstance(outcome, Rejection):
                tally.rejected += 1
                say(f"rejected {outcome.id or '?'}: {outcome.reason}: {outcome.detail}")
            elif explain:
                _explain_cleaning(raw, outcome)
                tally.wrote()
            else:
                write_line(codec.encode(outcome))
                tally.wrote()
        if isinstance(memory, FileMemory):
            memory.save()


def _explain_cleaning(raw: RawArticle, article: CleanArticle) -> None:
    from rich.text import Text

    from streams.stages.clean import explain

    console = paper()
    console.print(Text(f"{article.id}  {article.title or ''}", style="bold"))
    if article.cut:
        console.print(Text(f"longer than they may be, and cut or left out: {', '.join(article.cut)}", style="yellow"))
    if article.confidence is not None:
        whose = f"; the text is {article.fallback}'s, likely to be better than ours" if article.fallback else ""
        console.print(Text(f"expected F1 {article.confidence:.2f}{whose}", style="dim"))
    for kept, line, reason, score in explain(raw, article):
        margin = "  keep               " if kept else f"- {reason:<14} {score:4.2f}"
        console.print(Text(f"{margin} │ {line}", style="" if kept else "red dim"))


@click.command()
@_paths
@click.option(
    "--explain", is_flag=True, help="Print each text with its entities and quotations marked instead of JSON."
)
def tag(paths: tuple[Path, ...], explain: bool) -> None:
    """Clean articles in (JSON lines), tagged articles out. A row needs `id` and `text`."""
    from streams.pipeline import tag_batches
    from streams.stages import tag

    settings = load()
    tagger = tag.create_tagger(backend=settings.ner_backend, models_dir=settings.models_dir)
    with _tally() as tally:
        articles = tally.read(CleanArticle, paths)
        for article in tag_batches(articles, tagger=tagger, batch_size=settings.batch_size, on_failure=tally.fail):
            if explain:
                paper().print(tag.explain(article), markup=False, end="\n\n")
            else:
                write_line(codec.encode(article))
            tally.wrote()


@click.command()
@_paths
@click.option(
    "--assignments",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Also write the final {article_id, story_id} of every article to this file.",
)
@click.option("--events", is_flag=True, help="Write the decisions, as the log has them, instead of the final stories.")
@click.option("--explain", is_flag=True, help="Print why each article is where it is instead of JSON.")
@click.option(
    "--grain",
    type=click.Choice(get_args(Grain)),
    help="How much stories take in.  [default: STREAMS_STORY_GRAIN]",
)
def cluster(
    paths: tuple[Path, ...], assignments: Path | None, events: bool, explain: bool, grain: Grain | None
) -> None:
    """Tagged articles in (JSON lines), stories out. A row needs `id` and `text`; `published` helps.

    Stories are written at the end, in the order in which they began.
    """
    from streams.stages import cluster

    clusterer = cluster.Clusterer(grain=grain or load().story_grain)
    with _tally() as tally:
        for position, article in enumerate(tally.read(TaggedArticle, paths)):
            try:
                decision = clusterer.decide(article)
            except Exception as error:
                tally.fail(article.id, error)
                continue
            if decision is None:
                continue
            clusterer.apply(article, decision, position)
            if explain:
                for line in cluster.explain(decision):
                    paper().print(line, markup=False)
            elif events:
                write_line(codec.encode(decision))
            tally.wrote()
        if not (explain or events):
            for story in clusterer.stories():
                write_line(codec.encode(story))
    if assignments is not None:
        with assignments.open("wb") as file:
            for article_id, story_id in clusterer.assignments().items():
                file.write(codec.encode({"article_id": article_id, "story_id": story_id}) + b"\n")
