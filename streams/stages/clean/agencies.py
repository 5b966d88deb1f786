"""News agencies and picture libraries: one table of how they are written, their names, and where they stand."""

from __future__ import annotations

from typing import Literal

#: In a caption's credit, as an author, in a dateline or copyright notice.
Place = Literal["caption", "byline", "credit"]

_TABLE = """
AP                          Associated Press            caption byline credit
Associated Press            Associated Press            caption byline credit
The Associated Press        Associated Press                    byline credit
Reuters                     Reuters                     caption byline credit
Thomson Reuters             Reuters                                    credit
AFP                         Agence France-Presse        caption byline credit
Agence France-Presse        Agence France-Presse        caption byline credit
Bloomberg                   Bloomberg                   caption byline credit
dpa                         dpa                         caption byline credit
UPI                         UPI                         caption        credit
PTI                         Press Trust of India        caption        credit
ANI                         ANI                         caption        credit
Xinhua                      Xinhua                      caption        credit
Kyodo                       Kyodo News                  caption        credit
Yonhap                      Yonhap                      caption        credit
TASS                        TASS                        caption        credit
ANSA                        ANSA                        caption        credit
EFE                         EFE                         caption        credit
PA                          PA Media                    caption        credit
Press Association           PA Media                    caption
CNN                         CNN                                        credit
CP                          The Canadian Press                         credit
The Canadian Press          The Canadian Press                         credit
AAP                         AAP                                        credit
EPA                         EPA                         caption
Anadolu                     Anadolu                     caption
Getty                       Getty Images                caption
Getty Images                Getty Images                caption
Shutterstock                Shutterstock                caption
iStock                      iStock                      caption
Alamy                       Alamy                       caption
Rex                         Rex                         caption
Corbis                      Corbis                      caption
Unsplash                    Unsplash                    caption
Pexels                      Pexels                      caption
Pixabay                     Pixabay                     caption
Flickr                      Flickr                      caption
Wikimedia                   Wikimedia Commons           caption
Wikimedia Commons           Wikimedia Commons           caption
Zuma                        Zuma                        caption
Imago                       Imago                       caption
"""
#: Where the table's columns begin, characters.
_NAME, _PLACES = 28, 56
_ROWS = [
    (row[:_NAME].strip(), row[_NAME:_PLACES].strip(), row[_PLACES:].split()) for row in _TABLE.strip().splitlines()
]


def agencies(place: Place) -> dict[str, str]:
    """The agencies that stand in such a place: as they are written, in lower case, and their names.

    >>> agencies("byline")["the associated press"]
    'Associated Press'
    """
    return {written.lower(): name for written, name, places in _ROWS if place in places}
