"""What does teaching a network one's own classes cost, beside the loop of PyTorch's transfer-learning tutorial?

Stamps and EfficientNet-Lite0, by CPU time in one process with the same threads. The loop is the tutorial's
(pytorch.org/tutorials/beginner/transfer_learning_tutorial.html): 25 epochs, batches of 4, SGD with momentum, rate 0.001
cut to a tenth every 7 epochs, random cut-outs and mirrored pictures, the test pictures looked at after each epoch, and
the weights of the best. It reads its pictures in the process itself, so that their CPU time counts, as ours does. Of
its 25 epochs three are timed, since each costs the same; the accuracy is that of all 25 where they are run, which
`CNNVIZ_BENCH_WHOLE=1` asks for.
"""

from __future__ import annotations

import copy
import os
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.transforms import v2

from benchmarks.harness import Row
from cnnviz.learn import (
    FeatureCache,
    TransferResult,
    accuracy_over,
    class_means,
    fewer,
    load_dataset,
    picture_features,
    settings_for,
    split,
    teach,
)
from cnnviz.learn.parts import find_parts
from cnnviz.network import Network, load_network

EPOCHS = 25
TIMED_EPOCHS = 3
SPLITS = 10
LEAST = 0.88
FIRST_ANSWER = 0.3
ANSWERS = 12


def rows() -> list[Row]:
    """The frozen arm with nothing and with everything cached, the last block, few pictures, the first answer."""
    network, cache = load_network("efficientnet_lite0"), FeatureCache()
    whole = bool(os.environ.get("CNNVIZ_BENCH_WHOLE"))
    seconds, peer_accuracy = _tutorial(network, block=False, epochs=EPOCHS if whole else TIMED_EPOCHS)
    found = [_frozen(network, cache, seconds, peer_accuracy if whole else None), _again(network, cache, seconds)]
    return [*found, _last_block(network), _few_pictures(network, cache), _first_answer(network)]


def _frozen(network: Network, cache: FeatureCache, peer: float, peer_accuracy: float | None) -> Row:
    ours, result = _timed(lambda: _teach(network, cache, "frozen"))
    error = accuracy_over([result]).standard_error
    worse = peer_accuracy is not None and result.accuracy < peer_accuracy - error
    theirs = "" if peer_accuracy is None else f", the loop's {peer_accuracy:.3f}"
    note = f"accuracy {result.accuracy:.3f} ± {error:.3f}{theirs}"
    return Row("frozen arm on stamps, nothing cached, CPU time", "the tutorial's loop, 25 epochs", ours, peer,
               ours / peer, 1 / 15, failures=int(worse), note=note)  # fmt: skip


def _again(network: Network, cache: FeatureCache, peer: float) -> Row:
    changes = {"optimiser": "adamw", "batch_size": 16, "epochs": 25}
    ours, result = _timed(lambda: _teach(network, cache, "frozen", **changes))
    return Row("another head, features cached, CPU time", "the same loop", ours, peer, ours / peer, 1 / 200,
               note=f"accuracy {result.accuracy:.3f}")  # fmt: skip


def _last_block(network: Network) -> Row:
    peer, _ = _tutorial(network, block=True, epochs=TIMED_EPOCHS)
    ours, result = _timed(lambda: _teach(network, FeatureCache(), "last_block"))
    return Row("last block, 10 epochs, nothing cached, CPU time", "the same loop, these layers trainable", ours, peer,
               ours / peer, 1 / 3, note=f"accuracy {result.accuracy:.3f}")  # fmt: skip


def _few_pictures(network: Network, cache: FeatureCache) -> Row:
    """No time, but an accuracy: the row fails where it is too low."""
    stamps = load_dataset("stamps")
    settings = settings_for("frozen", per_class=5)
    start = time.process_time()
    accuracy = accuracy_over(
        [teach(network, stamps, split(stamps, seed=seed), settings, cache) for seed in range(SPLITS)]
    )
    seconds = time.process_time() - start
    pixels = _pixel_accuracy()
    note = f"accuracy {accuracy.mean:.3f} ± {accuracy.standard_error:.3f}, at least {LEAST}; 16×16 pixels {pixels:.3f}"
    return Row(f"5 pictures a class, frozen, {SPLITS} splits", "nothing", seconds, seconds, 1.0, None,
               failures=int(accuracy.mean < LEAST), note=note)  # fmt: skip


