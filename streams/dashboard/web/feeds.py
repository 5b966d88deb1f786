"""Atom feeds (RFC 4287) and the schema.org data of a story's page."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from streams import atom
from streams.contracts import codec
from streams.contracts.records import Alert, Story
from streams.dashboard.store.queries import MemberRow, Row
from streams.dashboard.web.render import iso, many, safe_url, shown
from streams.query.times import showable
from streams.text import path_part

_SCHEMA_TYPES = {"PER": "Person", "ORG": "Organization", "LOC": "Place", "MISC": "Thing"}
#: Entities that a story's linked data names.
_ABOUT = 12


def stories_feed(rows: Iterable[Row], *, base: str, self_url: str, title: str, now: float) -> str:
    """The newest stories of a search, an entry each; it changes when the story gets an article."""
    rows = list(rows)
    entries = "".join(_story_entry(row, base) for row in rows)
    return _feed(self_url, title, max((row.active for row in rows), default=now), base, entries)


def story_feed(story: Story, members: Iterable[MemberRow], *, base: str, self_url: str, now: float) -> str:
    """The articles of one story, an entry each."""
    members = list(members)
    entries = "".join(_article_entry(member, base) for member in members)
    updated = max((member.at for member in members), default=now)
    return _feed(self_url, shown(story.headline), updated, f"{base}/story/{path_part(story.id)}", entries)


def alerts_feed(alerts: Iterable[Alert], *, base: str, self_url: str, title: str, now: float) -> str:
    """What watches told of, an entry an alert."""
    alerts = list(alerts)
    entries = "".join(_alert_entry(alert, base) for alert in alerts)
    updated = max((showable(alert.at.timestamp()) for alert in alerts), default=now)
    return _feed(self_url, title, updated, base, entries)


def linked_data(story: Story, newest: float) -> Markup:
    """JSON-LD for a script element: a CollectionPage of the story's articles. No character can end the element."""
    data = {
        "@context": "https://schema.org",
        "@type": "CollectionPage",
        "name": shown(story.headline),
        "abstract": " ".join(shown(one.text) for one in story.lead),
        "dateModified": iso(newest),
        "inLanguage": list(story.languages),
        "about": [
            {"@type": _SCHEMA_TYPES[entity.type], "name": shown(entity.name)} for entity in story.entities[:_ABOUT]
        ],
        "hasPart": [
            {"@type": "NewsArticle", "headline": shown(article.title), "identifier": article.id}
            | ({"url": url} if (url := safe_url(article.url)) else {})
            | ({"datePublished": article.published.isoformat()} if article.published else {})
            | ({"publisher": {"@type": "Organization", "name": shown(name)}} if (name := article.outlet) else {})
            for article in story.articles
        ],
    }
    text = codec.encode(data).decode()
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # JSON whose every markup character is written as an escape


def _feed(self_url: str, title: str, updated: float, page: str, entries: str) -> str:
    links = atom.link(shown(self_url), "self"), atom.link(shown(page))
    return atom.opening(shown(self_url), shown(title), iso(updated), *links) + entries + atom.CLOSING


def _story_entry(row: Row, base: str) -> str:
    story = row.story
    counts = [
        many(story.article_count, "article"), many(story.outlets, "outlet"), many(story.origins, "origin")
    ]  # fmt: skip
    lead = [f"{one.text} ({one.outlet or 'unknown outlet'})" for one in story.lead]
    lines = [*lead, " · ".join(counts)] + [
        f"{article.outlet or 'unknown outlet'}: {article.title or ''}" for article in story.articles
    ]
    related = [atom.link(f"{base}/story/{path_part(other.story_id)}", "related", other.kind) for other in story.links]
    return atom.entry(
        atom.urn("story", story.id),
        shown(story.headline),
        iso(row.active),
        atom.link(f"{base}/story/{path_part(story.id)}"),
        *related,
        atom.summary(shown("\n".join(lines))),
    )


def _alert_entry(alert: Alert, base: str) -> str:
    counts = [many(alert.articles, "article"), many(alert.outlets, "outlet"), many(alert.origins, "origin")]
    news = [f"{alert.outlet or 'unknown outlet'}: {alert.title}"] if alert.title else []
    return atom.entry(
        atom.urn("alert", alert.id),
        shown(f"[{alert.watch_id}] {alert.headline}"),
        iso(showable(alert.at.timestamp())),
        atom.link(f"{base}/story/{path_part(alert.story_id)}"),
        atom.summary(shown("\n".join([" · ".join(counts), *news, alert.condition]))),
    )


def _article_entry(member: MemberRow, base: str) -> str:
    entry = member.entry
    return atom.entry(
        atom.urn("article", entry.id),
        shown(entry.title or entry.id),
        iso(member.at),
        atom.link(shown(safe_url(entry.url) or f"{base}/article/{path_part(entry.id)}")),
        atom.author(shown(entry.outlet or "unknown outlet")),
    )
