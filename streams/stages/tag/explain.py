"""A tagged article for people: the text with its names and quotations marked, and why each is what it is."""

from __future__ import annotations

from streams.contracts.records import Entity, Mention, TaggedArticle

#: Lines of mentions that an entity shows at most.
_SHOWN = 6


def explain(article: TaggedArticle) -> str:
    """Plain text: title and text with ``[name|n]`` and ``«quotation|n»``, then the numbered entities and quotations.

    >>> from streams.stages.tag import create_tagger
    >>> from streams.contracts.records import CleanArticle
    >>> article = CleanArticle(id="a", text='"We will keep our word," said NATO chief Mark Rutte.')
    >>> print(explain(create_tagger(backend="gazetteer").tag([article])[0]).splitlines()[0])
    «"We will keep our word,"|Q1» said [NATO|1] chief [Mark Rutte|2].
    """
    numbers = {entity.id: number for number, entity in enumerate(article.entities, start=1)}
    parts = []
    if article.title:
        parts.append(_marked(article.title, _names(article, "title", numbers)))
    body = _names(article, "text", numbers)
    for number, quote in enumerate(article.quotes, start=1):
        body += [(quote.start, 0, "«"), (quote.end, 3, f"|Q{number}»")]
    parts.append(_marked(article.text, body))
    if article.entities:
        parts.append("\n".join(_entity(entity, numbers[entity.id]) for entity in article.entities))
    if article.quotes:
        names = {entity.id: entity.name for entity in article.entities}
        lines = []
        for number, quote in enumerate(article.quotes, start=1):
            who = names.get(quote.speaker or "", "speaker unknown")
            why = (
                f"because: {' '.join(quote.cue.split())}"
                if quote.cue
                else "no words name the speaker; the context does"
            )
            lines.append(f"Q{number} {who} — {why if quote.cue or quote.speaker else 'no words name the speaker'}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _names(article: TaggedArticle, field: str, numbers: dict[str, int]) -> list[tuple[int, int, str]]:
    marks: list[tuple[int, int, str]] = []
    for entity in article.entities:
        for mention in entity.mentions:
            if mention.field == field:
                marks += [(mention.start, 1, "["), (mention.end, 2, f"|{numbers[entity.id]}]")]
    return marks


def _marked(text: str, marks: list[tuple[int, int, str]]) -> str:
    """``text`` with marks put in; at one place closing marks come before opening ones."""
    pieces: list[str] = []
    position = 0
    for at, _, mark in sorted(marks, key=lambda mark: (mark[0], mark[1] < 2, mark[1])):
        pieces += [text[position:at], mark]
        position = at
    return "".join([*pieces, text[position:]])


def _entity(entity: Entity, number: int) -> str:
    surfaces: dict[str, list[Mention]] = {}
    for mention in entity.mentions:
        surfaces.setdefault(mention.surface, []).append(mention)
    shown = [f"{surface} ×{len(group)}" for surface, group in list(surfaces.items())[:_SHOWN]]
    if len(surfaces) > _SHOWN:
        shown.append("…")
    facts = [entity.type, entity.id]
    facts += [fact for fact in (entity.detail, entity.link) if fact]
    if entity.latitude is not None and entity.longitude is not None:
        facts.append(f"{entity.latitude:.2f}, {entity.longitude:.2f}")
    return (
        f"{number} {entity.name} ({'; '.join(facts)}; salience {entity.salience:.2f})\n"
        f"  why: {entity.reason or 'not told'}\n  where: {', '.join(shown)}"
    )
