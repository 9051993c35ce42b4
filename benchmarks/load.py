"""Do thirty learners at once each get their own picture, soon? Raw websocket clients against the real app.

First one learner alone, at the same pace; then thirty, each with a picture of their own and a new setting every two
seconds, their starts spread over the pace; then each asks for one of its settings again, alone, and must get the very
same picture as in the crowd. `python -m benchmarks load`, shorter: `SECONDS=20 python -m benchmarks load`.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import random
import statistics
import struct
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil
from PIL import Image

from benchmarks.client import Learner, LearnerError, Run, open_page
from benchmarks.harness import Row
from scripts.serve import APP, running

LEARNERS = 30
PACE = 2.0  # seconds between two settings of one learner
SECONDS = float(os.environ.get("SECONDS", "60"))
RATIO = 5.0  # p95 of the crowd against the lone learner's median
GROWTH = 1.1  # memory at the end against a third of the way, when every cache has been filled
PATIENCE = 30.0  # seconds until a run counts as failed


@dataclass(frozen=True)
class Scenario:
    """What the learners do: where, with which settings in turn, and which view shows their picture.

    `values` reads from the open page what can be set; `change` sets one. `most` bounds the crowd's p95 in seconds.
    """

    what: str
    page: str
    query: str
    view: str
    values: Callable[[Learner], Sequence[Any]]
    change: Callable[[Learner, Any], Awaitable[Run]]
    most: float


@dataclass
class Visit:
    """What one learner saw: seconds of each run, a digest of each setting's picture, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    digests: dict[Any, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Load:
    """One scenario's outcome; memory in MB, a third of the way and at the end."""

    lone: Visit
    crowd: list[Visit]
    early_mb: float
    late_mb: float
    mixed_up: list[str]

    @property
    def failures(self) -> list[str]:
        return [text for visit in (self.lone, *self.crowd) for text in visit.failures] + self.mixed_up


def rows() -> list[Row]:
    """Two rows a scenario: the crowd's p95 against the lone learner's median, and the server's memory."""
    return [row for scenario in SCENARIOS for row in rows_of(scenario, measure_load(scenario))]


def measure_load(
    scenario: Scenario, script: str = APP, learners: int = LEARNERS, seconds: float = SECONDS, pace: float = PACE
) -> Load:
    """Serve the app afresh and run one scenario on it."""
    with running(script) as served:
        return asyncio.run(_lesson(scenario, served.address, served.pid, learners, seconds, pace))


def rows_of(scenario: Scenario, load: Load) -> list[Row]:
    """The table's lines for one outcome."""
    taken = [seconds for visit in load.crowd for seconds in visit.seconds]
    median, p95, lone = statistics.median(taken), _p95(taken), statistics.median(load.lone.seconds)
    first = f"; first failure: {load.failures[0]}" if load.failures else ""
    note = f"p50 {median * 1e3:.0f} ms, {len(taken)} runs{first}"
    crowd = f"{len(load.crowd)} learners, {scenario.what}, p95"
    return [
        Row(crowd, "one learner alone, median", p95, lone, p95 / lone, RATIO, most=scenario.most,
            failures=len(load.failures), note=note),
        Row("its server's memory at the end", "a third of the way", load.late_mb, load.early_mb,
            load.late_mb / load.early_mb, GROWTH, unit="MB"),
    ]  # fmt: skip


async def _lesson(scenario: Scenario, address: str, pid: int, learners: int, seconds: float, pace: float) -> Load:
    async with AsyncExitStack() as pages:
        enter = pages.enter_async_context
        first = await enter(open_page(address, scenario.page, scenario.query, own_picture(0)))
        values = list(scenario.values(first))
        for value in values[:3]:  # what loads on first use is loaded now
            await scenario.change(first, value)
        lone = await _work(first, scenario, values, seconds / 2, pace)
        crowd = [
            await enter(open_page(address, scenario.page, scenario.query, own_picture(number)))
            for number in range(1, learners + 1)
        ]
        memory = asyncio.create_task(_memory_after(pid, seconds / 3))
        visits = await asyncio.gather(
            *(
                _work(learner, scenario, _shuffled(values, number), seconds, pace, delay=pace * number / learners)
                for number, learner in enumerate(crowd)
            )
        )
        early, late = await memory, _memory_mb(pid)
        mixed_up = _shared_pictures(visits) + await _not_repeated(scenario, crowd, visits)
    return Load(lone, list(visits), early, late, mixed_up)


