"""A run outlives the program, is reached by its links alone, and goes for newer ones only when nobody needs it."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from cnnviz.compute import JobDesk, Lane, Run, RunError, Runs, Task
from cnnviz.compute.runs import _IN_USE
from cnnviz.errors import Cancelled, SettingsError
from cnnviz.paths import home


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs")


def begun(runs: Runs) -> Run:
    return runs.create({"rate": 0.1}, seed=3, threads=2)


def steps(run: Run) -> list[float]:
    return [metric.values["step"] for metric in run.metrics()]


def again(runs: Runs, run: Run) -> Run:
    """The same run as another program sees it, by the owner's link."""
    assert run.owner_link is not None
    return Runs(runs.folder).open(run.owner_link)


def test_what_a_run_was_begun_with_is_found_again(runs: Runs) -> None:
    run = runs.create({"rate": 0.1, "arms": ["frozen", "all"]}, seed=7, threads=2)
    facts = again(runs, run).facts
    assert facts == run.facts
    assert (facts.settings, facts.seed, facts.threads) == ({"rate": 0.1, "arms": ["frozen", "all"]}, 7, 2)
    assert {"python", "torch", "numpy", "cnnviz"} <= set(facts.versions)
    assert (run.state, run.metrics(), run.checkpoints(), run.error) == ("new", (), (), "")


def test_settings_that_cannot_be_kept_are_refused_in_words(runs: Runs) -> None:
    with pytest.raises(SettingsError, match="numbers, texts"):
        runs.create({"model": object()}, seed=0, threads=1)


def test_the_owners_link_steers_and_the_view_link_only_shows(runs: Runs) -> None:
    run = begun(runs)
    seen = runs.open(run.view_link)
    assert (seen.id, seen.view_link, seen.owner_link) == (run.id, run.view_link, None)
    for steer in (seen.pin, seen.delete, lambda: seen.writing().__enter__()):
        with pytest.raises(RunError, match="only shows the run"):
            steer()
    assert again(runs, run).view_link == run.view_link


def test_links_cannot_be_guessed_nor_found_on_the_disk(runs: Runs) -> None:
    one, other = begun(runs), begun(runs)
    links = {one.owner_link, one.view_link, other.owner_link, other.view_link}
    assert len(links) == 4 and all(link is not None and len(link) == 32 for link in links)
    with one.writing() as writer:
        writer.log(step=0)
        writer.save("last", b"weights")
    on_disk = list(runs.folder.rglob("*"))
    told = b"".join(str(path).encode() + (path.read_bytes() if path.is_file() else b"") for path in on_disk)
    assert not any(str(link).encode() in told for link in links)


@pytest.mark.parametrize("link", ["", "x", "../runs", "/", "a" * 5000, "\udcff\x00"])
def test_a_link_to_nothing_is_answered_in_words(runs: Runs, link: str) -> None:
    run = begun(runs)
    with pytest.raises(RunError, match="no run under this link"):
        runs.open(link)
    with pytest.raises(RunError, match="no run under this link"):
        runs.open(run.id)


def test_metrics_are_seen_as_they_come(runs: Runs) -> None:
    run = begun(runs)
    seen = runs.open(run.view_link)
    with run.writing() as writer:
        for step in range(3):
            writer.log(step=step, loss=math.nan if step == 1 else 0.5)
            assert steps(seen) == list(range(step + 1))
            assert seen.state == "running"
    assert seen.state == "done"
    one, two = seen.metrics(after=1)
    assert (one.number, two.number) == (1, 2)
    assert math.isnan(one.values["loss"]) and two.values["loss"] == 0.5
    assert 0 <= one.seconds <= two.seconds


def test_what_is_no_number_is_no_metric(runs: Runs) -> None:
    run = begun(runs)
    with pytest.raises(SettingsError, match="numbers by name"), run.writing() as writer:
        writer.log(step=0)
        writer.log(step="one")  # type: ignore[arg-type]
    assert steps(run) == [0]
    assert run.state == "failed" and "numbers by name" in run.error


def test_every_cut_through_the_metrics_leaves_the_lines_before_it(runs: Runs) -> None:
    run = begun(runs)
    with run.writing() as writer:
        for step in range(4):
            writer.log(step=step)
    path = runs.folder / run.id / "metrics.jsonl"
    whole = path.read_bytes()
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(0, len(whole) + 1, 3):
        path.write_bytes(whole[:cut])
        left = sum(end <= cut for end in ends)
        assert steps(run) == list(range(left))
        with run.writing() as writer:
            assert writer.count == left
            writer.log(step=left)
        assert steps(run) == list(range(left + 1))


