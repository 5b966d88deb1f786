"""Forms that people post: which are refused unread, and reading one within bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

#: Bytes of a form: room for the ids of all articles of a page, and a reason. And its values.
LONGEST, MOST_VALUES = 32_768, 256
TYPE = "application/x-www-form-urlencoded"
_LENGTH = re.compile(r"[0-9]{1,9}")

Form = Mapping[str, list[str]]


def are_taken(path: str) -> bool:
    """Whether a form can be posted to a path, where there are editors."""
    posted = path.startswith("/story/") and path.endswith("/mend")
    return (
        path in ("/login", "/logout", "/watches") or posted or (path.startswith("/watch/") and path.endswith("/remove"))
    )


def refusal(headers: Mapping[str, str]) -> tuple[int, str] | None:
    """Status and reason for which a form is not read: another site's page sent it, or it is none.

    Browsers say whose page it is, and no page can forge that; what says nothing is refused as well.
    """
    if headers.get("content-type", "").partition(";")[0].strip().lower() != TYPE:
        return 415, f"only forms are understood ({TYPE})"
    length = headers.get("content-length", "")
    if not _LENGTH.fullmatch(length):
        return 411, "the length of a form must be told"
    if int(length) > LONGEST:
        return 413, f"a form has at most {LONGEST} bytes"
    host = headers.get("host", "").lower()
    if _host_of(headers.get("origin", "")) != host or not host:
        return 403, "this form was not sent from a page of this dashboard (a proxy before it must hand Host on)"
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return 403, "this form was not sent from a page of this dashboard"
    return None


async def read(request: Request) -> Form | None:
    """The values of a posted form by their names, stripped; None: it is larger than it says, or unreadable."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST:
            return None
    try:
        pairs = parse_qsl(body.decode(), errors="strict", max_num_fields=MOST_VALUES)
    except ValueError:
        return None
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value.strip())
    return values


def one(form: Form, name: str) -> str:
    """The first value of a name; empty where there is none."""
    return form.get(name, [""])[0]


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
