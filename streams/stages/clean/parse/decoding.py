"""Bytes and strings as fetched to text that can be cleaned: charset, mojibake, and what is no text at all."""

from __future__ import annotations

import base64
import binascii
import re

#: Declared charsets are looked for in the first bytes, as the HTML standard's prescan does (1024 bytes); some pages
#: have a long comment before.
_PRESCAN = 4096
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_PARAMETER = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
#: Browsers read these as the Windows code page that contains them (WHATWG Encoding Standard).
_WIDER = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
          "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "shift_jis": "cp932", "shift-jis": "cp932",
          "x-sjis": "cp932", "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "iso-8859-9": "cp1254",
          "tis-620": "cp874", "big5": "big5hkscs", "iso-8859-8-i": "iso-8859-8"}  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffd\ud800-\udfff]")
_C0 = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_CONTROL_BYTES = bytes([*range(9), *range(0x0E, 0x20), 0x7F])
#: How often a text is repaired at most.
_REPAIRS = 4
_SURROGATE = re.compile(r"[\ud800-\udfff]")
#: Characters that UTF-8 read as Latin-1 or a Windows code page starts its pairs with; the second is never a letter
#: of the same language's normal text. Only texts with such a pair are worth ftfy's time.
_MOJIBAKE = re.compile(
    "[\u00c2\u00c3\u00c4\u00c5\u00d0\u00d1\u00d8\u00d9\u00e2\u0432][\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026"
    "\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122]"
)
#: Share of control and replacement characters from which a text is binary data; real pages have under .001.
_BINARY_SHARE = 0.02


class UndecodableError(ValueError):
    """The content is no text in any charset that we can tell."""


def from_base64(data: str) -> bytes:
    """The bytes of a ``content_base64``; raises ``UndecodableError``."""
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UndecodableError(f"content_base64: {error}") from None


def from_bytes(data: bytes, content_type: str = "") -> str:
    """The text of bytes as fetched: byte order mark, UTF-8, the declared charset, then the most likely one.

    UTF-8 goes before the declaration: text in another charset is almost never valid UTF-8, while wrong
    declarations are common.
    """
    for mark, charset in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(charset, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = _PARAMETER.search(content_type)
    names = [declared.group(1)] if declared else []
    names += [match.decode("ascii") for match in _META_CHARSET.findall(data[:_PRESCAN])]
    for name in names:
        charset = _WIDER.get(name.lower(), name.lower())
        if charset in ("utf-8", "utf8"):
            # Mostly UTF-8 with a few broken bytes: cut-off pages, pasted comments.
            text = data.decode("utf-8", "replace")
            if text.count("\ufffd") <= len(text) * 0.001 + 3:
                return text
            continue
        try:
            return data.decode(charset)
        except (UnicodeDecodeError, LookupError, UnicodeError):
            continue
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding

    return str(bytes_to_str(data, detect_encoding(data) or "utf-8", errors="replace"))


def check_text(text: str) -> None:
    """Raise ``UndecodableError`` where the text is binary data that was decoded anyway."""
    if not text:
        return
    head = text[:100_000]
    data = head.encode("utf-8", "replace")
    broken = len(data) - len(data.translate(None, _CONTROL_BYTES)) + head.count("\ufffd")
    if broken > len(head) * _BINARY_SHARE:
        raise UndecodableError(f"{broken} of the first {len(head)} characters are control or replacement characters")


def without_surrogates(text: str) -> str:
    """Lone surrogates, which UTF-8 cannot carry, as U+FFFD; one character for one."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text


def printable(text: str) -> str:
    """The text without control and replacement characters."""
    return _CONTROL.sub("", text) if _CONTROL.search(text) else text


def repair(text: str) -> str:
    """``â€™`` and its like as what they stood for, and no control or replacement characters.

    >>> repair("It\u00e2\u20ac\u2122s"), repair("\u00c2\x08\u00a3")
    ('It’s', '£')
    """
    # What stood between two halves goes, and then they are one: again until nothing changes, which is once, mostly.
    for _ in range(_REPAIRS):
        found = _C0.sub("", text) if _C0.search(text) else text
        if _MOJIBAKE.search(found):
            from ftfy import fix_encoding

            found = str(fix_encoding(found))
        found = printable(found)
        if found == text:
            break
        text = found
    return text


def tidied(text: str) -> str:
    """``repair``, and runs of white space as one space.

    >>> tidied(" It\u00e2\u20ac\u2122s \t a\u00c2\u00a0ferry ")
    'It’s a ferry'
    """
    found = repair(text)
    tidy = " ".join(found.split())
    # White space beside them can keep two halves from being told as such.
    return tidy if tidy.isascii() or tidy == found else " ".join(repair(tidy).split())
