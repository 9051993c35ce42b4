"""How are the cells of the table similar/different × few/many measured? Training by training; each is kept as it ends.

Part of ``make assets``. Who breaks it off and begins again goes on with what is missing; what was made with other
settings or versions is made anew.
"""

from __future__ import annotations

import json
import platform
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from cnnviz.compute import fixed_threads
from cnnviz.learn.cells import CELLS, EARLIER, RECORDED_CELLS, Cell, agrees
from cnnviz.learn.datasets import DATASETS, Dataset, load_dataset
from cnnviz.learn.features import FeatureCache
from cnnviz.learn.outcome import TransferResult
from cnnviz.learn.recorded import RECORDED_NETWORK, recorded_features
from cnnviz.learn.similarity import sureness
from cnnviz.learn.splits import Split, split
from cnnviz.learn.transfer import Training
from cnnviz.network import Network, load_network

ARMS = (EARLIER, "frozen", "last_block", "everything")
SPLITS = 3
_STAGES = 5  # of seven: the arm "earlier" ends where the maps are a 16th of the picture's side
_DIGITS = 4  # significant ones of a curve


def record_cells(path: Path = RECORDED_CELLS) -> None:
    """Measure what is missing, by one thread, and write the file after every training."""
    network = load_network(RECORDED_NETWORK)
    facts = _kept(path)
    facts["sureness"] = {
        name: round(sureness(network, torch.from_numpy(recorded_features().datasets[name])), _DIGITS)
        for name in DATASETS
    }
    done = {(one["cell"], one["arm"], one["settings"]["seed"]) for one in facts["entries"]}
    for cell, arm, seed in wanted():
        if (cell.name, arm, seed) not in done:
            facts["entries"].append(measure(network, load_dataset(cell.dataset), cell, arm, seed))
            _write(path, facts)


def wanted() -> Iterator[tuple[Cell, str, int]]:
    """Cells, arms and seeds, in the order in which they are measured: the first seed of all cells first."""
    for seed in range(SPLITS):
        for cell in CELLS:
            yield from ((cell, arm, seed) for arm in ARMS if seed < splits_of(cell, arm))


def splits_of(cell: Cell, arm: str) -> int:
    """How many splits an arm is measured on: what costs most on fewer."""
    if arm != "everything":
        return SPLITS
    return 2 if cell.few else 1


def measure(network: Network, dataset: Dataset, cell: Cell, arm: str, seed: int) -> dict[str, Any]:
    """Teach one arm on one split, as it is written down; its seconds are those of one core, features included."""
    settings = cell.settings(arm, seed)
    own = at_side(network, cell.side)
    begun = time.process_time()
    with fixed_threads(1):
        taught = up_to_stage(own, _STAGES) if arm == EARLIER else own
        parts = parts_of(dataset, cell, seed)
        *_, result = Training(taught, dataset, parts, settings, FeatureCache()).run()
    assert isinstance(result, TransferResult)
    return {
        "cell": cell.name,
        "arm": arm,
        "side": cell.side,
        "settings": asdict(settings),
        "accuracy": round(result.accuracy, 6),
        "pictures": len(result.test),
        "seconds": round(time.process_time() - begun, 1),
        "trainable_parameters": result.trainable_parameters,
        "parameters": result.parameters,
        "epochs": [{name: _rounded(value) for name, value in asdict(epoch).items()} for epoch in result.history],
    }


def parts_of(dataset: Dataset, cell: Cell, seed: int) -> Split:
    """The split of this seed with at most `cell.tests` test pictures of each class; the same for few and for many."""
    parts = split(dataset, seed=seed)
    random = np.random.default_rng((seed, 2))
    kept: list[int] = []
    for label in range(len(dataset.classes)):
        own = [number for number in parts.test if dataset.labels[number] == label]
        kept += [own[place] for place in random.permutation(len(own))[: cell.tests]]
    return replace(parts, test=tuple(sorted(kept)))


def at_side(network: Network, side: int) -> Network:
    """The same network for smaller pictures: their shorter side as long as the square that is cut out."""
    return replace(
        network,
        preprocess=replace(network.preprocess, resize=side, side=side),
        input_size=(network.input_size[0], side, side),
    )


def up_to_stage(network: Network, stages: int) -> Network:
    """The first stages of a network as timm builds EfficientNets, each channel averaged over its map, and a head."""
    module = network.module
    blocks = list(module.get_submodule("blocks").children())[:stages]
    channels = [part.num_features for part in blocks[-1].modules() if isinstance(part, nn.BatchNorm2d)][-1]
    parts = OrderedDict[str, nn.Module](
        conv_stem=module.get_submodule("conv_stem"),
        bn1=module.get_submodule("bn1"),
        blocks=nn.Sequential(*blocks),
        pool=nn.AdaptiveAvgPool2d(1),
        flat=nn.Flatten(),
        classifier=nn.Linear(channels, len(network.categories)),  # taken off again for a head of own classes
    )
    return replace(network, module=nn.Sequential(parts).eval().requires_grad_(False).to(network.device))


def _kept(path: Path) -> dict[str, Any]:
    """What the file has and still holds; else the beginning of a new one."""
    versions = {"python": platform.python_version(), **{name: metadata.version(name) for name in ("torch", "timm")}}
    if path.exists():
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if facts["versions"] == versions:
            known = {cell.name: cell for cell in CELLS}
            facts["entries"] = [
                one for one in facts["entries"] if one["cell"] in known and agrees(one, known[one["cell"]])
            ]
            return facts
    return {"network": RECORDED_NETWORK, "versions": versions, "sureness": {}, "entries": []}


def _write(path: Path, facts: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".part")
    fresh.write_text(json.dumps(facts, separators=(",", ":")) + "\n", encoding="utf-8")
    fresh.replace(path)


def _rounded(value: float | int | None) -> float | int | None:
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