async def _work(
    learner: Learner, scenario: Scenario, values: Sequence[Any], seconds: float, pace: float, delay: float = 0.0
) -> Visit:
    """A new setting every `pace` seconds; what takes longer than that delays the next."""
    visit = Visit()
    loop = asyncio.get_running_loop()
    start = loop.time() + delay
    for turn in range(max(1, round(seconds / pace))):
        await asyncio.sleep(max(0.0, start + turn * pace - loop.time()))
        value = values[turn % len(values)]
        try:
            async with asyncio.timeout(PATIENCE):
                run = await scenario.change(learner, value)
            visit.seconds.append(run.seconds)
            visit.digests[value] = picture_digest(learner.view(scenario.view))
            visit.failures += [f"{value}: {text}" for text in learner.exceptions()]
        except (LearnerError, OSError, TimeoutError) as error:
            visit.failures.append(f"{value}: {type(error).__name__} {error}")
            visit.seconds.append(PATIENCE)
    return visit


def picture_digest(blob: bytes) -> str:
    """A digest of what a view shows, without the token that names the drawing and the address of the pixels."""
    header = _header(blob)
    for passing in ("token", "picture"):
        header.pop(passing, None)
    content = json.dumps(header, sort_keys=True).encode() + blob[4 + struct.unpack_from("<I", blob)[0] :]
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def own_picture(number: int, side: int = 512) -> bytes:
    """A colourful PNG that no other number has: a few waves in each channel."""
    dice = np.random.default_rng(number)
    rows, columns = np.mgrid[0:side, 0:side] / side
    waves = dice.uniform(-12, 12, (6, 3, 3))
    total = sum(np.sin(2 * np.pi * (a * rows[..., None] + b * columns[..., None] + c)) for a, b, c in waves)
    pixels = np.clip(127.5 + 40 * total, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _shared_pictures(visits: Sequence[Visit]) -> list[str]:
    """Settings at which two learners, whose pictures differ, were shown the same."""
    seen: dict[tuple[Any, str], int] = {}
    wrong = []
    for number, visit in enumerate(visits):
        for value, digest in visit.digests.items():
            other = seen.setdefault((value, digest), number)
            if other != number:
                wrong.append(f"learners {other} and {number} were shown the same picture at {value}")
    return wrong


async def _not_repeated(scenario: Scenario, crowd: Sequence[Learner], visits: Sequence[Visit]) -> list[str]:
    """Learners who, alone now, get another picture at one of their settings than they got in the crowd."""
    wrong = []
    for number, (learner, visit) in enumerate(zip(crowd, visits, strict=True)):
        try:
            value, digest = next(iter(visit.digests.items()))
            async with asyncio.timeout(PATIENCE):
                await scenario.change(learner, value)
            if picture_digest(learner.view(scenario.view)) != digest:
                wrong.append(f"learner {number} was shown another picture at {value} in the crowd than alone")
        except (StopIteration, LearnerError, OSError, TimeoutError) as error:
            wrong.append(f"learner {number} could not be asked again: {type(error).__name__} {error}")
    return wrong


async def _memory_after(pid: int, seconds: float) -> float:
    await asyncio.sleep(seconds)
    return _memory_mb(pid)


def _memory_mb(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss / 1e6)


def _p95(taken: Sequence[float]) -> float:
    return float(np.quantile(taken, 0.95))


def _shuffled(values: Sequence[Any], seed: int) -> list[Any]:
    return random.Random(seed).sample(list(values), len(values))


def _sigmas(learner: Learner) -> list[float]:
    (dial,) = (dial for dial in _header(learner.view("kernel_view"))["dials"] if dial["name"] == "sigma")
    count = round((dial["maximum"] - dial["minimum"]) / dial["step"]) + 1
    return [round(dial["minimum"] + index * dial["step"], 3) for index in range(count)]


def _layers(learner: Learner) -> list[str]:
    return [layer[0] for layer in _header(learner.view("layer_strip"))["layers"]]


def _header(blob: bytes) -> dict[str, Any]:
    length = struct.unpack_from("<I", blob)[0]
    header: dict[str, Any] = json.loads(blob[4 : 4 + length])
    return header


SCENARIOS = (
    Scenario(
        what="Classic kernels, a width each 2 s",
        page="classic_kernels",
        query="stages=gaussian(size=9)",
        view="kernel_view",
        values=_sigmas,
        change=lambda learner, value: learner.trigger("kernel_view", "dial", {"name": "sigma", "value": value}),
        most=0.150,
    ),
    Scenario(
        what="Feature maps, ResNet-18, a layer each 2 s",
        page="feature_maps",
        query="view=layer&network=resnet18&weights=none",
        view="map_mosaic",
        values=_layers,
        change=lambda learner, value: learner.trigger("layer_strip", "choose", value),
        most=0.400,
    ),
)
