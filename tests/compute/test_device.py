"""Heavy work goes to the device that was asked for, with as many threads as there is room for."""

import threading
import time
from pathlib import Path

import pytest
import torch

from cnnviz.compute import at_work, describe, fixed_threads, heavy_at_once, one_thread, usable_cores
from cnnviz.compute import device as module
from cnnviz.compute.device import DeviceError, _cgroup_quota, device


def test_the_environment_names_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_DEVICE", " CPU ")
    assert device() == torch.device("cpu")
    assert describe().startswith("CPU, ")


@pytest.mark.parametrize("wanted", ["gpu", "cuda:99", "meta", "cpu,cuda"])
def test_a_device_that_is_not_there_is_refused(wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_DEVICE", wanted)
    with pytest.raises(DeviceError, match="CNNVIZ_DEVICE"):
        device()


def test_without_a_choice_an_accelerator_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CNNVIZ_DEVICE", raising=False)
    for cuda, mps, expected in ((True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda cuda=cuda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda mps=mps: mps)
        assert device().type == expected


def test_float32_stays_float32_on_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CNNVIZ_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    device()
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 4.0),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({}, None),
    ],
)
def test_a_control_groups_quota_is_read(files: dict[str, str], expected: float | None, tmp_path: Path) -> None:
    assert _cgroup_quota(write(tmp_path, files)) == expected


def test_a_quota_below_the_number_of_cores_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_cgroup_quota", lambda: 1.0)
    assert usable_cores() == 1
    monkeypatch.setattr(module, "_cgroup_quota", lambda: 0.1)
    assert usable_cores() == 1


@pytest.mark.parametrize(
    ("limit", "expected"), [(None, 3), ("1", 1), ("2,1", 2), ("8", 3), ("0", 3), ("-1", 3), ("many", 3)]
)
def test_whoever_comes_alone_gets_all_cores_that_the_environment_allows(
    limit: str | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "usable_cores", lambda: 3)
    monkeypatch.delenv(module.LIMIT, raising=False)
    if limit is not None:
        monkeypatch.setenv(module.LIMIT, limit)
    before = torch.get_num_threads()
    with at_work() as threads:
        assert threads == torch.get_num_threads() == expected
    assert torch.get_num_threads() == before


def test_work_within_work_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "usable_cores", lambda: 1)
    with at_work() as outer, at_work() as inner:
        assert outer == inner == 1


def test_many_get_one_thread_each_and_no_more_run_than_there_are_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "usable_cores", lambda: 2)
    lock, running, most, given = threading.Lock(), 0, 0, []
    everybody = threading.Barrier(8)

    def compute() -> None:
        nonlocal running, most
        everybody.wait()
        with at_work() as threads:
            with lock:
                running += 1
                most = max(most, running)
                given.append((threads, torch.get_num_threads()))
            time.sleep(0.02)
            with lock:
                running -= 1

    learners = [threading.Thread(target=compute) for _ in range(8)]
    for learner in learners:
        learner.start()
    for learner in learners:
        learner.join()
    assert most == 2
    assert all(threads == own for threads, own in given)
    assert [threads for threads, _ in given].count(1) >= 6


def test_work_that_fails_leaves_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "usable_cores", lambda: 1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), at_work():
            raise ZeroDivisionError
    with at_work() as threads:
        assert threads == 1


def test_one_threads_number_of_threads_is_not_anothers() -> None:
    before = torch.get_num_threads()
    other = threading.Thread(target=torch.set_num_threads, args=(before + 1,))
    other.start()
    other.join()
    assert torch.get_num_threads() == before


def test_small_operations_get_one_thread_and_leave_the_number_as_it_was() -> None:
    before = torch.get_num_threads()

    @one_thread()
    def threads() -> int:
        return torch.get_num_threads()

    assert (threads(), torch.get_num_threads()) == (1, before)
    with at_work() as given:
        assert (threads(), torch.get_num_threads()) == (1, given)
    with pytest.raises(ZeroDivisionError), one_thread():
        1 / 0  # noqa: B018
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(("kind", "expected"), [("cuda", 3), ("mps", 1), ("cpu", 5)])
def test_heavy_jobs_go_one_a_gpu_or_one_a_core(monkeypatch: pytest.MonkeyPatch, kind: str, expected: int) -> None:
    monkeypatch.setattr(module, "device", lambda: torch.device(kind))
    monkeypatch.setattr(module, "usable_cores", lambda: 5)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    assert heavy_at_once() == expected


def test_work_that_is_to_be_repeated_keeps_its_number_of_threads_also_inside_at_work() -> None:
    before = torch.get_num_threads()
    with fixed_threads(3):
        assert torch.get_num_threads() == 3
        with at_work() as threads:
            assert threads == torch.get_num_threads() == 3
        assert torch.get_num_threads() == 3
    assert torch.get_num_threads() == before
    with at_work() as threads:
        assert threads == torch.get_num_threads()
