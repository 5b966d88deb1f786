"""Where the alerts of a watch go, as it is written: ``kind:address``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

Kind = Literal["webhook", "slack", "teams", "discord", "mail"]

#: Sinks that one watch may have, and characters that one may have.
MOST_SINKS, MOST_CHARACTERS = 10, 2000
#: One address, as RFC 5321 has it without quotes: no line break, no second recipient.
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}")
_VISIBLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Sink:
    """One place: an address of the web, or of mail."""

    kind: Kind
    address: str

    @property
    def shown(self) -> str:
        """As logs and tables may show it: without the part of an address that lets anybody post there."""
        return self.address if self.kind == "mail" else f"{self.kind} at {urlsplit(self.address).hostname}"


def parse_sink(text: str) -> Sink:
    """Read one. Raises ``ValueError`` that says what would do.

    >>> parse_sink("mail:desk@example.org").kind
    'mail'
    """
    kind, _, address = text.strip().partition(":")
    if kind not in get_args(Kind):
        raise ValueError(f"a sink is one of {', '.join(f'{each}:…' for each in get_args(Kind))}, not {text[:40]!r}")
    if kind == "mail":
        if len(address) > 254 or not _MAIL.fullmatch(address):
            raise ValueError("mail: wants one address, such as mail:desk@example.org")
    elif not _is_web(address):
        raise ValueError(f"{kind}: wants an address such as {kind}:https://hooks.example.org/news")
    return Sink(cast(Kind, kind), address)


def is_sink(text: str) -> bool:
    """Whether ``parse_sink`` can read it."""
    try:
        parse_sink(text)
    except ValueError:
        return False
    return True


def _is_web(address: str) -> bool:
    if len(address) > MOST_CHARACTERS or not _VISIBLE.fullmatch(address):
        return False
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        return False