def test_zeros_that_a_power_cut_left_end_the_metrics(runs: Runs) -> None:
    run = begun(runs)
    with run.writing() as writer:
        writer.log(step=0)
    path = runs.folder / run.id / "metrics.jsonl"
    path.write_bytes(path.read_bytes() + bytes(20) + b"\n[1.0,{}]\n")
    assert steps(run) == [0]


def test_a_checkpoint_takes_the_place_of_the_one_of_its_name(runs: Runs) -> None:
    run = begun(runs)
    with run.writing() as writer:
        writer.save("best", b"0")
        for step in range(3):
            writer.log(step=step)
            writer.save("last", b"weights %d" % step)
        writer.save("last", b"weights 2, better")
    assert [(one.name, one.metrics) for one in run.checkpoints()] == [("best", 0), ("last", 3)]
    assert (run.load("best"), run.load("last")) == (b"0", b"weights 2, better")
    with pytest.raises(RunError, match="there is best, last"):
        run.load("first")


@pytest.mark.parametrize("name", ["", "../up", "a/b", "Last", "a.b", "-x", "x" * 61])
def test_a_name_that_is_no_checkpoints_is_refused(runs: Runs, name: str) -> None:
    run = begun(runs)
    with pytest.raises(SettingsError, match="cannot name a checkpoint"), run.writing() as writer:
        writer.save(name, b"")


def test_who_goes_on_from_a_checkpoint_takes_back_what_came_after(runs: Runs) -> None:
    run = begun(runs)
    with pytest.raises(ZeroDivisionError), run.writing() as writer:
        for step in range(5):
            writer.log(step=step)
            if step in (1, 3):
                writer.save(f"at_{step}", b"%d" % step)
        raise ZeroDivisionError
    back = again(runs, run)
    with back.writing("at_1") as writer:
        assert writer.count == 2
        assert back.load("at_1") == b"1"
        writer.log(step=20)
    assert steps(back) == [0, 1, 20]
    assert [one.name for one in back.checkpoints()] == ["at_1"]
    assert back.metrics()[2].seconds >= back.metrics()[1].seconds
    with pytest.raises(RunError, match="no checkpoint 'at_3'"), back.writing("at_3"):
        pass
    assert steps(back) == [0, 1, 20] and back.state == "done"