def _first_answer(network: Network) -> Row:
    """From the last picture of a class to the answer for another, with the features of the others known.

    Each time the last picture and the asked one are others, and neither was ever seen: the median counts.
    """
    taken = [_seconds_to_answer(network, turn) for turn in range(ANSWERS)]
    seconds = statistics.median(taken)
    what = f"first answer after the last picture of a class, median of {ANSWERS}"
    return Row(what, "nothing", seconds, seconds, 1.0, None, FIRST_ANSWER, note=f"slowest {1e3 * max(taken):.0f} ms")


def _seconds_to_answer(network: Network, turn: int) -> float:
    stamps, cache = load_dataset("stamps"), FeatureCache()
    own = [np.flatnonzero(stamps.labels == label).tolist() for label in range(len(stamps.classes))]
    lap, last = divmod(turn, len(own))
    learned, asked = [numbers[2 * lap] for numbers in own], own[last][2 * lap + 1]
    others = [number for label, number in enumerate(learned) if label != last]
    picture_features(network, [stamps.examples[number] for number in others], cache)
    start = time.perf_counter()
    features = picture_features(network, [stamps.examples[number] for number in learned], cache)
    known = class_means(features, list(range(len(learned))), stamps.classes)
    known.ask(picture_features(network, [stamps.examples[asked]], cache)[0])
    return time.perf_counter() - start


def _teach(network: Network, cache: FeatureCache, arm: str, **changes: object) -> TransferResult:
    stamps = load_dataset("stamps")
    return teach(network, stamps, split(stamps), settings_for(arm, **changes), cache)


def _timed(work: Callable[[], TransferResult]) -> tuple[float, TransferResult]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def _tutorial(network: Network, block: bool, epochs: int) -> tuple[float, float]:
    """CPU seconds of 25 epochs of the tutorial's loop, counted up from those that are run; its best accuracy."""
    stamps = load_dataset("stamps")
    parts = split(stamps)
    cut = find_parts(network)
    torch.manual_seed(0)
    model = copy.deepcopy(network.module).requires_grad_(False)
    former = model.get_submodule(cut.head)
    assert isinstance(former, nn.Linear)
    setattr(model, cut.head, nn.Linear(former.in_features, len(stamps.classes)))
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(f"{cut.head}.") or (block and cut.holds(name)))
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.SGD(learning, lr=0.001, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, step_size=7, gamma=0.1)
    views = {True: _transforms(network, True), False: _transforms(network, False)}
    best = 0.0
    start = time.process_time()
    for _ in range(epochs):
        for train, numbers in ((True, parts.train), (False, parts.test)):
            model.train(train)
            order = torch.tensor(numbers)[torch.randperm(len(numbers))]
            right = 0
            for batch in order.split(4):
                pictures = torch.stack([views[train](stamps.examples[int(n)].picture()) for n in batch])
                labels = torch.tensor(stamps.labels[batch.numpy()])
                optimiser.zero_grad()
                with torch.set_grad_enabled(train):
                    answers: Tensor = model(pictures)
                    loss = nn.functional.cross_entropy(answers, labels)
                    if train:
                        loss.backward()
                        optimiser.step()
                right += int((answers.argmax(1) == labels).sum())
            if train:
                schedule.step()
            elif right / len(numbers) > best:
                best = right / len(numbers)
                copy.deepcopy(model.state_dict())
    return (time.process_time() - start) / epochs * EPOCHS, best


def _transforms(network: Network, train: bool) -> v2.Compose:
    side, preprocess = network.preprocess.side, network.preprocess
    seen = [v2.RandomResizedCrop(side), v2.RandomHorizontalFlip()] if train else [
        v2.Resize(preprocess.resize), v2.CenterCrop(side)
    ]  # fmt: skip
    numbers = [v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(preprocess.mean, preprocess.std)]
    return v2.Compose([*seen, *numbers])


def _pixel_accuracy() -> float:
    """The nearest class mean on 16×16 pixels with the same pictures: what no network is worth."""
    stamps = load_dataset("stamps")
    small = [np.asarray(example.picture().resize((16, 16))).reshape(-1) / 255.0 for example in stamps.examples]
    pixels = torch.tensor(np.array(small))
    found = []
    for seed in range(SPLITS):
        parts = fewer(stamps, split(stamps, seed=seed), 5)
        known = class_means(pixels[list(parts.train)], stamps.labels[list(parts.train)].tolist(), stamps.classes)
        right = [known.ask(pixels[number]).nearest == stamps.classes[stamps.labels[number]] for number in parts.test]
        found.append(float(np.mean(right)))
    return float(np.mean(found))
