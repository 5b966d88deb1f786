"""Mending in the dashboard: who may, what another site's page cannot do, and what each form asks for."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from aiokafka.errors import KafkaConnectionError
from click.testing import CliRunner

from streams.cli.mend import mend as mend_command
from streams.contracts import codec, limits
from streams.contracts.records import Correction, Decision, Mended, Pins, Rejection
from streams.dashboard.web import editors, forms
from streams.dashboard.web.editors import GUESSES, LIFE, WITHIN, Editors, TooManyGuessesError, line_of, parse
from streams.dashboard.web.mending import story_named
from streams.dashboard.web.server import create_app, editors_of
from streams.settings import SettingsError, load

PASSWORD = "correct horse battery"
ORIGIN = {"origin": "http://dashboard"}
#: A cheap one: what is tested is not how long it takes.
CHEAP = {"n": 2, "r": 1, "p": 1}


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(editors, "_SCRYPT", CHEAP)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def asked(newsroom, context, clock):
    """The corrections that were sent; each becomes the log's: a headline, whatever it was."""
    sent: list[Correction] = []

    async def decide(correction):
        limits.decode(Correction, codec.encode(correction))
        sent.append(correction)
        mended = Mended(
            correction=correction.id, action=correction.action, by=correction.by, why=correction.why,
            undoes=correction.undoes,
        )  # fmt: skip
        pins = Pins(headline=correction.headline, headline_by=correction.id)
        event = newsroom.event("revised", "s1", pins=pins, mended=mended)
        newsroom.log(event)
        return Decision(article_id="", events=(event,), correction=correction)

    context.editors = Editors(parse(line_of("Ada Berg", PASSWORD)), clock=clock)
    context.decide = decide
    newsroom.create("s1", newsroom.article("a1", "Bridge closed"))
    newsroom.join("s1", newsroom.article("a2", "Bridge still closed", source="Daily Wave"))
    newsroom.create("s2", newsroom.article("a3", "Another bridge"))
    return sent


@pytest.fixture
async def client(context, asked):  # noqa: ARG001 - it makes the context one with editors
    """Not logged in; its forms are sent as browsers send them."""
    transport = httpx.ASGITransport(app=create_app(context))
    async with httpx.AsyncClient(transport=transport, base_url="http://dashboard", headers=ORIGIN) as made:
        yield made


