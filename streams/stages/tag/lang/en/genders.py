"""Whether "he" or "she" may mean someone, in English: titles, and first names in English-language news."""

from __future__ import annotations

import re

from streams.stages.tag.lang.language import GenderWords, words

_TITLE = re.compile(
    r"(?:\b(?P<m>Mr|Sir|Lord|King|Prince|Father|Brother)|\b(?P<f>Mrs|Ms|Miss|Dame|Lady|Queen|Princess|Sister))\.?\s+$"
)

_HE = words("""
    aaron abdul abdullah adam ahmed alan albert alejandro alexander alfred ali andre andrew angus anthony antonio arthur
    barack ben benjamin bernard bernie bill bob boris brad brendan brian bruce carl carlos charles chris christopher
    craig daniel david dean dennis derek diego dmitry dominic donald douglas ed eddie edward emmanuel eric ernest
    fernando francesco francisco frank fred frederick gareth gary gavin george gerald giovanni giuseppe gordon graham
    greg gregory hans harold harry hassan henry herbert howard hugh hugo ian ibrahim igor imran isaac ivan jack jacob
    jake james jason javier jean jeff jeffrey jeremy jerome jerry jim jimmy joe john jon jonathan jorge jose joseph
    joshua juan julian justin karl keir keith ken kenneth kevin khalid klaus larry lee leonard leo lewis liam lionel
    louis luca lucas luis luke manuel marc marco marcus mario mark martin marvin matt matthew mehmet michael miguel mike
    mohamed mohammad mohammed muhammad mustafa narendra nathan neil nicholas nick nicolas nigel norman oliver olaf omar
    oscar osama patrick paul pedro peter philip pierre rafael ralph raymond recep richard rob robert roberto rodrigo
    roger roland ron ronald roy russell ryan sam samuel scott sean sebastian sergei sergey simon stanley stefan stephen
    steve steven stuart terry thomas tim timothy tom tony trevor victor viktor vincent vladimir volodymyr walter warren
    wayne will william xavier yusuf zach
""")
_SHE = words("""
    abigail adriana agnes aisha alexandra alice alison amanda amelia amina amy ana andrea angela anita ann anna anne
    annette annie audrey barbara beatrice bella bernadette beth betty blaise brenda bridget camilla carla carmen carol
    caroline carolyn catherine cathy charlotte cheryl chloe christina christine cindy claire clara claudia cristina
    cynthia daniela deborah denise diana diane donna doris dorothy edith eileen elaine eleanor elena elisabeth elizabeth
    ellen emily emma erica erin esther eva evelyn fatima fiona florence frances gabriela gail gemma georgia giorgia
    gina gloria grace greta gwen hannah harriet heather helen hillary ida ingrid irene isabel isabella jacinda jackie
    jacqueline jane janet janice jasmine jean jennifer jenny jessica jill joan joanna josephine joyce judith judy julia
    julie kaja kamala karen kate katherine kathleen kathryn katie kay kelly kirsten kristen laura lauren leila leticia
    lilian linda lisa liz louise lucia lucy lydia madeleine maggie maia margaret maria mariam marie marilyn marina
    marine marion martha mary maureen megan melania melanie melissa mercedes mette michelle miriam molly monica nadia
    nancy naomi natalia natalie nicola nicole nina nora olga olivia pamela patricia paula pauline penny phyllis
    priscilla rachel rebecca regina renee rita roberta rosa rose rosemary roxana ruth sally samantha sandra sanna sara
    sarah sharon sheila shirley silvia sofia sonia sophia sophie stella stephanie sue susan susanna suzanne sylvia
    tamara tanya teresa theresa tina tracy ursula valerie vanessa vera veronica victoria virginia vivian wendy yasmin
    yvette yvonne zara zoe
""")

GENDERS = GenderWords(he=_HE, she=_SHE, title=_TITLE)
