"""What a message says, of one alert or of many: plain lines, HTML, and the JSON that chats and web hooks take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC
from html import escape

from streams.contracts import codec
from streams.contracts.records import Alert
from streams.notify.sinks import Kind
from streams.notify.timing import zone
from streams.text import digest, many, path_part

#: Alerts that one message tells of; more are counted.
MOST_TOLD = 50
#: Characters that a chat takes: Discord's limit, below that of the others.
_CHAT = 2000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
#: What Discord and Teams take for markup.
_MARKUP = re.compile(r"([\\*_~`|>\[\]()#<-])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message: the alerts of one watch to one place, the oldest first. ``id`` is the same at every try."""

    id: str
    watch_id: str
    alerts: tuple[Alert, ...]
    zone: str = "UTC"
    public_url: str = ""

    @property
    def subject(self) -> str:
        first = shown(self.alerts[-1].headline) or "a story"
        more = f" and {len(self.alerts) - 1} more" if len(self.alerts) > 1 else ""
        return f"[{shown(self.watch_id)}] {first[:150]}{more}"

    def link(self, alert: Alert) -> str:
        """Where to read on: the dashboard's story, else the article."""
        if self.public_url:
            return f"{self.public_url.rstrip('/')}/story/{path_part(alert.story_id)}"
        url = alert.url or ""
        return url if re.fullmatch(r"https?://[!-~]+", url) else ""

    def when(self, alert: Alert) -> str:
        try:
            return alert.at.astimezone(zone(self.zone)).strftime("%Y-%m-%d %H:%M %Z")
        except (ValueError, OverflowError):
            return alert.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")

    def counts(self, alert: Alert) -> str:
        counts = {"article": alert.articles, "outlet": alert.outlets, "origin": alert.origins}
        return " · ".join(many(number, name) for name, number in counts.items())

    def news(self, alert: Alert) -> str:
        """The article that made it true."""
        return f"{shown(alert.outlet or 'unknown outlet')}: {shown(alert.title)}" if alert.title else ""


def notice_id(alerts: Sequence[Alert]) -> str:
    """One alert's own id; of several one that is made of theirs."""
    return alerts[0].id if len(alerts) == 1 else digest("notice", *(alert.id for alert in alerts))


def shown(text: str | None) -> str:
    """A line of theirs, without what would break it or turn it around."""
    return " ".join(_CONTROL.sub(" ", text or "").split())


def plain(notice: Notice) -> str:
    """As text, a paragraph an alert."""
    return "\n\n".join(
        "\n".join(filter(None, (shown(alert.headline), f"{notice.counts(alert)} · {notice.when(alert)}",
                                notice.news(alert), notice.link(alert))))
        for alert in notice.alerts[:MOST_TOLD]
    ) + _rest(notice) + f"\n\n--\nWatch {notice.watch_id}: {shown(notice.alerts[-1].condition)}\n"  # fmt: skip


def html(notice: Notice) -> str:
    """As a page of mail: no script, no image, nothing that is fetched."""
    items = []
    for alert in notice.alerts[:MOST_TOLD]:
        head, link = escape(shown(alert.headline)), notice.link(alert)
        head = f'<a href="{escape(link)}">{head}</a>' if link else head
        news = f"<br>{escape(notice.news(alert))}" if alert.title else ""
        about = f"{escape(notice.counts(alert))} · {escape(notice.when(alert))}"
        items.append(f'<li style="margin:0 0 1em"><b>{head}</b><br><small>{about}</small>{news}</li>')
    return (
        '<!doctype html><html><head><meta charset="utf-8"><title>'
        f'{escape(notice.subject)}</title></head><body style="font-family:sans-serif;max-width:40em">'
        f'<ul style="padding-left:1em">{"".join(items)}</ul>{escape(_rest(notice).strip())}'
        f"<p><small>Watch {escape(notice.watch_id)}: {escape(shown(notice.alerts[-1].condition))}</small></p>"
        "</body></html>"
    )


def body(kind: Kind, notice: Notice) -> bytes:
    """What a web hook or a chat is sent."""
    if kind == "slack":
        # Slack reads `<…>` as links and mentions; these three are all that it asks to be escaped.
        text = plain(notice).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return codec.encode({"text": _cut(text)})
    if kind == "discord":
        return codec.encode({"content": _cut(_unmarked(plain(notice))), "allowed_mentions": {"parse": []}})
    if kind == "teams":
        block = {"type": "TextBlock", "text": _cut(_unmarked(plain(notice))).replace("\n", "\n\n"), "wrap": True}
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": [block],
        }
        attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
        return codec.encode({"type": "message", "attachments": [attachment]})
    told = [asdict(alert) | {"link": notice.link(alert) or None} for alert in notice.alerts]
    return codec.encode({"type": "alerts", "id": notice.id, "watch_id": notice.watch_id, "alerts": told})


def _rest(notice: Notice) -> str:
    left = len(notice.alerts) - MOST_TOLD
    return f"\n\nand {left} more" if left > 0 else ""


def _unmarked(text: str) -> str:
    """Without markup, but for addresses, in which a backslash would be one."""
    return "\n".join(
        line if line.startswith(("http://", "https://")) else _MARKUP.sub(r"\\\1", line) for line in text.split("\n")
    )


def _cut(text: str) -> str:
    return text if len(text) <= _CHAT else text[: _CHAT - 1] + "…"
