"""A run survives that its program is killed at any moment: no metric that was told is lost, no checkpoint is half."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cnnviz.compute import Runs

CHILD = """
import os, sys
from pathlib import Path
from cnnviz.compute.runs import Runs

assert "torch" not in sys.modules and "numpy" not in sys.modules
run = Runs(Path(sys.argv[1])).open(sys.argv[2])
with run.writing("last" if run.checkpoints() else None) as writer:
    while writer.count < 50_000:
        step = writer.count
        writer.log(step=step)
        os.write(1, b"%d\\n" % step)
        if step % 3 == 0:
            writer.save("last", b"%08d" % step * 500_000)
"""


@pytest.mark.parametrize("seed", range(2))
def test_killed_again_and_again_it_goes_on_each_time_from_its_last_checkpoint(tmp_path: Path, seed: int) -> None:
    runs, chance = Runs(tmp_path), random.Random(seed)
    with runs.create({}, seed=seed, threads=1) as run:
        for _ in range(4):
            told = killed_after(runs, run.owner_link or "", chance.randrange(1, 9), chance.uniform(0, 0.01))
            assert run.state == "broken off"
            assert [metric.values["step"] for metric in run.metrics()] == list(range(len(run.metrics())))
            assert told + 1 <= len(run.metrics()) <= told + 2, "no more than what was not yet told can be missing"
            for one in run.checkpoints():
                assert one.path.read_bytes() == b"%08d" % (one.metrics - 1) * 500_000
        last = run.checkpoints()[-1]
        assert len(run.metrics()) - last.metrics <= 3
        with run.writing("last") as writer:
            assert writer.count == last.metrics
        assert run.state == "done"
        assert not list(tmp_path.rglob("*.part"))


def killed_after(runs: Runs, link: str, steps: int, seconds: float) -> int:
    """Let a program work on the run, and kill it so long after so many steps; the last step that it told."""
    command = [sys.executable, "-c", CHILD, str(runs.folder), link]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as child:
        assert child.stdout is not None
        try:
            told = [int(child.stdout.readline()) for _ in range(steps)]
            time.sleep(seconds)  # not to wait for anything: any moment may be the last
        finally:
            child.kill()
        return [*told, *(int(line) for line in child.stdout)][-1]
