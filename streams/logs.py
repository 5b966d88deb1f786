"""Log lines of the services: one event a line, for a person or for a program; never a secret, and no forged line.

What an event is about (article, topic, offset, …) stands in ``extra={"about": {…}}``, which both forms show. An
article's text has no business there: what an exception says of it is kept in its dead letter.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

LogFormat = Literal["console", "json"]

#: Characters that an event's message, and each value that it is about, may have; tracebacks keep their end.
MESSAGE_CHARS, VALUE_CHARS, TRACEBACK_CHARS = 4000, 200, 8000
#: C0 and C1, and the separators that some readers of lines end one at.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def configure(part: str, level: str, form: LogFormat, secrets: Iterable[str] = ()) -> None:
    """Let this process log to stderr. Does nothing where logging is configured already, as ``basicConfig``.

    Args:
        part: which of ours it is (``clean``, ``dashboard``, …).
        level: the least level that is shown.
        secrets: what no line may hold; it is shown as ``***``.
    """
    handler = logging.StreamHandler()
    handler.setFormatter((Json if form == "json" else Console)(part, secrets))
    logging.basicConfig(level=level, handlers=[handler])


class _Lines(logging.Formatter):
    def __init__(self, part: str, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._part = part
        # As they are, and as JSON or a repr would write them.
        forms = {form for each in secrets if each for form in (each, json.dumps(each)[1:-1], repr(each)[1:-1])}
        longest_first = sorted(forms, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def _open(self, text: str) -> str:
        return self._secrets.sub("***", text) if self._secrets else text

    def _message(self, record: logging.LogRecord) -> str:
        return self._open(record.getMessage())[:MESSAGE_CHARS]

    def _about(self, record: logging.LogRecord) -> dict[str, str | int | float]:
        given: dict[str, object] = getattr(record, "about", {})
        return {
            name: value if isinstance(value, int | float) else self._open(str(value))[:VALUE_CHARS]
            for name, value in given.items()
        }

    def _traceback(self, record: logging.LogRecord) -> str:
        return self._open(self.formatException(record.exc_info))[-TRACEBACK_CHARS:] if record.exc_info else ""


class Json(_Lines):
    """A JSON object a line: ``at`` (UTC), ``level``, ``part``, ``logger``, ``event``, what it is about, ``traceback``.

    >>> given = {"name": "streams.x", "levelname": "INFO", "msg": "gone", "created": 0, "about": {"article": "a1"}}
    >>> json.loads(Json("clean").format(logging.makeLogRecord(given)))["article"]
    'a1'
    """

    def format(self, record: logging.LogRecord) -> str:
        event = {
            **self._about(record),
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "part": self._part,
            "logger": record.name,
            "event": self._message(record),
        }
        if traceback := self._traceback(record):
            event["traceback"] = traceback
        # Escaped, so that nothing in it ends the line or is half a character.
        return json.dumps(event, separators=(",", ":"))


class Console(_Lines):
    """Time, part, level, message and what it is about; a traceback follows, its lines marked as such."""

    def format(self, record: logging.LogRecord) -> str:
        about = "".join(f" {name}={value}" for name, value in self._about(record).items())
        head = f"{self.formatTime(record, '%H:%M:%S')} {self._part:<7} {record.levelname} "
        lines = [head + _shown(self._message(record) + about)]
        lines += [f"  | {_shown(line)}" for line in self._traceback(record).splitlines()]
        return "\n".join(lines)


def _shown(text: str) -> str:
    """On one line, without what moves a terminal's cursor or cannot be written."""
    escaped = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    return escaped.encode("utf-8", "backslashreplace").decode()
