"""Who may mend in the dashboard: their passwords (as scrypt has them), who is logged in, and who guesses too often."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from streams.contracts.limits import MOST

#: Cost, block size and parallelism: what OWASP's cheat sheet on password storage has for 16 MiB, some 0.2 s a guess.
_SCRYPT = {"n": 2**14, "r": 8, "p": 5}
_SALT, _HASH = 16, 32  # bytes
#: The cookie that tells who is logged in.
COOKIE = "editor"
#: Characters of a password, at least; at most, so that nobody has a megabyte hashed.
SHORTEST, LONGEST = 12, 256
#: Seconds that a login lasts; people logged in at once, the one that came first goes.
LIFE, MOST_SESSIONS = 12 * 3600.0, 256
#: Wrong guesses of an address within so many seconds after which it has to wait; addresses that are remembered;
#: passwords that wait to be checked, one after the other.
GUESSES, WITHIN, MOST_GUESSERS, MOST_WAITING = 5, 60.0, 1000, 8


class TooManyGuessesError(Exception):
    """An address, or all together, try more passwords than are checked; they may try again in a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who is logged in. ``token`` stands in each of their forms: no other site's page knows it."""

    name: str
    token: str
    until: float


def line_of(name: str, password: str) -> str:
    """The line ``name:scrypt:salt:hash`` that lets somebody in.

    Raises:
        ValueError: one that cannot be used.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(f"a password has {SHORTEST} to {LONGEST} characters")
    salt = secrets.token_bytes(_SALT)
    line = f"{name}:scrypt:{salt.hex()}:{_hashed(password, salt).hex()}"
    parse(line)
    return line


def parse(lines: str) -> dict[str, tuple[bytes, bytes]]:
    """Name → salt and hash, of lines as ``line_of`` makes them; empty ones and those that begin with # are none.

    Raises:
        ValueError: a line that is none; the message has its number and nothing of it.
    """
    found: dict[str, tuple[bytes, bytes]] = {}
    for number, line in enumerate(lines.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, *rest = line.strip().split(":")
        try:
            kind, salt, hash_ = rest[0], bytes.fromhex(rest[1]), bytes.fromhex(rest[2])
        except (ValueError, IndexError):
            kind, salt, hash_ = "", b"", b""
        well_named = name.strip() and name.isprintable() and len(name) <= MOST["by"] and name not in found
        if (kind, len(salt), len(hash_), len(rest)) != ("scrypt", _SALT, _HASH, 3) or not well_named:
            raise ValueError(f"line {number} is no name:scrypt:salt:hash of `streams mend editor`, or names one twice")
        found[name] = salt, hash_
    return found


class Editors:
    """Logs people in and knows who is. One event loop owns it; logins end with the process."""

    def __init__(
        self, hashes: Mapping[str, tuple[bytes, bytes]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``hashes``: as ``parse`` has them."""
        self._hashes, self._clock = dict(hashes), clock
        self._sessions: dict[str, Session] = {}
        self._wrong: dict[str, list[float]] = {}
        self._turn, self._waiting = asyncio.Lock(), 0
        #: What the password of a name that nobody has is compared with: it takes as long.
        self._nobody = secrets.token_bytes(_SALT), secrets.token_bytes(_HASH)

    async def log_in(self, name: str, password: str, client: str) -> str | None:
        """The id of a session of its own; None: the name or the password is wrong.

        Raises:
            TooManyGuessesError: ``client``, an address, has guessed too often, or too many are guessing.
        """
        if self._waiting >= MOST_WAITING or len(self._recent(client)) >= GUESSES:
            raise TooManyGuessesError
        self._waiting += 1
        try:
            async with self._turn:
                # Others of the same address may have been wrong meanwhile.
                if len(self._recent(client)) >= GUESSES:
                    raise TooManyGuessesError
                salt, wanted = self._hashes.get(name, self._nobody)
                right = secrets.compare_digest(await asyncio.to_thread(_hashed, password[:LONGEST], salt), wanted)
        finally:
            self._waiting -= 1
        if not right:
            self._wrong[client] = [*self._recent(client), self._clock()]
            if len(self._wrong) > MOST_GUESSERS:
                del self._wrong[next(iter(self._wrong))]
            return None
        id_ = secrets.token_urlsafe(32)
        self._sessions[id_] = Session(name=name, token=secrets.token_urlsafe(32), until=self._clock() + LIFE)
        if len(self._sessions) > MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        return id_

    def session(self, id_: str) -> Session | None:
        """Who is logged in by this id; None: nobody (any more)."""
        found = self._sessions.get(id_)
        if found is not None and found.until <= self._clock():
            self.log_out(id_)
            return None
        return found

    def log_out(self, id_: str) -> None:
        self._sessions.pop(id_, None)

    def _recent(self, client: str) -> list[float]:
        return [at for at in self._wrong.get(client, ()) if at > self._clock() - WITHIN]


def _hashed(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, dklen=_HASH, **_SCRYPT)
