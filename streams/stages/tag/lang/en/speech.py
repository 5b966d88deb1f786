"""How English news says who is quoted: verbs of saying, pronouns, the ends of sentences."""

from __future__ import annotations

import re

from streams.stages.tag.lang.language import SpeechWords, words

_SAYING = (
    r"said|says|say|saying|told|tells|telling|added|adds|adding|warned|warns|warning|wrote|writes|writing|tweeted|posted|"
    r"argued|argues|arguing|claimed|claims|insisted|insists|insisting|explained|explains|explaining|declared|declares|"
    r"announced|announces|asked|asks|asking|replied|replies|stated|states|noted|notes|noting|stressed|stresses|"
    r"continued|continues|concluded|concludes|admitted|admits|acknowledged|conceded|recalled|recalls|remarked|urged|"
    r"urges|urging|vowed|vows|promised|promises|joked|jokes|quipped|shouted|yelled|testified|complained|complains|"
    r"commented|comments|observed|emphasi[sz]ed|reiterated|responded|responds|predicted|suggested|suggests|alleged|"
    r"accused|accuses|denied|denies|confirmed|confirms|described|describes|describing|called|calls|calling|criticised|"
    r"criticized|blasted|slammed|praised|hailed|condemned|denounced|pledged|boasted|lamented|thanked|agreed|maintained|"
    r"contended|countered|cautioned|disclosed|revealed|reported|pleaded|begged|cried|whispered|repeated|believes|"
    r"thinks|thought|felt|expressed|demanded|demands|demanding|spoke|speaking|quoted as saying|dismissed|rejected|"
    r"reads|read|laughed|chanted|sighed|snapped|mused|recounted|exclaimed|retorted|opined|hissed|screamed|texted"
)


def _by_first_letter(alternatives: str) -> str:
    """The same alternatives, those of a letter together: where a word has another, none of them is tried."""
    letters: dict[str, list[str]] = {}
    for word in alternatives.split("|"):
        letters.setdefault(word[0], []).append(word[1:])
    return "|".join(f"{letter}(?:{'|'.join(rests)})" for letter, rests in letters.items())


_NOT_SUBJECT = words(
    "at in on for from with by as when while that which who to of but or if because although though after before since "
    "during about over under into than is was are were has had have will would can could did does do did not until"
)
_GAP = re.compile(
    r"\s*(?:\([^()]*\)\s*)?(?:,[^\n]{1,160},)?\s*(?:(?:has|had|have|also|later|then|further|often|once|again|earlier|"
    r"already|himself|herself|who|and|yesterday|today|\w+day|\w+ly)\s+){0,3}"
)
#: The end of a sentence; a stop after a title or an initial is none.
_ABBREVIATIONS = ("Mr", "Mrs", "Ms", "Dr", "St", "Gen", "Sen", "Gov", "Rep", "Lt", "Col", "Sgt", "Prof", "Rev", "Capt")
_SENTENCE = re.compile(
    "".join(rf"(?<!\b{word}\.)" for word in (*_ABBREVIATIONS, "[A-Z]")).join(("(?:[.!?…]", ")"))
    + r"[\"”’')]*\s+(?=[\"“‘'(\[A-Z0-9])"
)
_NAMING = re.compile(
    r"(?:called|dubbed|named|titled|entitled|code-?named|nicknamed|branded|labell?ed|known as|so-called|"
    r"the word|the term|the phrase|the song|the film|the book|the novel|the album|the show|the series|"
    r"hit|single|movie|slogan)"
    r"(?:\s+(?:the|a|an|him|her|it|them|himself|herself|itself))?[\s,:]*$"
)

SPEECH = SpeechWords(
    saying=re.compile(rf"\b(?:{_by_first_letter(_SAYING)})\b"),
    according=re.compile(r"\b[Aa]ccording to\b"),
    pronoun=re.compile(r"\b(?P<he>[Hh]e)\b|\b(?P<she>[Ss]he)\b"),
    not_subject=_NOT_SUBJECT,
    conjunctions=words("and then"),
    no_name=words("i we you"),
    gap=_GAP,
    sentence=_SENTENCE,
    naming=_NAMING,
    judged=re.compile(r"\b(?:was|were|is|are|be|been|felt|as|very|simply|too|utterly|completely)\s+$"),
    small=words("a an and as at but by for from in into is it nor of on or the to with vs de la"),
    plural="s",
)
