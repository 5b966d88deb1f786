"""Texts that are slow by construction: for readers of lines (``DUMPS``), of names and quotations (``TEXTS``), and of
JSON (``BODIES``)."""

from __future__ import annotations

import json
from itertools import cycle

from hostile_parts import NAMES, PROSE, Kind, chunks, counted, repeated, times, words

DUMPS: dict[str, Kind] = {}
TEXTS: dict[str, Kind] = {}
BODIES: dict[str, Kind] = {}

# --- dumps ------------------------------------------------------------------------------------------------------------

for _name, _part in {
    "lines_short": "x y z\n",
    "lines_of_prose": PROSE + "\n",
    "lines_blank": "\n\n",
    "lines_cue": "Read more from us:\nA headline without a stop\n",
    "lines_copied": "This very paragraph stands here again and again, all over the page.\n",
    "lines_bullet": "- item\n",
    "lines_date": "19 September 2025 10:00\n",
    "lines_comment": "3 comments\nReply Share\n",
    "copyright": "© 2025 Example. All rights reserved.\n",
    "addresses": "a@b.co ",
    "address_at": "a@",
    "urls": "https://example.org/a ",
    "bars": "| a ",
    "tabs": "\t",
    "nbsp": "\u00a0",
    "carriage": "\r",
    "mojibake": "Ã©â€™ caf",
    "mojibake_lines": "â€œSo it is,â€\x9d she said.\n",
    "replacement": "\ufffd a b ",
    "combining": "a\u0301\u0302\u0303\u0304",
    "rtl": "\u202eقال الرئيس ",
    "wide": "世界のニュース",
    "wide_lines": "世界のニュース。\n",
    "emoji": "👩‍👩‍👧‍👦 ",
    "code": "if (a) { return b; }\n",
    "csv": "1,2,3,4,5\n",
    "base64": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n",
    "html_entities": "&nbsp;&amp;",
    "colons": "a: ",
    "dots": ". ",
    "ellipses": "… ",
    "by_lines": "By Ann Lee\n",
    "dateline": "SPRINGFIELD (AP) — ",
    "headings": "Bridge closed\n\n",
}.items():
    repeated(DUMPS, _name, _part, lambda body: f"Bridge closed\n\n{PROSE * 3}\n\n{body}")
DUMPS["distinct_lines"] = lambda size: "\n".join(" ".join(part) for part in chunks(words(size), 9))
DUMPS["pairs_copied"] = lambda size: times("\n".join(f"{PROSE}{n}" for n in range(40)) + "\n", size)

for _name, _part in {
    "brackets": "((((\n",
    "rules": "-----\n=====\n",
    "capitals_lines": "THE OLD BRIDGE IS CLOSED\n",
    "lines_of_digits": "1234567890 1234567890\n",
    "lines_wrapped": f"{PROSE[:71]}\n",
    "lines_indented": "        the old bridge\n",
    "lines_spaced": f"word{' ' * 300}word\n",
    "lines_in_mid_sentence": "and the old bridge ,\n, so it is\n",
    "markup": "<p>x y z\n",
    "private": "\ue000\ue001 a b ",
    "zero_width": "a\u200b\u200d\ufeff",
    "surrogates": "\ud800 a b ",
    "zero_bytes": "a\x00 b",
    "languages": "The bridge is closed. Мост закрыт. 橋は閉鎖された。 الجسر مغلق. La puente está cerrada. ",
    "copies": f"{PROSE}\nIt is the second bridge of the town to be closed this year.\n",
    "notices": "Copyright 2025 Example Example Example\n",
    "cues_in_one": "read more also next ",
}.items():
    repeated(DUMPS, _name, _part, lambda body: f"Bridge closed\n\n{PROSE * 3}\n\n{body}")
