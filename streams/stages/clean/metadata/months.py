"""The months' names in the languages of much news, for dates as they are written."""

from __future__ import annotations

from streams.text import fold

#: A language a row, January first; a form that a date takes, in most languages the genitive. Two of one month: a slash.
_TABLE = """
januar februar märz april mai juni juli august september oktober november dezember
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
enero febrero marzo abril mayo junio julio agosto septiembre/setiembre octubre noviembre diciembre
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
januari februari maart/maret april mei juni juli augustus/agustus september oktober november december
januari februari mars/marts april maj/mai juni juli augusti september oktober november december/desember
stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
ledna února března dubna května června července srpna září října listopadu prosince
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
"""
#: Letters from which a beginning of a name stands for it, where it is the beginning of one month's only.
_SHORTEST = 3


def _known() -> dict[str, int]:
    whole: dict[str, int] = {}
    beginnings: dict[str, set[int]] = {}
    for row in _TABLE.strip().splitlines():
        for number, names in enumerate(row.split(), start=1):
            for name in map(fold, names.split("/")):
                whole[name] = number
                for size in range(_SHORTEST, len(name)):
                    beginnings.setdefault(name[:size], set()).add(number)
    return {start: min(numbers) for start, numbers in beginnings.items() if len(numbers) == 1} | whole


#: A name or the beginning of one, folded -> the month's number.
MONTHS = _known()
