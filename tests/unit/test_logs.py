"""A log line is one event: it cannot be forged by what comes in, names articles, quotes none and no secret."""

from __future__ import annotations

import io
import json
import logging

import pytest
from log_in_memory import BODY, message

from streams import logs
from streams.contracts.records import RawArticle
from streams.metrics import Metrics
from streams.runtime.outcomes import Outcomes
from streams.runtime.pool import Failed, WorkError, _Run
from streams.runtime.sizes import Sizes
from streams.settings import load

PASSWORD = 'pass"wörd\\7'
HOSTILE = 'a1\n12:00:00 clean   CRITICAL all is lost\r\u2028\x1b[2J{"level":"critical"}\ud800'


@pytest.fixture(params=["json", "console"])
def written(request, monkeypatch: pytest.MonkeyPatch) -> tuple[str, io.TextIOWrapper]:
    """Logging as a service with a password has it, and what it writes to."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    root = logging.Logger("root")
    settings = load(
        log_format=request.param,
        security_protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_username="u",
        sasl_password=PASSWORD,
        api_token="token-of-the-dashboard",
    )
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(logging, "root", root)
        meanwhile.setattr("sys.stderr", out)
        logs.configure("clean", settings.log_level, settings.log_format, settings.secret_values)
    # Not the root that pytest listens to: what it hears goes into its report, which half a character breaks.
    for name in ("streams.runtime.outcomes", "streams.runtime.pool"):
        monkeypatch.setattr(logging.getLogger(name), "parent", root)
    return request.param, out


def lines(out: io.TextIOWrapper) -> list[str]:
    raw = out.buffer.getvalue()  # type: ignore[attr-defined]
    return str(raw.decode("utf-8")).splitlines()


def test_a_dead_letter_is_one_line_that_names_its_article_and_quotes_nothing(written) -> None:
    form, out = written
    outcomes = Outcomes("clean", Metrics(), 50, Sizes())
    # json of half a character is no UTF-8: orjson refuses to write it, so the record has all else of it.
    record = RawArticle(id=HOSTILE.replace("\ud800", ""), content=f"Top secret words. {BODY}", source="Post")
    outcomes.failed(message("articles.raw", 7, record), Failed("ValueError", f"cannot read 'Top secret words. {BODY}'"))
    (line,) = lines(out)
    assert "secret words" not in line
    assert "\x1b" not in line
    assert "\u2028" not in line
    if form == "json":
        event = json.loads(line)
        assert event["article"] == record.id
        assert (event["level"], event["part"], event["error"]) == ("warning", "clean", "ValueError")
        assert (event["topic"], event["partition"], event["offset"]) == ("news.articles.raw", 0, 7)
    else:
        assert " clean   WARNING a record became a dead letter" in line
        assert r"article=a1\n12:00:00" in line


def test_no_line_holds_a_secret_whoever_writes_it(written) -> None:
    _, out = written
    logger = logging.getLogger("streams.runtime.outcomes")
    try:
        raise OSError(f"login failed: {{'password': {PASSWORD!r}}}")
    except OSError as error:
        logger.error("cannot log in with %s: %s", PASSWORD, {"password": PASSWORD}, exc_info=error)
    logger.error("sent", extra={"about": {"as": json.dumps({"password": PASSWORD, "token": "token-of-the-dashboard"})}})
    text = "\n".join(lines(out))
    assert "wörd" not in text.replace(r"\u00f6", "ö").replace(r"\xf6", "ö")
    assert "token-of-the-dashboard" not in text
    assert "OSError: login failed" in text
    assert text.count("***") >= 5


def test_what_the_work_on_a_batch_raised_is_told_by_its_name(written) -> None:
    _, out = written
    _Run[str, str](["a", "b"], 2).failed([0, 1], WorkError("ValueError", "Top secret words", "trace"))
    (line,) = lines(out)
    assert "a batch of 2 failed (ValueError)" in line
    assert "secret" not in line


def test_anything_is_one_line_of_bounded_length_with_a_time(written) -> None:
    form, out = written
    logger = logging.getLogger("streams.runtime.outcomes")
    logger.warning("%s", HOSTILE * 10_000, extra={"about": {"article": HOSTILE * 1000, "seconds": 1.5}})
    logger.debug("not at this level")
    (line,) = lines(out)
    assert len(line) < 6 * (logs.MESSAGE_CHARS + logs.VALUE_CHARS)
    if form == "json":
        assert json.loads(line)["event"].startswith(HOSTILE)
        assert json.loads(line)["at"].endswith("+00:00")
        assert json.loads(line)["seconds"] == 1.5
    else:
        assert r"a1\n12:00:00 clean   CRITICAL all is lost\r\u2028\x1b[2J" in line
