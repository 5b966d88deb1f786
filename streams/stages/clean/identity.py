"""Which article is it? Canonical URLs, ids and content hashes: stable for ever, the same in every process."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from streams.contracts.limits import MOST, bounded_id
from streams.contracts.records import RawArticle
from streams.text import digest

#: Query parameters that say where a reader came from, not what the page is: the union of what ClearURLs, Brave's
#: and Firefox's query strippers remove on any site, cut to what news links carry.
_TRACKING = re.compile(
    r"^(utm_|pk_|mtm_|piwik_|hsa_|at_|ns_|oly_|vero_|_hs|mc_|wt\.|sc_|trk|fb_|ga_|itm_|icid|cmp|CMP|ito$|ocid$|cid$|"
    r"ref$|ref_|referrer$|referer$|source$|src$|share|shared$|smid$|smtyp$|partner$|xtor$|via$|origin$|feature$|"
    r"fbclid$|gclid$|gclsrc$|dclid$|gbraid$|wbraid$|yclid$|ysclid$|msclkid$|igshid$|igsh$|twclid$|ttclid$|li_fat_id$|"
    r"spm$|ncid$|sr_share$|taid$|mod$|reflink$|st$|guccounter$|guce_|soc_|tsrc$|__twitter|__source$|rss$|feed$|"
    r"amp$|amp_|outputType$|output$|usqp$|isappinstalled$|nsukey$|from$|trk_)",
    re.IGNORECASE,
)
_HOST_PREFIX = re.compile(r"^(?:www\d?|m|mobile|amp|touch|wap)\.(?=[^.]+\.)")
_AMP_CACHE = re.compile(r"^[^.]+\.cdn\.ampproject\.org$")
_AMP_TAIL = re.compile(r"(?:/amp/?|[./]amp\.html?|\.amp)$", re.IGNORECASE)
#: AMP viewers around one another that are taken off; real links have one.
_MOST_WRAPPERS = 3
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)$", re.IGNORECASE)


def canonical_url(url: str) -> str | None:
    """The form of a URL that is the same for every way to reach the page, or None where it is no web address.

    Scheme, ``www.``, mobile and AMP hosts, AMP paths, tracking parameters, the fragment and the final slash go;
    what is left of the query is sorted. Made for comparing: it need not be a working link. A URL beyond its limit, or
    one wrapped in more AMP viewers than ``_MOST_WRAPPERS``, is no address either.

    >>> canonical_url("http://m.example.org/a/?utm_source=x&page=2#top")
    'https://example.org/a?page=2'
    """
    address: str | None = url.strip() if len(url) <= MOST["url"] else None
    for _ in range(_MOST_WRAPPERS + 1):
        if address is None:
            return None
        try:
            found, wrapped = _unwrap(address)
        except ValueError:  # what urllib cannot take apart or put together
            return None
        if not wrapped:
            return found
        address = found
    return None


def _unwrap(url: str) -> tuple[str | None, bool]:
    """The canonical form of a URL, or the URL that it wraps and True."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if parts.scheme.lower() not in ("http", "https") or ("." not in host and host != "localhost"):
        return None, False
    path = parts.path
    # https://www.google.com/amp/s/example.org/a and https://example-org.cdn.ampproject.org/c/s/example.org/a
    if (host in ("google.com", "www.google.com") and path.startswith("/amp/")) or _AMP_CACHE.match(host):
        inner = re.sub(r"^/(?:amp|[cv])/(?:s/)?", "", path)
        if "." in inner.split("/", 1)[0]:
            return f"https://{inner}" + (f"?{parts.query}" if parts.query else ""), True
    host = _HOST_PREFIX.sub("", host.lower().rstrip("."))
    path = _AMP_TAIL.sub("", re.sub(r"^/amp(?=/)", "", path)) if "amp" in path.lower() else path
    path = _INDEX.sub("", path).rstrip("/")
    # One spelling for each path, whatever was percent-encoded.
    path = quote(unquote(path, errors="surrogateescape"), safe="/:@!$&'()*+,;=~-._", errors="surrogateescape")
    query = sorted(
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(name)
    )
    netloc = host if port in (None, 80, 443) else f"{host}:{port}"
    return f"https://{netloc}{path}" + (f"?{urlencode(query)}" if query else ""), False


def host_of(url: str | None) -> str | None:
    """The host that a page belongs to, without ``www.``, mobile and AMP prefixes: the unit of line memory.

    >>> host_of("https://amp.example.org/a")
    'example.org'
    """
    canonical = canonical_url(url) if url else None
    return urlsplit(canonical).hostname if canonical else None


def article_id(raw: RawArticle) -> str:
    """The article's id: the given one, else from its canonical URL, else from its content. Cheap.

    >>> from streams.contracts.records import RawArticle
    >>> article_id(RawArticle(id="x-1", content="…"))
    'x-1'
    >>> ways = "http://www.example.org/a/", "https://example.org/a?utm_source=mail"
    >>> len({article_id(RawArticle(url=url, content="…")) for url in ways})
    1
    """
    if raw.id:
        return bounded_id(raw.id)
    canonical = canonical_url(raw.url) if raw.url else None
    if canonical:
        return digest("url", canonical)
    return digest("content", raw.content if raw.content is not None else raw.content_base64 or "")


def content_hash(title: str | None, text: str) -> str:
    """A hash of what a reader sees; a revision is a change of it."""
    return digest(title or "", text)
