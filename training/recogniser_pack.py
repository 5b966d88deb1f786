"""From a learned network to the weights that ship: whole numbers of a byte, scaled so that hardly any is cut off."""

from __future__ import annotations

import numpy as np

from streams.stages.tag.ner.fast_net import TOP, Floats, NetWeights
from streams.stages.tag.ner.fast_words import PLACES
from training.recogniser_data import LABELS, Corpus
from training.recogniser_groups import Groups
from training.recogniser_net import Net

#: Shares of the weights, and of what a layer gives where it gives something, that are not cut off.
_WEIGHTS, _GIVEN = 0.9999, 0.9995
_BYTE = 127.0
#: How far ``O`` must be ahead of all others for a word to be in no name without a look at its neighbours, as a
#: logarithm of odds. Without it 3 in 200 spans of WikiGold would be others; all figures are with it.
_MARGIN = 4.0
#: Texts that say how large the layers' sums get.
_SAMPLE = 60


def shrink(net: Net, corpus: Corpus, groups: Groups) -> NetWeights:
    """The network in whole numbers.

    A layer's sum in the new unit is its weights' scale times its inputs' scale; what it gives is scaled to ``TOP``.
    """
    weights = net.weights
    types, places, _ = corpus.batch(range(min(_SAMPLE, len(corpus.starts) - 1)))
    near, _, far = net.layers(corpus.matrix, types, places)
    vectors, by_vector = _bytes(weights["vectors"])
    window, by_window = _bytes(weights["window"])
    layer, by_layer = _bytes(weights["layer"])
    given = TOP / np.quantile(near[near > 0], _GIVEN), TOP / np.quantile(far[far > 0], _GIVEN)
    first = len(weights["bias"])
    out, by_out = _bytes(np.concatenate([weights["out"][:first] / given[0], weights["out"][first:] / given[1]]))
    near_unit, far_unit = by_vector * by_window, given[0] * by_layer
    return NetWeights(
        labels=LABELS,
        features=corpus.features,
        words=groups.words,
        groups=groups.groups,
        vectors=vectors,
        window=window,
        places=_whole(weights["places"] * near_unit).reshape(3, PLACES, first),
        bias=_whole(weights["bias"] * near_unit),
        layer=layer,
        layer_bias=_whole(weights["layer_bias"] * far_unit),
        out=out,
        out_bias=_whole(weights["out_bias"] * by_out),
        first=float(given[0] / near_unit),
        second=float(given[1] / far_unit),
        margin=float(_MARGIN * by_out),
    )


def _whole(values: Floats) -> Floats:
    return np.rint(values).astype(np.float32)


def _bytes(values: Floats) -> tuple[Floats, float]:
    """The values as whole numbers of a byte, and by how much they grew."""
    scale = _BYTE / float(np.quantile(np.abs(values), _WEIGHTS))
    return np.clip(_whole(values * scale), -_BYTE, _BYTE), scale
