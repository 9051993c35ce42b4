"""Which pictures of a data set show nearly the same, so that one in training gives away the other in the test?

A perceptual hash in the sense of pHash (Zauner, "Implementation and benchmarking of perceptual image hash functions",
2010): the low frequencies of the brightness by the discrete cosine transform, compared by their direction, so that
lighter and darker copies agree, and the mean tint besides. Copies that were saved again, made smaller, or moved by up
to 3 % of their width are found. Frames of a burst differ more than that: tell them by their group.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from PIL import Image

from cnnviz.learn.datasets import Dataset, Example

ALIKE = 0.955
"""Cosine of two hashes from which on pictures count as nearly the same; kiwi and apple, of the stamps, have 0.944."""
TINT = 0.1
"""Channels' means less the grey of both differ by at most this, of 0..1."""
FREQUENCIES = 8
SIDE = 64
_FLAT = 1.0  # a norm of the hash, in 8-bit levels times SIDE, below which a picture has one colour
_AT_ONCE = 1024

Array = npt.NDArray[np.float32]

_found: WeakKeyDictionary[Dataset, tuple[tuple[int, ...], ...]] = WeakKeyDictionary()
_known: WeakKeyDictionary[Example, tuple[Array, Array]] = WeakKeyDictionary()  # a collection grows picture by picture
_lock = threading.Lock()


def near_duplicates(dataset: Dataset) -> tuple[tuple[int, ...], ...]:
    """The clusters of two or more pictures that are nearly the same, directly or by way of others, as their numbers.

    Found once for each data set. One whose pictures are known to be taken singly has none.
    """
    if dataset.taken_singly:
        return ()
    with _lock:
        known = _found.get(dataset)
    if known is None:
        known = clusters(*_hashes(dataset.examples))
        with _lock:
            _found[dataset] = known
    return known


def looking(dataset: Dataset) -> Iterator[int]:
    """Look at the pictures of a data set one at a time, so that its near-duplicates are found at once afterwards.

    Tells how many are looked at; those that were looked at before take no time.
    """
    for number, example in enumerate(dataset.examples, 1):
        _hash_of(example)
        yield number


def not_looked_at(dataset: Dataset) -> int:
    """How many pictures of a data set are still to be looked at before its near-duplicates are found at once."""
    if dataset.taken_singly:
        return 0
    with _lock:
        return sum(example not in _known for example in dataset.examples)


def clusters(hashes: Array, tints: Array) -> tuple[tuple[int, ...], ...]:
    """The same of hashes (N, 63) of length 1 (or 0: one colour only) and tints (N, 3)."""
    union = Union(len(hashes))
    for start in range(0, len(hashes), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        alike = hashes[part] @ hashes.T >= ALIKE
        flat = np.abs(hashes).max(axis=1) == 0
        alike |= flat[part, None] & flat
        alike &= np.abs(tints[part, None] - tints[None]).max(axis=2) <= TINT
        for one, other in zip(*np.nonzero(alike), strict=True):
            union.join(start + int(one), int(other))
    return tuple(cluster for cluster in union.sets() if len(cluster) > 1)


class Union:
    """Numbers 0 to count − 1 in disjoint sets; any two may be joined."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def join(self, one: int, other: int) -> None:
        """Make one set of the sets that hold these two."""
        first, second = self._root(one), self._root(other)
        self._parent[max(first, second)] = min(first, second)

    def sets(self) -> tuple[tuple[int, ...], ...]:
        """All sets, each ascending, in the order of their smallest numbers."""
        found: dict[int, list[int]] = {}
        for number in range(len(self._parent)):
            found.setdefault(self._root(number), []).append(number)
        return tuple(tuple(members) for members in found.values())

    def _root(self, number: int) -> int:
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number


def _hashes(examples: Sequence[Example]) -> tuple[Array, Array]:
    rows = [_hash_of(example) for example in examples]
    hashes = np.array([row[0] for row in rows], dtype=np.float32).reshape(len(rows), FREQUENCIES**2 - 1)
    return hashes, np.array([row[1] for row in rows], dtype=np.float32).reshape(len(rows), 3)


def _hash_of(example: Example) -> tuple[Array, Array]:
    with _lock:
        known = _known.get(example)
    if known is None:
        known = _hash(example.picture())
        with _lock:
            _known[example] = known
    return known


def _hash(picture: Image.Image) -> tuple[Array, Array]:
    """The direction of the low frequencies without the mean, and the tint; of one colour only, zero and the colour."""
    from scipy.fft import dctn

    grey = np.asarray(picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float32)
    low = dctn(grey, norm="ortho")[:FREQUENCIES, :FREQUENCIES].ravel()[1:]
    length = float(np.linalg.norm(low))
    colour = np.asarray(picture.resize((1, 1), Image.Resampling.BOX), dtype=np.float32).reshape(3) / np.float32(255)
    if length <= _FLAT:
        return np.zeros_like(low), colour
    tint: Array = colour - colour.mean()
    return low / length, tint
