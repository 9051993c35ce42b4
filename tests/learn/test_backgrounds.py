"""A stamp stands before the background it is put before; who learned it before one alone is fooled by another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.ui.lesson import lesson_text
from app.ui.transfer_backgrounds import sentence, swap_csv
from cnnviz.learn import Example, class_means, load_dataset, picture_features
from cnnviz.learn.backgrounds import (
    ASKED,
    GROUNDS,
    LEARNED,
    SIDE,
    BackgroundSwap,
    _everywhere,
    _pictures,
    asked_pictures,
    before,
    finished,
    recorded_backgrounds,
    swap_backgrounds,
)
from cnnviz.network import load_network
from tests.learn.networks import small_network


def test_a_stamp_covers_the_background_where_it_is_and_nowhere_else() -> None:
    deer = next(one for one in load_dataset("stamps").examples if one.name == "deer")
    seen = [np.asarray(before(deer, ground)).astype(int) for ground in GROUNDS.values()]
    assert isinstance(deer.source, Path)
    with Image.open(deer.source) as file:
        cover = np.asarray(file.convert("RGBA").resize((SIDE, SIDE), Image.Resampling.BICUBIC))[..., 3]
    apart = np.abs(seen[0] - seen[1]).max(axis=2)
    assert (apart[cover == 255] == 0).all() and 0.1 < (cover == 255).mean() < 0.9
    assert (apart[cover == 0] > 0).mean() > 0.9


def test_nothing_asked_about_is_learned_and_each_class_meets_every_background_as_often() -> None:
    learned = _pictures(0, LEARNED)
    assert not {one.digest for one in learned} & {one.digest for one in asked_pictures()}
    assert len(asked_pictures()) == ASKED * len(GROUNDS)
    met = [(one.label, ground) for one, ground in _everywhere(learned, False)]
    assert {met.count((label, ground)) for label in range(4) for ground in range(4)} == {LEARNED // 4}


def test_the_shares_are_those_of_a_loop_over_the_answers() -> None:
    said = np.random.default_rng(0).integers(1, 5, (3, 3, 3))
    found = BackgroundSwap(("a", "b", "c"), said, said[::-1])
    others = [(one, ground) for one in range(3) for ground in range(3) if one != ground]
    shares = {(c, g): said[c, g] / said[c, g].sum() for c in range(3) for g in range(3)}
    assert found.at_home() == pytest.approx(np.mean([shares[c, c][c] for c in range(3)]))
    assert found.swapped() == pytest.approx(np.mean([shares[c, g][c] for c, g in others]))
    assert found.fooled() == pytest.approx(np.mean([shares[c, g][g] for c, g in others]))


def test_every_object_is_asked_about_before_every_background() -> None:
    steps = swap_backgrounds(small_network())
    done, total = next(steps)
    assert done == 0 and total == len(GROUNDS) * (2 * LEARNED + 4 * ASKED)
    found = finished(steps)
    assert (found.own_ground.sum(axis=2) == ASKED).all() and (found.all_grounds.sum(axis=2) == ASKED).all()


def test_what_is_recorded_is_what_the_network_says() -> None:
    """Of each class one picture before its own background and before that of the class after it."""
    recorded, classes, network = recorded_backgrounds(), tuple(GROUNDS), load_network("efficientnet_lite0")
    learned = [Example(before(one, GROUNDS[classes[one.label]]), one.label) for one in _pictures(0, LEARNED)]
    means = class_means(picture_features(network, learned), [one.label for one in learned], classes)
    for label, one in enumerate(asked_pictures()[::ASKED]):
        for ground in (label, (label + 1) % 4):
            picture = Example(before(one, GROUNDS[classes[ground]]), label)
            said = means.ask(picture_features(network, [picture])[0]).nearest
            assert recorded.own_ground[label, ground, classes.index(said)] > 0


def test_the_table_holds_every_answer_once() -> None:
    lines = swap_csv(recorded_backgrounds()).splitlines()
    assert lines[0] == "learned before,class,background of,said,pictures"
    assert len(lines) == 1 + 2 * 4**3 and sum(int(line.rsplit(",", 1)[1]) for line in lines[1:]) == 2 * 16 * ASKED
    assert "35 % are then taken for" in sentence(recorded_backgrounds(), False)


def test_the_lesson_tells_what_is_recorded() -> None:
    found, lesson = recorded_backgrounds(), " ".join(lesson_text("transfer_learning").split())
    assert f"{100 * found.at_home():.0f} % of other pictures are recognised there" in lesson
    assert f"and {100 * found.swapped():.0f} % before the backgrounds of the other classes" in lesson
    assert f"it is {100 * found.at_home(True):.0f} % and {100 * found.swapped(True):.0f} %" in lesson
