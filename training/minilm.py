"""Dense vectors of texts by all-MiniLM-L6-v2 (Wang et al. 2020; sentence-transformers), for the quality report only.

A BERT encoder of six layers in plain NumPy over the published weights: what would otherwise compute it is PyTorch, of
several gigabytes. Weights come with ``streams models install minilm``, the tokenizer's library with the `peers` extra.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streams.models import store

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Array = NDArray[np.float32]

#: The model's own limit (its ``sentence_bert_config.json``), [CLS] and [SEP] included.
TOKENS = 256
#: From its ``config.json``.
LAYERS, HEADS, EPSILON = 6, 12, np.float32(1e-12)


class MiniLM:
    """Text → unit vector of 384 numbers: the mean of its tokens' last states, as the model was trained to be used."""

    def __init__(self, models_dir: Path) -> None:
        """
        Raises:
            ImportError: the library of its tokenizer is not installed.
            WeightsError: its weights are not, or not whole.
        """
        from tokenizers import Tokenizer

        place = store.verify(store.find("minilm"), models_dir)
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(place / "tokenizer.json"))
        self._tokenizer.enable_truncation(TOKENS)
        self._tokenizer.no_padding()
        self._encoder = Encoder(read_safetensors(place / "model.safetensors"), LAYERS, HEADS)

    def vectors(self, texts: Iterable[str]) -> Array:
        """One row a text."""
        return np.stack([self._encoder.vector(self._tokenizer.encode(text).ids) for text in texts])


class Encoder:
    """BERT (Devlin et al. 2019) and mean pooling, one text at a time: nothing to pad, nothing to mask."""

    def __init__(self, tensors: dict[str, Array], layers: int, heads: int) -> None:
        self._tensors = tensors
        self._layers = [f"encoder.layer.{layer}." for layer in range(layers)]
        self._heads = heads

    def vector(self, tokens: list[int]) -> Array:
        held = self._tensors
        state = held["embeddings.word_embeddings.weight"][tokens]
        state = state + held["embeddings.position_embeddings.weight"][: len(tokens)]
        state = self._norm("embeddings.LayerNorm", state + held["embeddings.token_type_embeddings.weight"][0])
        for layer in self._layers:
            seen = self._dense(layer + "attention.output.dense", self._attention(layer + "attention.self.", state))
            state = self._norm(layer + "attention.output.LayerNorm", state + seen)
            inner = gelu(self._dense(layer + "intermediate.dense", state))
            state = self._norm(layer + "output.LayerNorm", state + self._dense(layer + "output.dense", inner))
        mean = state.mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)

    def _attention(self, name: str, state: Array) -> Array:
        """Scaled dot-product attention of each head over the whole text."""
        query, key, value = (
            self._dense(name + part, state).reshape(len(state), self._heads, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(query.shape[-1]))
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        seen: Array = (scores @ value).transpose(1, 0, 2).reshape(state.shape)
        return seen

    def _dense(self, name: str, state: Array) -> Array:
        out: Array = state @ self._tensors[name + ".weight"].T + self._tensors[name + ".bias"]
        return out

    def _norm(self, name: str, state: Array) -> Array:
        state = state - state.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.square(state).mean(axis=-1, keepdims=True) + EPSILON)
        out: Array = state / spread * self._tensors[name + ".weight"] + self._tensors[name + ".bias"]
        return out


def gelu(state: Array) -> Array:
    """x Φ(x), by Hendrycks and Gimpel's tanh formula (2016), within .0005; NumPy has no error function."""
    inner = np.float32(0.7978845608) * (state + np.float32(0.044715) * (state * state * state))
    out: Array = np.float32(0.5) * state * (1 + np.tanh(inner))
    return out


def read_safetensors(path: Path) -> dict[str, Array]:
    """The 32-bit tensors of a file: eight bytes of header length, a JSON header, the data (safetensors format)."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    found: dict[str, Array] = {}
    for name, about in json.loads(data[8:start]).items():
        if name != "__metadata__" and about["dtype"] == "F32":
            first, end = about["data_offsets"]
            array = np.frombuffer(data, "<f4", (end - first) // 4, start + first)
            found[name] = array.reshape(about["shape"])
    return found