@pytest.fixture
async def editor(client):
    answer = await client.post("/login", data={"name": "Ada Berg", "password": PASSWORD, "next": "/story/s1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/story/s1")
    return client


async def token_of(client):
    (found, *_) = re.findall(r'name="token" value="([^"]+)"', (await client.get("/story/s1")).text)
    return found


async def mend(client, action, story="s1", **given):
    return await client.post(
        f"/story/{story}/mend", data={"token": await token_of(client), "action": action, "why": "I know", **given}
    )


async def test_without_editors_nothing_of_it_is_there(newsroom, get, context):
    newsroom.create("s1", newsroom.article("a1"))
    assert "Mend" not in (await get("/story/s1")).text
    assert (await get("/login")).status_code == 404
    transport = httpx.ASGITransport(app=create_app(context))
    async with httpx.AsyncClient(transport=transport, base_url="http://dashboard", headers=ORIGIN) as client:
        for path in ("/login", "/logout", "/story/s1/mend"):
            assert (await client.post(path, data={"action": "not-news"})).status_code == 405


async def test_who_is_not_logged_in_reads_and_mends_nothing(client, asked):
    page = await client.get("/story/s1")
    assert 'href="/login?next=/story/s1"' in page.text
    assert "<form method" not in page.text.replace('<form method="dialog"', "")
    answer = await client.post("/story/s1/mend", data={"action": "not-news", "token": ""})
    assert answer.status_code == 403
    assert "not logged in" in answer.text
    assert asked == []


async def test_a_login_is_a_cookie_for_our_own_pages_alone_and_ends(client, clock):
    given = {"name": "Ada Berg", "password": PASSWORD, "next": "//evil.example/story/x"}
    answer = await client.post("/login", data=given)
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=strict", "path=/"))
    assert "secure" not in cookie, "there is no TLS here"
    page = await client.get("/story/s1")
    assert page.headers["cache-control"] == "no-store"
    assert "Ada Berg" in page.text
    clock.now = LIFE
    assert "Log in to mend" in (await client.get("/story/s1")).text


async def test_the_cookie_is_for_tls_only_where_there_is_tls(context, asked):  # noqa: ARG001
    transport = httpx.ASGITransport(app=create_app(context))
    headers = {"origin": "https://dashboard"}
    async with httpx.AsyncClient(transport=transport, base_url="https://dashboard", headers=headers) as client:
        answer = await client.post("/login", data={"name": "Ada Berg", "password": PASSWORD})
        assert "secure" in answer.headers["set-cookie"].lower()
        assert "not encrypted" not in (await client.get("/login")).text


async def test_logging_out_ends_the_session_not_only_the_cookie(editor):
    cookies = dict(editor.cookies)
    assert (await editor.post("/logout", data={"token": "wrong"})).status_code == 303
    editor.cookies.update(cookies)
    assert "Ada Berg" in (await editor.get("/story/s1")).text, "a form without the token logs nobody out"
    await editor.post("/logout", data={"token": await token_of(editor)})
    editor.cookies.update(cookies)
    assert "Log in to mend" in (await editor.get("/story/s1")).text


async def test_a_wrong_password_and_an_unknown_name_are_told_alike_and_not_for_ever(client, clock):
    said = set()
    for number in range(GUESSES):
        name = ("Ada Berg", "Nobody")[number % 2]
        answer = await client.post("/login", data={"name": name, "password": "wrong", "next": "/story/s1"})
        said.add((answer.status_code, answer.text))
        assert "set-cookie" not in answer.headers
    assert len(said) == 1
    right = {"name": "Ada Berg", "password": PASSWORD}
    assert (await client.post("/login", data=right)).status_code == 429
    clock.now = WITHIN + 1
    assert (await client.post("/login", data=right)).status_code == 303


async def test_so_many_passwords_are_checked_at_once_and_no_more(clock):
    held = Editors(parse(line_of("Ada", PASSWORD)), clock=clock)
    tries = [held.log_in("Ada", "x" * 20, f"10.0.0.{number}") for number in range(editors.MOST_WAITING + 3)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert [isinstance(each, TooManyGuessesError) for each in done].count(True) == 3
    assert await held.log_in("Ada", PASSWORD, "10.0.0.99")


#: Each takes one thing away from a form that would be taken.
FOREIGN: list[tuple[dict[str, str], int]] = [
    ({"origin": "http://evil.example"}, 403),
    ({"origin": "null"}, 403),
    ({"origin": ""}, 403),
    ({"origin": "http://dashboard.evil.example"}, 403),
    ({"origin": "http://[dashboard"}, 403),
    ({"sec-fetch-site": "cross-site"}, 403),
    ({"sec-fetch-site": "same-site"}, 403),
    ({"content-type": "text/plain"}, 415),
    ({"content-type": "multipart/form-data; boundary=x"}, 415),
    ({"content-length": "²"}, 411),
    ({"content-length": "9" * 9}, 413),
]


async def test_no_other_sites_page_posts_with_somebodys_cookie(editor, asked):
    body = urlencode({"token": await token_of(editor), "action": "not-news"})
    for headers, status in FOREIGN:
        sent = {"content-type": forms.TYPE, "content-length": str(len(body)), **headers}
        raw = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
        answer = await editor.post("/story/s1/mend", content=body, headers=raw)
        assert answer.status_code == status, headers
    for token in ("", "x", "é", None):
        answer = await editor.post("/story/s1/mend", data={"action": "not-news"} | ({"token": token} if token else {}))
        assert answer.status_code == 403, token
    assert asked == []


async def test_a_body_without_an_end_is_read_to_the_limit(editor, asked):
    read = 0

    async def endless():
        nonlocal read
        while True:
            read += 1
            yield b"a=" + b"x" * 4000 + b"&"

    headers = {"content-type": forms.TYPE, "content-length": "100"}
    answer = await editor.post("/story/s1/mend", content=endless(), headers=headers)
    assert answer.status_code == 400
    assert read < 2 + forms.LONGEST // 4000 + 2
    assert asked == []


async def test_what_is_no_form_is_refused(editor, asked):
    for body in (b"\xff=1", b"a=%ff", b"&".join(b"a=1" for _ in range(forms.MOST_VALUES + 1))):
        answer = await editor.post("/story/s1/mend", content=body, headers={"content-type": forms.TYPE})
        assert answer.status_code == 400, body[:9]
    assert asked == []


#: An action, what its form holds, and what the correction says besides.
FORMS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("rename", {"headline": " In my words ", "other": "s2"}, {"headline": "In my words"}),
    ("pin", {"article": ""}, {"articles": ()}),
    ("pin", {"article": "a2"}, {"articles": ("a2",)}),
    ("move", {"article": ["a1", "a2"], "to": ""}, {"action": "split", "articles": ("a1", "a2")}),
    ("move", {"article": ["a1"], "to": "s2"}, {"story_id": "s2", "articles": ("a1",)}),
    ("merge", {"other": "http://dashboard/story/s2?sure=0.9"}, {"other_id": "s2"}),
    ("not-news", {}, {}),
    ("undo", {"correction": "c1"}, {"undoes": "c1", "story_id": ""}),
]


async def test_each_form_is_a_correction_by_who_is_logged_in(editor, asked):
    for action, given, wanted in FORMS:
        answer = await mend(editor, action, by="Somebody else", **given)
        sent = asked.pop()
        assert (answer.status_code, answer.headers["location"]) == (303, f"/story/s1?done={sent.id}")
        nothing = {"action": action, "story_id": "s1", "other_id": "", "articles": (), "headline": "", "undoes": ""}
        expected = nothing | wanted
        assert {name: getattr(sent, name) for name in expected} == expected
        assert (sent.by, sent.why, sent.language) == ("Ada Berg", "I know", "en")
    page = await editor.get(answer.headers["location"])
    assert "Done: it is in the log" in page.text


async def test_what_cannot_be_done_says_why_on_the_storys_page(editor, asked, context, newsroom):
    for given in (
        {"action": "explode"},
        {"action": "rename", "headline": "x" * 241},
        {"action": "pin", "article": "a\nb"},
    ):
        answer = await mend(editor, **given)
        assert answer.status_code == 400, given
        assert 'role="alert">Not done:' in answer.text
    assert asked == []

    async def away(_):
        raise KafkaConnectionError

    async def refuses(_):
        return Rejection(stage="cluster", reason="correction_refused", detail="there is no <b>story</b> x")

    async def nothing(_):
        return None

    for decide, status, says in (
        (refuses, 409, "there is no &lt;b&gt;story&lt;/b&gt; x"),
        (nothing, 503, "Is clustering running?"),
        (away, 503, "Kafka does not answer"),
    ):
        context.decide = decide
        answer = await mend(editor, "merge", other="x")
        assert (answer.status_code, says in answer.text) == (status, True), says
    assert (await mend(editor, "not-news", story="nowhere")).status_code == 404
    newsroom.log(newsroom.event("merged", "s2", other_id="s1"))
    context.decide = refuses
    stale = await mend(editor, "not-news", story="s2")
    assert stale.status_code == 409, "told on the page of the story that it is now"
    assert 'action="/story/s1/mend"' in stale.text


async def test_everybody_reads_who_corrected_what_and_why(editor, newsroom, context):
    await mend(editor, "rename", headline="<i>Mine</i>")
    made = next(iter(context.index.db.execute("SELECT json_extract(CAST(mended AS TEXT), '$.correction') FROM events "
                                              "WHERE mended IS NOT NULL")))[0]  # fmt: skip
    editor.cookies.clear()
    page = (await editor.get("/story/s1")).text
    assert "named it “<bdi>&lt;i&gt;Mine&lt;/i&gt;</bdi>”: <bdi>I know</bdi>" in page
    assert ">Undo<" not in page
    undo = Mended(correction="c9", action="undo", by="Ivo", undoes=made)
    newsroom.log(newsroom.event("revised", "s1", pins=Pins(), mended=undo))
    page = (await editor.get("/story/s1")).text
    assert "took back what was corrected by <bdi>Ada Berg</bdi> (rename)" in page
    assert page.count(">undone<") == 1
    newsroom.log(
        newsroom.event("merged", "s2", other_id="s1", mended=Mended(correction="c8", action="merge", by="Eve"))
    )
    last = (await editor.get("/corrections")).text
    assert last.index("Eve") < last.index("Ivo") < last.index("named it “<bdi>&lt;i&gt;Mine")
    assert '<b><bdi>Eve</bdi></b> merge: into <a href="/story/s1">' in last
    events = (await editor.get("/api/v1/events")).json()["events"]
    assert [event["mended"]["by"] for event in events if event["mended"]] == ["Ada Berg", "Ivo", "Eve"]


@pytest.mark.parametrize("text", ["s2", "/story/s2", "https://news.example/story/s2?done=x", "see /story/s2#log"])
def test_a_story_is_named_by_its_id_or_its_address(text):
    assert story_named(text) == "s2"


def test_the_setting_is_lines_that_say_nothing_of_a_password():
    line = line_of("Ada Berg", PASSWORD)
    assert PASSWORD not in line
    assert line_of("Ada Berg", PASSWORD) != line, "salted"
    assert set(parse(f"# who may\n\n{line}\n{line_of('Ivo', PASSWORD)}")) == {"Ada Berg", "Ivo"}
    for lines in (
        "Ada:scrypt:00:00",
        f"{line}\n{line}",
        "Ada:plain:password",
        f"{line}:x",
        line.replace("Ada", "\x07"),
    ):
        with pytest.raises(SettingsError, match=r"STREAMS_EDITORS cannot work: line [12] is no name") as refused:
            editors_of(load(editors=lines))
        assert line.rsplit(":", 1)[1] not in str(refused.value)
    for name, password in (("Ada", "short"), ("A:da", PASSWORD), (" ", PASSWORD), ("x" * 121, PASSWORD)):
        with pytest.raises(ValueError, match=r"password|line 1"):
            line_of(name, password)
    assert editors_of(load()) is None


def test_the_command_makes_the_line_of_a_password_that_is_piped_in():
    done = CliRunner().invoke(mend_command, ["editor", "Ada Berg"], input=f"{PASSWORD}\n")
    assert list(parse(done.stdout)) == ["Ada Berg"]
    assert asyncio.run(Editors(parse(done.stdout)).log_in("Ada Berg", PASSWORD, "10.0.0.1"))
    short = CliRunner().invoke(mend_command, ["editor", "Ada Berg"], input="short\n")
    assert "12 to 256 characters" in str(short.exception)
    assert short.stdout == ""
