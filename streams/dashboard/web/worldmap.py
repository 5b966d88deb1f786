"""The map's projection, Equal Earth: a square kilometre is as large everywhere. ``static/land.svg`` is drawn by it.

Šavrič, Patterson and Jenny (2018), "The Equal Earth map projection", International Journal of Geographical Information
Science 33 (3): their polynomial, and ``A`` its coefficients.
"""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

A = (1.340264, -0.081106, 0.000893, 0.003796)
#: Units of the drawing that the world is wide, and its first and last row: from north of Greenland to Cape Horn.
WIDTH, TOP, BOTTOM = 1000, 0, 432
_M = sqrt(3) / 2


def projected(latitude: float, longitude: float) -> tuple[float, float]:
    """Right and down from the drawing's upper left corner, in its units. Degrees, north and east positive.

    >>> [round(each) for each in projected(0, 0)], [round(each) for each in projected(0, 180)]
    ([500, 241], [1000, 241])
    """
    x, y = _raw(latitude, longitude)
    scale = WIDTH / 2 / _raw(0, 180)[0]
    return WIDTH / 2 + x * scale, (_raw(84, 0)[1] - y) * scale


def _raw(latitude: float, longitude: float) -> tuple[float, float]:
    t = asin(_M * sin(radians(latitude)))
    t2, t6 = t**2, t**6
    slope = A[0] + 3 * A[1] * t2 + t6 * (7 * A[2] + 9 * A[3] * t2)
    return radians(longitude) * cos(t) / (_M * slope), t * (A[0] + A[1] * t2 + t6 * (A[2] + A[3] * t2))
