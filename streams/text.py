"""Normalising that several parts share: forms for comparing, digests, the language of a tag, ids in addresses."""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b
from urllib.parse import quote, unquote

#: What browsers take for folders, so that a path cannot hold it; and what stands for it, and for that in turn.
_DOTS = re.compile(r"~*\.{1,2}")
_SLUG_GAP = re.compile(r"[^a-z0-9]+")
#: Typographic marks that outlets set differently for the same words.
_MARKS = {
    "\u2018": "'", "\u2019": "'", "\u201b": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"', "\u201f": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u00a0": " ",
}  # fmt: skip


def plain_marks(text: str) -> str:
    """The text with curly quotes, dashes and no-break spaces as ASCII. One code point for one: offsets survive."""
    if not text.isascii():
        for mark, plain in _MARKS.items():  # some twenty times as fast as ``translate``, which looks up every character
            text = text.replace(mark, plain)
    return text


def fold(text: str) -> str:
    """A form for comparing: marks plain, case and diacritics gone, white space single. Offsets do not survive."""
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", plain_marks(text))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(bare.casefold().split())


def slug(text: str) -> str:
    """An identifier part: ``Sir Richard Moore`` → ``sir-richard-moore``. Scripts without ASCII forms keep theirs."""
    folded = fold(text)
    ascii_slug = _SLUG_GAP.sub("-", folded).strip("-")
    return ascii_slug or "-".join(re.findall(r"\w+", folded))


def initials(name: str) -> set[str]:
    """The initials of a name of several words, small: of all its words, and of those that begin large.

    >>> sorted(initials("Deferred Action for Childhood Arrivals"))
    ['daca', 'dafca']
    """
    words = re.findall(r"\w+", name)
    large = [word for word in words if word[0].isupper()]
    return {"".join(word[0] for word in some).lower() for some in (words, large) if len(some) > 1}


def digest(*parts: str) -> str:
    """24 hex digits (96 bits) over the parts; collisions are out of reach at any number of articles."""
    hasher = blake2b(digest_size=12)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        hasher.update(len(data).to_bytes(8, "big") + data)
    return hasher.hexdigest()


def _set(codes: str) -> frozenset[str]:
    return frozenset(codes.split())


#: Languages that an article can be in: ISO 639-1, and what else the language detector tells (fastText's lid.176). The
#: list is closed, so that no producer can make up languages, each of which would cluster apart.
LANGUAGES = _set(
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo "
    "es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka "
    "kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nd ne ng nl "
    "nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su "
    "sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu "
    "als arz ast azb bar bcl bh bpy bxr cbk ceb ckb diq dsb dty eml frr gom hif hsb ilo jbo krc lez lmo lrc mai mhr "
    "min mrj mwl myv mzn nah nap nds new pam pfl pms pnb rue sah scn sco tyv vec vep vls war wuu xal xmf yue"
)
#: Codes that stand for one of these: withdrawn, of three letters, or of one of two written forms.
_SAME_LANGUAGE = {
    "iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro", "nb": "no", "cmn": "zh", "fil": "tl", "arb": "ar",
    "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "por": "pt", "ita": "it",
    "nld": "nl", "dut": "nl", "rus": "ru", "ukr": "uk", "pol": "pl", "tur": "tr", "ara": "ar", "fas": "fa",
    "per": "fa", "hin": "hi", "ben": "bn", "zho": "zh", "chi": "zh", "jpn": "ja", "kor": "ko", "vie": "vi",
    "ind": "id", "swe": "sv", "nor": "no", "dan": "da", "fin": "fi", "ell": "el", "gre": "el", "heb": "he",
    "ces": "cs", "cze": "cs", "ron": "ro", "rum": "ro", "hun": "hu", "tha": "th", "msa": "ms", "may": "ms",
}  # fmt: skip
#: What stands for no known language in keys and groups (ISO 639-2).
UNDETERMINED = "und"


def primary_language(tag: str | None) -> str | None:
    """The language of a tag as everything downstream knows it: ``en-GB``, ``en_US`` and ``EN`` are ``en``.

    None where the tag names no language of ``LANGUAGES``. Cleaning applies it once; the topic's key and the clusterer
    go by the same function, so that reports of one event in ``en`` and ``en-GB`` meet.
    """
    if not tag:
        return None
    primary = re.split(r"[-_]", tag[:64].strip().casefold(), maxsplit=1)[0]
    primary = _SAME_LANGUAGE.get(primary, primary)
    return primary if primary in LANGUAGES else None


def language_key(tag: str | None) -> str:
    """The language that an article is keyed by and clusters in: ``primary_language``, or ``und``."""
    return primary_language(tag) or UNDETERMINED


def path_part(text: str) -> str:
    """An id as one part of a path, whatever characters it has: a slash is ``%2F``, so that no id looks like a sub-page.

    Browsers take ``.`` and ``..`` for folders even when encoded: these have a tilde before them.
    """
    return quote("~" + text if _DOTS.fullmatch(text) else text, safe=":")


def id_of(part: str) -> str:
    """The id that ``path_part`` wrote."""
    text = unquote(part)
    return text[1:] if text.startswith("~") and _DOTS.fullmatch(text) else text


def many(number: int, what: str) -> str:
    """A count of things in English.

    >>> many(1, "story"), many(2, "story"), many(1200, "article")
    ('1 story', '2 stories', '1,200 articles')
    """
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{number:,} {what if number == 1 else plural}"
