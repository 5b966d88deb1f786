"""A decision in words: what happened to an article and why, as a person would want to read it."""

from __future__ import annotations

from collections.abc import Iterator

from streams.contracts.records import Decision, Evidence, Linking, Shared, StoryEvent

#: What each measure says, in the order in which they are shown.
_SAYINGS = {
    "nearest_two": "{:.0%} likely to be about one event with the story's nearest articles",
    "names_found": "the story has {:.0%} of its names, by their weight",
    "background_ratio": "it is {:.1f} times as like the story as unrelated stories are",
    "cohesion_ratio": "it fits {:.0%} as well as the story's own articles fit each other",
}


def explain(decision: Decision) -> list[str]:
    """The lines that tell what ``decision`` did and why, without a line break in any."""
    lines: list[str] = []
    for event in decision.events:
        lines.append(_headline(event, decision) if event.article or not event.mended else _by_person(event))
        if event.evidence is not None:
            lines.extend(f"    {line}" for line in evidence_lines(event.evidence, started=event.type == "created"))
        lines.extend(f"    {line}" for change in event.linked for line in _link_lines(change))
    if not decision.events:
        lines.append(f"{decision.article_id}: taken back before it came")
    return lines


def evidence_lines(evidence: Evidence, *, started: bool = False) -> Iterator[str]:
    """The evidence of a join, or of why an article started a story, in lines."""
    verdict = "joins" if evidence.score >= evidence.threshold else "does not join"
    yield f"{evidence.score:.0%} likely to belong; {verdict} from {evidence.threshold:.0%}"
    if evidence.similarity is not None:
        margin = "" if evidence.margin is None else f", {evidence.margin:+.2f} against the next story"
        yield f"similarity {evidence.similarity:.2f}{margin}"
    for label, shared in (
        ("people and places", evidence.entities),
        ("words", evidence.terms),
        ("quotations", evidence.quotes),
    ):
        if shared:
            yield f"shared {label}: " + ", ".join(_told(one, quoted=label == "quotations") for one in shared)
    if evidence.hours_apart is not None:
        yield f"{_span(evidence.hours_apart)} from its nearest article"
    known = {name: value for name, value in evidence.measures if value is not None}
    for name, saying in _SAYINGS.items():
        if name in known:
            yield saying.format(known[name])
    if lean := round(known.get("lean", 0.0), 1):
        yield f"log-odds {lean:+.1f} for the grain and for how often articles join in this stream"
    if evidence.runner_up is not None:
        what = "nearest story" if started else "next best"
        yield f"{what}: {evidence.runner_up.headline or evidence.runner_up.story_id} ({evidence.runner_up.score:.0%})"


def _link_lines(change: Linking) -> Iterator[str]:
    """A link that came, with why, or went; none for one that only has a new storyline or has moved with a merge."""
    if change.gone:
        yield f"story {change.story_id} is no longer linked to story {change.other_id}"
    elif (why := change.evidence) is not None:
        how = {"follows": "follows", "followed": "comes before", "related": "is related to"}[change.kind]
        yield f"{how} story {change.other_id}: {why.score:.0%} likely"
        for label, shared in (("people and places", why.entities), ("words", why.terms)):
            if shared:
                yield f"    shared {label}: " + ", ".join(_told(one, quoted=False) for one in shared)
        if why.hours_apart is not None:
            yield f"    {_span(why.hours_apart)} from its nearest article"


def _by_person(event: StoryEvent) -> str:
    assert event.mended is not None
    done = {
        "merged": f"story {event.story_id} is put into story {event.other_id}",
        "split": f"{len(event.moved)} articles go from story {event.other_id} to story {event.story_id}",
    }.get(event.type, f"what people decided of story {event.story_id} is kept")
    why = f": {event.mended.why}" if event.mended.why else ""
    return f"{done} by {event.mended.by} ({event.mended.action}, {event.mended.correction}){why}"


def _headline(event: StoryEvent, decision: Decision) -> str:
    title = event.article.title if event.article and event.article.title else decision.article_id
    return {
        "created": f"“{title}” starts story {event.story_id}",
        "joined": f"“{title}” joins story {event.story_id}",
        "revised": f"“{title}” is revised in story {event.story_id}",
        "retracted": f"“{title}” leaves story {event.story_id}: retracted",
        "merged": f"story {event.story_id} turns out to be story {event.other_id}",
        "split": f"{len(event.moved)} articles part from story {event.other_id} as story {event.story_id}",
        "closed": f"story {event.story_id} closes: silent too long",
        "reopened": f"story {event.story_id} opens again",
    }[event.type]


def _told(shared: Shared, *, quoted: bool) -> str:
    return f"“{shared.label}”" if quoted else f"{shared.label} ({shared.weight:.0%})"


def _span(hours: float) -> str:
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"
