"""Stories and their evidence as a person would want to read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from streams.contracts.records import Decision, Point, Story
from streams.stages import cluster
from streams.stages.cluster.telling import points
from streams.text import many

#: How many names of a kind a story's page lists; the rest is counted.
_NAMES = 12


def story_json(story: Story) -> dict[str, Any]:
    """A story for scripts: the fields that the README promises."""
    return {
        "id": story.id,
        "headline": story.headline,
        "lead": [{"text": one.text, "article_id": one.article_id, "source": one.outlet} for one in story.lead],
        "status": story.status,
        "outlets": story.outlets,
        "origins": story.origins,
        "sources": story.sources,
        "articles": [
            {"id": article.id, "title": article.title, "source": article.outlet, "url": article.url}
            for article in story.articles
        ],
        "entities": [{"id": entity.id, "name": entity.name, "type": entity.type} for entity in story.entities],
        "storyline": story.storyline or None,
        "links": story.links,
        "quotes": [quote for quote in story.quotes if len(quote.sources) > 1],
        "disagreements": points.differing(story),
    }


def print_story(
    console: Console, story: Story, decisions: Sequence[Decision], line: cluster.Storyline | None = None
) -> None:
    """Headline, lead, who and where, quotations, disagreements, storyline, and why each article is in it."""
    _print_head(console, story)
    for sentence in story.lead:
        source = f"  {sentence.outlet or 'unknown outlet'}, {sentence.article_id}"
        console.print(Text.assemble(("  " + sentence.text), (source, "dim")))
    console.print()
    for article in story.articles:
        console.print(Text.assemble(("  " + (article.outlet or "unknown outlet"), "bold"), f"  {article.title or ''}"))
    names = {part.id: entity.name for entity in story.entities for part in entity.parts or (entity,)}
    for label, kinds in (("People", ("PER",)), ("Places", ("LOC",)), ("Organisations", ("ORG",)), ("Also", ("MISC",))):
        shared = [entity.name for entity in story.entities if entity.type in kinds and entity.articles > 1]
        alone = sum(entity.type in kinds and entity.articles == 1 for entity in story.entities)
        if shared:
            more = f"  (+{alone} in one article only)" if alone else ""
            console.print(Text.assemble((f"\n  {label:<14}", "dim"), ", ".join(shared[:_NAMES]), (more, "dim")), end="")
    console.print()
    quotes = [quote for quote in story.quotes if len(quote.sources) > 1]
    if quotes:
        console.print(Text("\n  Quoted by more than one outlet", style="dim"))
        for quote in quotes:
            who = names.get(quote.speaker or "") if quote.speaker else None
            console.print(f"    “{quote.text.rstrip(',')}”" + (f"  — {who}" if who else ""), markup=False)
            for version in quote.versions:
                if version.how != "exact":
                    outlets_named = ", ".join(version.sources)
                    console.print(Text(f"        {outlets_named}: “{version.text.rstrip(',')}”", style="dim"))
    _print_points(console, points.differing(story))
    if line is not None:
        console.print(Text(f"\n  Storyline: {line.headline}", style="dim"))
        for number, one in enumerate(line.chapters, start=1):
            here = "→" if one.id == story.id else " "
            began = one.first_seen.date().isoformat() if one.first_seen else "no date"
            console.print(f"  {here} {number}. {began}  {one.headline}  {one.id}", markup=False)
    members = {article.id for article in story.articles}
    console.print(Text("\n  Why they are together", style="dim"))
    for decision in decisions:
        if decision.article_id in members or any(event.story_id == story.id for event in decision.events):
            print_event(console, decision)
    console.print()


def print_brief(console: Console, story: Story) -> None:
    """A story in three lines: headline, counts, and the first sentence of its lead."""
    _print_head(console, story)
    for sentence in story.lead[:1]:
        console.print(Text.assemble("  " + sentence.text, (f"  {sentence.outlet or 'unknown outlet'}", "dim")))


def _print_head(console: Console, story: Story) -> None:
    console.print()
    console.print(Text(story.headline, style="bold"))
    counts = [
        many(story.article_count, "article"),
        many(story.outlets, "outlet"),
        many(story.origins, "origin"),
    ]
    console.print(Text(" · ".join(counts) + f"   {story.id}", style="dim"))


def _print_points(console: Console, told: Sequence[Point]) -> None:
    """What outlets tell differently, with who says what."""
    if told:
        console.print(Text("\n  Told differently", style="dim"))
    for point in told:
        console.print(f"    {points.title(point)}: {' → '.join(points.history(point))}", markup=False)
        for one in point.said:
            said = f"        {one.outlet or 'unknown outlet'}, {one.article_id}: “{one.text}”"
            console.print(Text(said, style="dim"))


def print_event(console: Console, decision: Decision) -> None:
    """A decision and its evidence, in a few lines."""
    for line in cluster.explain(decision):
        console.print(f"    {line}", markup=False)
