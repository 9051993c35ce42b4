"""What do the attributions of an answer cost, beside Captum's own calls, on ResNet-50 at 224×224?

By CPU time, with the same threads. Results have to be the same, or the line does not hold. Memory is what a process of
its own grows by.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil
import torch
import torchvision
from torch import Tensor, nn

from benchmarks.harness import Row, measure
from cnnviz.analysis import attribute

TARGET = 281
STEPS = 50
REPEATS = 2
"""Of what takes a hundred passes; of two, the quicker counts."""


def rows() -> list[Row]:
    """Grad-CAM against its two passes, occlusion and integrated gradients against Captum's default calls."""
    model, picture = _asked()
    return [_grad_cam(model, picture), *_occlusion(model, picture), *_integrated_gradients()]


def _asked() -> tuple[nn.Module, Tensor]:
    torch.manual_seed(0)
    model = torchvision.models.resnet50(weights=None).eval().requires_grad_(False)
    return model, torch.randn(1, 3, 224, 224)


def _grad_cam(model: nn.Module, picture: Tensor) -> Row:
    def both_passes() -> Tensor:
        kept: list[Tensor] = []
        layer = model.get_submodule("layer4")
        hook = layer.register_forward_hook(lambda _, __, output: kept.append(output.requires_grad_()))
        answer = model(picture)[0, TARGET]
        hook.remove()
        return torch.autograd.grad(answer, kept)[0]

    ours, peer = measure(
        lambda: attribute(model, picture, TARGET, "grad_cam", "layer4"), both_passes, 15, time.process_time
    )
    return Row("Grad-CAM, CPU time", "one forward and backward to the layer", ours, peer, ours / peer, 1.2)


def _occlusion(model: nn.Module, picture: Tensor) -> list[Row]:
    from captum.attr import Occlusion

    first: list[float] = []
    results: dict[str, Tensor] = {}

    def ours() -> float:
        start = time.process_time()
        shown: list[float] = []

        def progress(done: int, total: int, so_far: Tensor | None) -> None:
            if so_far is not None and not shown:
                shown.append(time.process_time() - start)

        results["ours"] = attribute(model, picture, TARGET, "occlusion", progress=progress).map
        first.extend(shown)
        return time.process_time() - start

    def peer() -> float:
        start = time.process_time()
        found = Occlusion(model).attribute(picture, (3, 32, 32), (3, 16, 16), target=TARGET)
        results["peer"] = found[0, 0].detach()
        return time.process_time() - start

    told = [(ours(), peer()) for _ in range(REPEATS)]
    mine, theirs, coarse = min(pair[0] for pair in told), min(pair[1] for pair in told), min(first)
    differ = _differ(results["ours"], results["peer"])
    against = "Captum's Occlusion, default call"
    return [
        Row("occlusion 32/16, CPU time", against, mine, theirs, mine / theirs, 0.9, failures=differ),
        Row("the same, until the first coarse picture", against, coarse, theirs, coarse / theirs, 0.1),
    ]


def _integrated_gradients() -> list[Row]:
    """Each call in a process of its own, so that what it needs at most is its own."""
    runs = {name: [_alone(name) for _ in range(REPEATS)] for name in ("ours", "peer")}
    differ = _differ(runs["ours"][0].found, runs["peer"][0].found)
    ours, peer = (_least(runs[name]) for name in ("ours", "peer"))
    name, against = f"integrated gradients, {STEPS} steps", "Captum's default call"
    return [
        Row(
            f"{name}, CPU time", against, ours.seconds, peer.seconds, ours.seconds / peer.seconds, 1.0, failures=differ
        ),
        Row(
            f"{name}, peak memory", against, ours.growth, peer.growth, ours.growth / peer.growth, 0.25, unit="MB",
            note=f"whole processes at most {ours.peak:,.0f} and {peer.peak:,.0f} MB",
        ),
    ]  # fmt: skip


def _least(runs: list[_Run]) -> _Run:
    """The least of each number."""
    least = (min(run.seconds for run in runs), min(run.growth for run in runs), min(run.peak for run in runs))
    return _Run(runs[0].found, *least)


def _our_gradients(model: nn.Module, picture: Tensor) -> Tensor:
    channels = attribute(model, picture, TARGET, "integrated_gradients", steps=STEPS).channels
    assert channels is not None
    return channels


def _captums_gradients(model: nn.Module, picture: Tensor) -> Tensor:
    from captum.attr import IntegratedGradients

    found: Tensor = IntegratedGradients(model).attribute(picture.clone(), target=TARGET, n_steps=STEPS)
    return found[0].detach().float()


def _differ(ours: Tensor, peer: Tensor) -> int:
    """1 where the results are not the same but for rounding: by a thousandth of the largest value."""
    return int(float((ours - peer).abs().max()) > 1e-3 * float(peer.abs().max()))


@dataclass(frozen=True)
class _Run:
    """One call: its result, its CPU seconds, by how many megabytes it made its process grow, and up to how many."""

    found: Tensor
    seconds: float
    growth: float
    peak: float


def _alone(which: str) -> _Run:
    """Integrated gradients once, in a new process."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        found, *numbers = pool.apply(_once, (which, torch.get_num_threads()))
    return _Run(torch.from_numpy(found), *numbers)


def _once(which: str, threads: int) -> tuple[npt.NDArray[np.float32], float, float, float]:
    torch.set_num_threads(threads)
    model, picture = _asked()
    call = _our_gradients if which == "ours" else _captums_gradients
    with torch.no_grad():
        model(picture)
    import captum.attr  # noqa: F401 - its import is no part of the call

    before, start = psutil.Process().memory_info().rss, time.process_time()
    found = call(model, picture)
    seconds = time.process_time() - start
    peak = _peak_bytes()
    return found.numpy(), seconds, (peak - before) / 1e6, peak / 1e6


def _peak_bytes() -> int:
    """What this process has held at most. Linux' `ru_maxrss` begins with what its parent held."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) * 1024
