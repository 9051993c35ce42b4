"""What does the frozen part of a network say of each picture, computed once?

A part runs in evaluation mode, so that a picture's features do not depend on its neighbours, and nothing in the network
changes. What it puts out is kept by picture, view and network, up to a bound in bytes.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from cnnviz.compute.device import at_work, one_thread
from cnnviz.learn.augmentation import AUGMENTATIONS, Augmentation, levels, normalised, view
from cnnviz.learn.datasets import Example
from cnnviz.learn.parts import find_parts, without_head
from cnnviz.network import Network, evaluating, logits

AT_ONCE = 8
"""Pictures computed between two looks at whether to go on."""
MOST_BYTES = 512_000_000

PLAIN = AUGMENTATIONS["none"]
Key = tuple[str, ...]
Wanted = Sequence[tuple[Example, int]]
"""Pictures, each with the number of a view of it."""


class FeatureCache:
    """Tensors by key, up to so many bytes; those that were not asked for the longest go first. For any thread."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[Key, Tensor] = OrderedDict()
        self._lock = threading.Lock()
        self.nbytes = 0

    def get(self, key: Key) -> Tensor | None:
        """What is kept under this key."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def drop(self, digests: Set[str]) -> None:
        """Let go of all that was made of pictures with these digests."""
        with self._lock:
            for key in [key for key in self._kept if not digests.isdisjoint(key)]:
                self.nbytes -= self._kept.pop(key).nbytes

    def put(self, key: Key, value: Tensor) -> None:
        """Keep a tensor that nobody will write to; one that is larger than the bound is not kept."""
        with self._lock:
            former = self._kept.pop(key, None)
            self.nbytes -= former.nbytes if former is not None else 0
            if value.nbytes <= self._most:
                self._kept[key] = value
                self.nbytes += value.nbytes
            while self.nbytes > self._most:
                self.nbytes -= self._kept.popitem(last=False)[1].nbytes


SHARED = FeatureCache()
"""What all who do not bring a cache of their own use."""


@dataclass(frozen=True)
class FeatureProgress:
    """So many of so many pictures are done."""

    done: int
    total: int


class Stem:
    """The part of a network that stays as it is: from a view of a picture to what goes into the part that learns.

    Args:
        network: whose preprocessing pictures get.
        part: the module, in evaluation mode; None passes pictures on as they are.
        name: tells this part from others of the same weights.
    """

    def __init__(
        self,
        network: Network,
        part: nn.Module | None,
        name: str,
        cache: FeatureCache | None = None,
        augmentation: Augmentation = PLAIN,
        seed: int = 0,
    ) -> None:
        self._network = network
        self._part = part
        self._cache = SHARED if cache is None else cache
        self._how = augmentation
        self._seed = seed
        origin = fingerprint(network) if part is not None else ""
        self._origin = (origin, name, repr(network.preprocess))

    def filling(self, wanted: Wanted) -> Iterator[FeatureProgress]:
        """Compute and keep what is not there yet, some pictures at a time."""
        missing = {key: one for one in wanted if self._cache.get(key := self._key(*one)) is None}
        keys = list(missing)
        yield FeatureProgress(0, len(keys))
        for start in range(0, len(keys), AT_ONCE):
            chosen = keys[start : start + AT_ONCE]
            for key, output in zip(chosen, self._compute([missing[key] for key in chosen]), strict=True):
                self._cache.put(key, output)
            yield FeatureProgress(min(start + AT_ONCE, len(keys)), len(keys))

    def __call__(self, wanted: Wanted) -> Tensor:
        """What goes into the learning part, (pictures, …), on the network's device; what is kept is taken."""
        found = [self._cache.get(self._key(*one)) for one in wanted]
        missing = [place for place, tensor in enumerate(found) if tensor is None]
        for start in range(0, len(missing), AT_ONCE):
            places = missing[start : start + AT_ONCE]
            for place, output in zip(places, self._compute([wanted[place] for place in places]), strict=True):
                self._cache.put(self._key(*wanted[place]), output)
                found[place] = output
        batch = torch.stack([tensor for tensor in found if tensor is not None])
        ready = normalised(batch, self._network.preprocess) if self._part is None else batch
        return ready.to(self._network.device)

    def known(self, wanted: Wanted) -> tuple[Tensor | None, ...]:
        """What is kept of each; None where nothing is."""
        return tuple(self._cache.get(self._key(*one)) for one in wanted)

    def _compute(self, wanted: Wanted) -> list[Tensor]:
        """Of each its own tensor, on the CPU: a row of a batch would keep the whole batch in memory."""
        with at_work() as threads:
            if self._part is not None and self._network.device.type != "cpu":
                return [row.clone() for row in self._out(torch.stack([self._seen(*one) for one in wanted]))]
            with ThreadPoolExecutor(threads) as pool:
                return list(pool.map(self._alone, wanted))

    def _alone(self, one: tuple[Example, int]) -> Tensor:
        """The same of one picture, by one thread, on the CPU; as many pictures go at once as threads were given.

        Rounding depends on the size of a batch and on the number of threads, and what is kept must depend on neither
        what else was missing nor who else was at work. Nor is it slower: threads that share one picture wait for each
        other, on a busy machine longer than they work.
        """
        with one_thread():
            seen = self._seen(*one)
            return seen if self._part is None else self._out(seen[None])[0].clone()

    def _seen(self, example: Example, number: int) -> Tensor:
        return levels(view(example, number, self._network.preprocess, self._how, self._seed))

    def _out(self, seen: Tensor) -> Tensor:
        assert self._part is not None
        with torch.no_grad():
            return logits(self._part(normalised(seen, self._network.preprocess).to(self._network.device))).cpu()

    def _key(self, example: Example, number: int) -> Key:
        drawn = (self._how.name, str(self._seed), str(number)) if number else ("0",)
        return (*self._origin, example.digest, *drawn)