def test_killed_while_it_goes_back_no_checkpoint_is_left_without_its_metrics(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(handle: int, length: int) -> None:
        raise KeyboardInterrupt

    run = begun(runs)
    with run.writing() as writer:
        for step in range(3):
            writer.log(step=step)
            writer.save(f"at_{step}", b"%d" % step)
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(os, "ftruncate", killed)
        run.writing("at_0").__enter__()
    assert [one.name for one in run.checkpoints()] == ["at_0"]
    with run.writing("at_0") as writer:
        assert writer.count == 1
    assert steps(run) == [0]


def test_how_it_ended_is_known_to_all_who_look(runs: Runs) -> None:
    run = begun(runs)
    for error, state in ((Cancelled("as asked"), "stopped"), (RunError("No room; make some."), "failed")):
        with pytest.raises(type(error)), run.writing():
            raise error
        assert runs.open(run.view_link).state == state
    assert run.error == "No room; make some."
    with run.writing():
        pass
    assert (run.state, run.error) == ("done", "")


def test_one_at_a_time_works_on_a_run(runs: Runs) -> None:
    run = begun(runs)
    with run.writing() as writer:
        with pytest.raises(RunError, match="at work already"), again(runs, run).writing():
            pass
        writer.log(step=0)
    assert (steps(run), run.state) == ([0], "done")


def test_a_stopped_job_leaves_its_run_to_be_continued(runs: Runs) -> None:
    run = begun(runs)
    desk = JobDesk({"train": Lane(grace=math.inf)})

    def train(task: Task[None]) -> None:
        with run.writing("last" if run.checkpoints() else None) as writer:
            for step in range(writer.count, 6):
                if step == 3 and not stopped:
                    stopped.append(step)
                    desk.stop(("run", run.id))
                task.tell(step, 6)
                writer.log(step=step)
                writer.save("last", b"%d" % step)

    stopped: list[int] = []
    assert desk.watch(("run", run.id), "anna", train, "train").wait(60)
    assert (run.state, steps(run)) == ("stopped", [0, 1, 2])
    assert desk.watch(("run", run.id), "anna", train, "train").wait(60)
    assert (run.state, steps(run), run.load("last")) == ("done", [0, 1, 2, 3, 4, 5], b"5")


def of_size(runs: Runs, size: int, age: int) -> Run:
    """A finished run with a checkpoint of this size, last used so many seconds ago."""
    run = begun(runs)
    with run.writing() as writer:
        writer.save("last", bytes(size))
    run.close()
    os.utime(runs.folder / run.id / _IN_USE, (10**9 - age, 10**9 - age))
    return run


def there(runs: Runs, *asked: Run) -> list[bool]:
    return [(runs.folder / run.id).exists() for run in asked]


def test_the_longest_unused_go_first_but_none_that_is_pinned_open_or_at_work(tmp_path: Path) -> None:
    runs = Runs(tmp_path, most_bytes=80_000)
    pinned, opened, at_work, old, young = (of_size(runs, 15_000, 90 - age) for age in range(5))
    again(runs, pinned).pin()
    with again(runs, opened), again(runs, at_work).writing():
        for one in (opened, at_work):
            os.utime(runs.folder / one.id / _IN_USE, (1, 1))
        new = of_size(runs, 15_000, 0)
        assert there(runs, pinned, opened, at_work, old, young, new) == [True, True, True, False, True, True]
        with pytest.raises(RunError, match="no run under this link"):
            runs.open(str(old.owner_link))
        assert runs.nbytes <= 80_000
        with pytest.raises(RunError, match="pinned or in use"):
            of_size(runs, 60_000, 0)
        assert there(runs, pinned, opened, at_work, young, new) == [True] * 5, "none goes for nothing"
    again(runs, pinned).pin(False)
    of_size(runs, 60_000, 0)
    assert runs.nbytes <= 80_000


def test_metrics_too_are_bounded(tmp_path: Path) -> None:
    runs = Runs(tmp_path, most_bytes=200_000)
    other = of_size(runs, 60_000, 50)
    with begun(runs) as run, pytest.raises(RunError, match="pinned or in use"), run.writing() as writer:
        while writer.count < 100_000:
            writer.log(**{f"a_rather_long_name_for_a_number_{number}": number for number in range(50)})
    assert there(runs, other, run) == [False, True]
    assert runs.nbytes <= 200_000
    assert len(run.metrics()) == writer.count > 0


def test_the_owner_deletes_a_run_once_nobody_has_it_open(runs: Runs) -> None:
    run = begun(runs)
    seen = runs.open(run.view_link)
    with pytest.raises(RunError, match="looked at elsewhere"):
        run.delete()
    seen.close()
    again(runs, run).delete()
    assert there(runs, run) == [False]
    with pytest.raises(RunError, match="no run under this link"), run.writing():
        pass


def test_what_a_killed_deletion_left_goes_with_the_next_run(runs: Runs) -> None:
    begun(runs)
    left = runs.folder / ".gone-0123"
    left.mkdir()
    (left / "metrics.jsonl").write_bytes(bytes(10))
    begun(runs)
    assert not left.exists()


def test_a_full_disk_is_told_in_words_and_breaks_no_line(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    run, write = begun(runs), os.write
    with pytest.raises(RunError, match="make room on the disk"), run.writing() as writer:
        writer.log(step=0)
        monkeypatch.setattr(os, "write", lambda handle, line: write(handle, line[:5]))
        try:
            writer.log(step=1)
        finally:
            monkeypatch.undo()
    assert steps(run) == [0]
    assert (runs.folder / run.id / "metrics.jsonl").read_bytes().count(b"\n") == 1


def test_a_checkpoint_that_cannot_be_written_leaves_the_former(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(part: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    run = begun(runs)
    with run.writing() as writer:
        writer.save("last", b"former")
        with monkeypatch.context() as broken, pytest.raises(RunError, match="No space left"):
            broken.setattr(Path, "replace", full)
            writer.save("last", b"newer")
    assert run.load("last") == b"former"
    assert not list((runs.folder / run.id).rglob("*.part"))


def test_a_folder_that_cannot_be_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RunError, match="cannot be kept"):
        begun(Runs(tmp_path / "file" / "runs"))


def test_runs_lie_where_the_environment_says_or_in_the_users_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path / "mine"))
    assert Runs().folder == tmp_path / "mine" / "runs"
    monkeypatch.setenv("CNNVIZ_HOME", "~/pictures")
    assert home() == Path.home() / "pictures"
    monkeypatch.delenv("CNNVIZ_HOME")
    assert home().name == "cnnviz" and home().is_absolute() and Path.home() in home().parents
