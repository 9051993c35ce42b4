"""What did each arm reach on the stamps that ship, with its own settings? Recorded by ``make assets``."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from cnnviz.learn.arms import ARMS, settings_for
from cnnviz.learn.datasets import load_dataset
from cnnviz.learn.features import FeatureCache
from cnnviz.learn.outcome import Answers, Epoch, TaughtNetwork, TransferResult
from cnnviz.learn.recorded import RECORDED_NETWORK
from cnnviz.learn.recorded_spaces import CAME, RECORDED_SPACES, record_spaces
from cnnviz.learn.space import taught_stem
from cnnviz.learn.transfer import Training
from cnnviz.learn.written import Outcome, Teaching, Written, teaching_of
from cnnviz.paths import ASSETS

RECORDED_ARMS = ASSETS / "transfer" / "arms.json"
RECORDED_DATA = "stamps"
RECORDED_NAMES = ("random_features", "frozen", "last_block", "everything")
_DIGITS = 6  # significant ones; more differ from one processor to the next


@dataclass(frozen=True, eq=False)
class RecordedArm:
    """One arm: how it was taught, its curve and its outcome, its answers on the test pictures."""

    teaching: Teaching
    found: Written
    answers: Answers


@cache
def recorded_arms(path: Path = RECORDED_ARMS) -> dict[str, RecordedArm]:
    """All recorded arms by name, in the order of ``ARMS``."""
    facts = json.loads(path.read_text(encoding="utf-8"))
    return {name: _arm(facts[name]) for name in ARMS if name in facts}


def record_arms(path: Path = RECORDED_ARMS, spaces: Path = RECORDED_SPACES) -> None:
    """Teach these arms on the network and the pictures that ship, by one thread, and write down what came of it.

    Beside it how the pictures lie in the features of the network as it came, and of each that an arm changed.
    """
    found, models = {}, {}
    for name, facts, model in recording():
        found[name], models[name] = facts, model
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")
    _record_spaces(models, tuple(found["frozen"]["test"]), spaces)


def recording(names: tuple[str, ...] = RECORDED_NAMES) -> Iterator[tuple[str, dict[str, Any], TaughtNetwork]]:
    """The arms of these names, each as it is written down, with its network.

    Its seconds are those of one core, whatever else it did.
    """
    from cnnviz.compute import fixed_threads
    from cnnviz.network import load_network

    network, dataset = load_network(RECORDED_NETWORK), load_dataset(RECORDED_DATA)
    for name in names:
        teaching = Teaching(settings_for(name))
        parts = teaching.plan(network, dataset).parts
        begun = time.process_time()
        with fixed_threads(1):
            *_, result = Training(network, dataset, parts, teaching.settings, FeatureCache()).run()
        assert isinstance(result, TransferResult)
        yield name, _as_json(teaching, result, time.process_time() - begun), result.model


def _record_spaces(models: Mapping[str, TaughtNetwork], test: tuple[int, ...], path: Path) -> None:
    """The frozen arm leaves the features as they came."""
    from cnnviz.compute import fixed_threads
    from cnnviz.learn.features import feature_stem

    dataset, cache = load_dataset(RECORDED_DATA), FeatureCache()
    train = tuple(sorted(set(range(len(dataset.examples))) - set(test)))
    wanted = [(example, 0) for example in dataset.examples]
    stems = {CAME: feature_stem(models["frozen"].network, cache)}
    stems |= {name: taught_stem(model, name, cache) for name, model in models.items() if name != "frozen"}
    features = {}
    with fixed_threads(1):
        for name, stem in stems.items():
            for _ in stem.filling(wanted):
                pass
            features[name] = stem(wanted).cpu()[[*train, *test]]
        record_spaces(features, train, test, path)


def _as_json(teaching: Teaching, result: TransferResult, seconds: float) -> dict[str, Any]:
    return {
        "teaching": teaching.as_json(),
        "epochs": [{name: _rounded(value) for name, value in asdict(epoch).items()} for epoch in result.history],
        "seconds": round(seconds, 1),
        "trainable_parameters": result.trainable_parameters,
        "parameters": result.parameters,
        "test": result.test,
        "labels": result.labels.tolist(),
        "probabilities": [[_rounded(share) for share in row] for row in result.probabilities.tolist()],
    }


def _arm(facts: dict[str, Any]) -> RecordedArm:
    labels = np.array(facts["labels"], dtype=np.int64)
    answers = Answers(tuple(facts["test"]), labels, np.array(facts["probabilities"], dtype=np.float64))
    outcome = Outcome(
        answers.accuracy, len(answers.test), facts["seconds"], facts["trainable_parameters"], facts["parameters"]
    )
    epochs = tuple(Epoch(**epoch) for epoch in facts["epochs"])
    return RecordedArm(teaching_of(facts["teaching"]), Written(epochs, (outcome,)), answers)


def _rounded(value: float | int | None) -> float | int | None:
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
