"""Other extractors, as their manuals show them: what cleaning is measured against.

Those that are no dependencies of ours (readability-lxml, newspaper4k) come with the `peers` extra.
"""

from __future__ import annotations

from collections.abc import Callable

#: A page to try an extractor on: some of them import what they need only then.
PROBE = (
    "<html><body><article><p>"
    + "The mayor said on Monday that the bridge is closed. " * 20
    + "</p></article></body></html>"
)


def _trafilatura(*, precise: bool = False) -> Callable[[], Callable[[str], str]]:
    def load() -> Callable[[str], str]:
        import trafilatura

        return lambda html: trafilatura.extract(html, include_comments=False, favor_precision=precise) or ""

    return load


def _readability() -> Callable[[str], str]:
    from lxml import html as markup
    from readability import Document

    def extract(html: str) -> str:
        try:
            summary = Document(html).summary(html_partial=True)
            return "\n".join(markup.fromstring(summary).itertext()) if summary.strip() else ""
        except (ValueError, TypeError, markup.etree.LxmlError):
            return ""

    return extract


def _newspaper() -> Callable[[str], str]:
    import newspaper

    def parsed(html: str, **options: str) -> str:
        article = newspaper.Article("https://example.org/", fetch_images=False, **options)
        article.download(input_html=html)
        article.parse()
        return str(article.text)

    def extract(html: str) -> str:
        try:
            try:
                return parsed(html)
            except (ImportError, LookupError):
                # For the words of a few languages it wants more libraries and corpora: those pages it reads as English.
                return parsed(html, language="en")
        except newspaper.ArticleException:
            return ""

    return extract


def _resiliparse() -> Callable[[str], str]:
    from resiliparse.extract.html2text import extract_plain_text

    return lambda html: str(extract_plain_text(html, main_content=True, alt_texts=False))


def _justext() -> Callable[[str], str]:
    import justext

    words = justext.get_stoplist("English")

    def extract(html: str) -> str:
        try:
            found = justext.justext(html.encode(), words, encoding="utf-8")
        except (ValueError, TypeError):
            return ""
        return "\n".join(part.text for part in found if not part.is_boilerplate)

    return extract


#: Extractors by name: each is loaded when asked for, and gives a page's text.
PEERS: dict[str, Callable[[], Callable[[str], str]]] = {
    "trafilatura": _trafilatura(),
    "trafilatura, favor_precision": _trafilatura(precise=True),
    "readability-lxml": _readability,
    "newspaper4k": _newspaper,
    "resiliparse": _resiliparse,
    "jusText (English stop words)": _justext,
}
