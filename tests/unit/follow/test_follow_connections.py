"""HTTP/2 by TLS, and proxies: the way that a follower's requests really take."""

from __future__ import annotations

import certifi
import pytest
from followed import FastClock, loopback, settings_of
from outlets import Answer, Outlets, always, page
from secure_site import Proxy, SecureSite, certificate

from streams.follow.fetch import Fetcher, FetchError

QUAY = page("A quay", "closed")


def play(path: str) -> Answer:
    """A site with a page, a huge one, and one where the connection breaks."""
    if path == "/robots.txt":
        return Answer(404)
    if path == "/huge":
        return Answer(body=b"x" * 60_000)
    return Answer(raw=b"\0" * 9 + b"no frames") if path == "/broken" else Answer(body=QUAY, headers={"etag": '"1"'})


@pytest.fixture
def signed(tmp_path, monkeypatch):
    """A certificate that the follower trusts, as it does the web's authorities."""
    both = certificate(tmp_path, "quay.test", "other.test")
    monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "cert.pem"))
    return both


@pytest.fixture
async def fetcher_of():
    """Makes followers of this machine's sites, every name of which leads here."""
    made = []

    def make(**settings) -> Fetcher:
        made.append(Fetcher(settings_of(**settings), loopback, FastClock(100)))
        return made[-1]

    yield make
    for each in made:
        await each.aclose()


async def test_pages_come_by_http_2_over_one_connection(signed, fetcher_of):
    fetcher = fetcher_of()
    async with SecureSite(signed, play) as site:
        for path in ("/a", "/b"):
            found = await fetcher.get(f"https://quay.test:{site.port}{path}", "page")
            assert found.body == QUAY
            assert found.validators.etag == '"1"'
        authority = f"quay.test:{site.port}"
        assert site.requests == [(authority, "/robots.txt"), (authority, "/a"), (authority, "/b")]
        assert site.connections == 1


async def test_a_site_of_http_2_is_bounded_and_may_break_and_is_asked_again(signed, fetcher_of):
    fetcher = fetcher_of(max_article_bytes=50_000)
    async with SecureSite(signed, play) as site:
        for path, outcome in (("/huge", "too_large"), ("/broken", "connection")):
            with pytest.raises(FetchError) as caught:
                await fetcher.get(f"https://quay.test:{site.port}{path}", "page")
            assert caught.value.outcome == outcome
            assert (await fetcher.get(f"https://quay.test:{site.port}/a", "page")).body == QUAY


async def test_a_certificate_of_another_name_is_refused_and_nothing_is_asked(signed, fetcher_of):
    async with SecureSite(signed, play) as site:
        with pytest.raises(FetchError) as caught:
            await fetcher_of().get(f"https://third.test:{site.port}/robots.txt", "robots")
        assert caught.value.outcome == "connection"
        assert "certificate" in str(caught.value)
        assert site.requests == []


async def test_a_proxy_is_asked_for_everything_with_its_login(signed, fetcher_of):
    async with Outlets() as plain, SecureSite(signed, play) as secure, Proxy(login="ada:s3cret") as proxy:
        plain.plays["quay.test"] = always(Answer(body=QUAY))
        fetcher = fetcher_of(follow_proxy=proxy.url, follow_proxy_user="ada", follow_proxy_password="s3cret")
        assert (await fetcher.get(plain.url("quay.test", "/a"), "page")).body == QUAY
        assert (await fetcher.get(f"https://other.test:{secure.port}/b", "page")).body == QUAY
        assert {(each.method, each.target) for each in proxy.asked} == {
            ("GET", plain.url("quay.test", "/robots.txt")),
            ("GET", plain.url("quay.test", "/a")),
            ("CONNECT", f"other.test:{secure.port}"),
        }
        assert {each.login for each in proxy.asked} == {"ada:s3cret"}
        assert secure.requests[-1] == (f"other.test:{secure.port}", "/b"), "HTTP/2 goes through the tunnel"
        assert all("proxy-authorization" not in each.headers for each in plain.requests)


async def test_a_proxy_that_refuses_is_a_failure_of_the_source(fetcher_of):
    async with Proxy(login="ada:s3cret", refuses=("quay.test",)) as proxy:
        for settings, said in (
            ({}, "407"),
            ({"follow_proxy_user": "ada", "follow_proxy_password": "s3cret"}, "403"),
        ):
            with pytest.raises(FetchError) as caught:
                await fetcher_of(follow_proxy=proxy.url, **settings).get("https://quay.test:1/robots.txt", "robots")
            assert caught.value.outcome == "connection"
            assert said in str(caught.value)


async def test_a_proxy_may_be_private_and_what_it_is_asked_for_may_not():
    """The person who named the proxy may have it anywhere; a page may not lead to what stands beside it."""
    async with Outlets() as plain, Proxy() as proxy:
        plain.plays["public.test"] = always(Answer(302, headers={"location": "http://10.0.0.1/admin"}))
        known = {"proxy.test": ["127.0.0.1"], "public.test": ["93.184.216.34"], "10.0.0.1": ["10.0.0.1"]}

        async def resolve(host: str, port: int) -> list[str]:
            del port
            if host not in known:
                raise OSError("no such name here")
            return known[host]

        fetcher = Fetcher(settings_of(follow_private=False, follow_proxy=proxy.url), resolve, FastClock(100))
        for address in (plain.url("public.test", "/"), f"{proxy.url}/", "http://10.0.0.1/robots.txt"):
            with pytest.raises(FetchError, match="not public"):
                await fetcher.get(address, "robots")
        assert [each.target for each in proxy.asked] == [plain.url("public.test", "/")]
        # What only the proxy can look up is its to refuse.
        plain.plays["inside.test"] = always(Answer(body=b"User-agent: *"), robots=True)
        assert (await fetcher.get(plain.url("inside.test", "/robots.txt"), "robots")).body == b"User-agent: *"
        await fetcher.aclose()


async def test_only_our_own_setting_names_a_proxy(monkeypatch, fetcher_of):
    async with Outlets() as plain, Proxy() as proxy:
        plain.plays["quay.test"] = always(Answer(body=QUAY))
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert (await fetcher_of().get(plain.url("quay.test", "/a"), "page")).body == QUAY
        assert proxy.asked == []