counted(DUMPS, "near_same_lines", f"{PROSE}{{n}}\n")
DUMPS["spaces_in_one"] = lambda size: f"{PROSE * 3}a{' ' * size}b"
DUMPS["word"] = lambda size: f"{PROSE * 3}\n{'x' * size}"
DUMPS["combining_run"] = lambda size: f"{PROSE * 3}\n\na{times(chr(0x316) + chr(0x301), size)}"
DUMPS["copies_of_an_article"] = lambda size: (
    4 * ("\n".join(f"{' '.join(part).capitalize()}." for part in chunks(words(size // 4), 12)) + "\n")
)

# --- texts ------------------------------------------------------------------------------------------------------------

for _name, _part in {
    "open_quotes": "“a ",
    "quotes": "“So it is,” she said. ",
    "quotes_distinct_speakers": "“So it is,” said Ann Lee. “No,” said Bo Khan. ",
    "quotes_straight": '"So it is," he said. ',
    "quotes_unclosed_straight": '"a ',
    "quotes_single": "‘So it is,’ she said. ",
    "apostrophes": "'a ",
    "quotes_nested": "“a ‘b “c ‘d ",
    "guillemets": "«So it is», a dit Ann Lee. ",
    "quote_paragraphs": "“So it is, said the mayor.\n\n",
    "close_quotes": "a” ",
    "names": "Ann Lee ",
    "names_and": "Ann Lee and ",
    "names_commas": "Ann Lee, ",
    "capitals": "A B C D ",
    "shouting": "THE MAYOR SAID ",
    "titles_of_honour": "Mr. ",
    "titles_and_names": "President Sir Dr. Ann Lee ",
    "abbreviations": "Federal Bureau of Investigation (FBI) ",
    "parentheses": "(",
    "parentheses_closed": "(ABC) ",
    "dashes": "a – ",
    "said": "said ",
    "said_name": "said Ann said Lee ",
    "possessives": "Ann's Lee's ",
    "places": "Springfield, London, Paris, Kyiv, ",
    "parties": "Ann Lee (D-Springfield) ",
    "clubs": "United City Rovers ",
    "numbers": "1,234.56 ",
    "of_the": "Bank of the Bank of the ",
    "datelines": "SPRINGFIELD, Sept 19 (Reuters) - ",
    "no_spaces": "abcdefghij",
    "prose": PROSE,
    "questions": "Why? ",
    "hyphens": "well-known-",
    "initials": "J. R. R. ",
    "who_is": "Ann Lee, the mayor of Springfield, who is ",
    "newlines": "Ann\n\n",
}.items():
    repeated(TEXTS, _name, _part)
TEXTS["names_distinct"] = lambda size: " ".join(
    f"{first}{last}" for first, last in zip(cycle(NAMES), (f" {w.title()}" for w in words(size // 2)), strict=False)
)
TEXTS["quotes_distinct"] = lambda size: " ".join(f"“{' '.join(part)},” she said." for part in chunks(words(size), 6))
TEXTS["speakers_distinct"] = lambda size: " ".join(
    f"“{part[0]} {part[1]},” said {part[2].title()} {part[3].title()}." for part in chunks(words(size), 4)
)
TEXTS["abbreviations_distinct"] = lambda size: " ".join(
    f"{a.title()} {b.title()} ({a[0].upper()}{b[0].upper()})" for a, b in chunks(words(size), 2)
)


for _name, _part in {
    "single_plurals": "‘the boys’ own ",
    "quotes_of_owners": "“Ann’s ‘own’ Lee's” ",
    "datelines_lines": "SPRINGFIELD, Sept 19 (Reuters) - So it is.\n",
    "said_in_one": "Ann Lee said Bo Khan told ",
    "according": "according to Ann Lee ",
    "pronouns": "“So,” he said. She said. ",
    "introduced": "a portal, dubbed “Silent Courier”, ",
    "matches": "Liverpool beat Barcelona 4-0. ",
    "bodies_of_countries": "Russian Foreign Ministry ",
    "joined": "Reserve Bank of Zambia (RBZ) ",
    "owners": "Ann Lee's Bo Khan's ",
    "articles": "The The Hague The ",
    "initials_apart": "J R R K ",
    "urls": "https://example.org/Ann-Lee?Ann=Lee ",
    "names_with_marks": "O'Neill-Smith-Jones's ",
}.items():
    repeated(TEXTS, _name, _part)
TEXTS["capitals_distinct"] = lambda size: " ".join(word.title() for word in words(size))
TEXTS["sharing_a_surname"] = lambda size: " ".join(
    f"{word.title()} Lee said. Mr. Lee said." for word in words(size // 4)
)
TEXTS["lists_distinct"] = lambda size: " ".join(
    f"{a.title()} {b.title()} and {c.title()} {d.title()} said so." for a, b, c, d in chunks(words(size), 4)
)
TEXTS["one_first_name"] = lambda size: " ".join(f"Ann {word.title()} said so." for word in words(size // 2))
TEXTS["single_far"] = lambda size: times(f"{'‘a ' * 1900}x’) ", max(size, 6000))
TEXTS["sentence"] = lambda size: " ".join(words(size))

# --- JSON bodies ------------------------------------------------------------------------------------------------------

_STORY = {"headline": "Bridge closed", "articleBody": PROSE * 5}
BODIES["lists_nested"] = lambda size: "[" * (size // 2) + "]" * (size // 2)
BODIES["objects_nested"] = lambda size: times('{"data":', size)
BODIES["articles"] = lambda size: json.dumps([_STORY] * (size // 600 + 1))
BODIES["text_of_parts"] = lambda size: json.dumps({"text": [PROSE] * (size // 99 + 1)})
BODIES["text_of_words"] = lambda size: json.dumps({"text": ["x y"] * (size // 7 + 1)})
BODIES["authors"] = lambda size: json.dumps({**_STORY, "author": [["Ann Lee"]] * (size // 13 + 1)})
BODIES["authors_nested"] = lambda size: json.dumps(_STORY)[:-1] + f', "author": {"[" * min(size, 500)}'
BODIES["members"] = lambda size: json.dumps({**_STORY, **{f"k{n}": n for n in range(size // 14)}})
BODIES["digits"] = lambda size: f'{{"articleBody": {"9" * size}}}'
BODIES["digits_of_date"] = lambda size: json.dumps(_STORY)[:-1] + f', "datePublished": {"9" * size}}}'
BODIES["title_long"] = lambda size: json.dumps({**_STORY, "headline": times("a | ", size)})
BODIES["title_combining"] = lambda size: json.dumps({**_STORY, "headline": "a" + times("\u0316\u0301", size // 6)})
BODIES["source_combining"] = lambda size: json.dumps({**_STORY, "publisher": "a" + times("\u0316\u0301", size // 6)})
BODIES["page"] = lambda size: json.dumps({**_STORY, "articleBody": times("<p>x y z", size)})
BODIES["escapes"] = lambda size: '{"articleBody": "' + times("\\u0041\\n", size) + '"}'