def picture_features(network: Network, examples: Sequence[Example], cache: FeatureCache | None = None) -> Tensor:
    """What the network without its head says of pictures: float32 (pictures, features), on the network's device."""
    return feature_stem(network, cache)([(example, 0) for example in examples])


def feature_steps(
    network: Network, examples: Sequence[Example], cache: FeatureCache | None = None
) -> Iterator[FeatureProgress]:
    """Compute the same for later, some pictures at a time."""
    yield from feature_stem(network, cache).filling([(example, 0) for example in examples])


def known_features(
    network: Network, examples: Sequence[Example], cache: FeatureCache | None = None
) -> tuple[Tensor | None, ...]:
    """Of each picture the same (features,), on the CPU, as far as it is there already; computes nothing."""
    return feature_stem(network, cache).known([(example, 0) for example in examples])


def feature_stem(
    network: Network, cache: FeatureCache | None = None, augmentation: Augmentation = PLAIN, seed: int = 0
) -> Stem:
    """The whole network up to its head as a frozen part, on a module tree of its own."""
    parts = find_parts(network)
    body = without_head(evaluating(network.module), parts.head)
    return Stem(network, body, "features", cache, augmentation, seed)


def fingerprint(network: Network) -> str:
    """Tells networks apart by their weights: a checksum over every parameter and buffer, with its name."""
    tensors = network.module.state_dict(keep_vars=True)
    version = sum(tensor._version for tensor in tensors.values())
    with _lock:
        known = _fingerprints.get(network.module)
    if known is not None and known[0] == version:
        return known[1]
    checksum = hashlib.blake2b(digest_size=16)
    for name, tensor in tensors.items():
        checksum.update(name.encode())
        checksum.update(memoryview(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()))
    with _lock:
        _fingerprints[network.module] = (version, checksum.hexdigest())
    return checksum.hexdigest()


_fingerprints: WeakKeyDictionary[nn.Module, tuple[int, str]] = WeakKeyDictionary()
_lock = threading.Lock()
