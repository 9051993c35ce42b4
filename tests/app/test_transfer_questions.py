"""What the questions of the page Transfer learning say is what is measured, and they lead to where it can be seen."""

from __future__ import annotations

from copy import deepcopy

import torch

from app.ui.lesson import Question, questions
from app.ui.linked import widget_key
from app.ui.transfer_asked import asked_of, means_of, recorded_of, title_of, without
from app.ui.transfer_data import find_data
from app.ui.transfer_run_bench import VIEW
from app.ui.transfer_run_form import _box
from app.ui.transfer_state import OPENING
from cnnviz.learn import load_dataset, recorded_features
from cnnviz.learn.backgrounds import recorded_backgrounds
from cnnviz.learn.parts import find_parts, without_head
from cnnviz.network import load_network
from tests.app.pages import chosen

STAMPS = load_dataset("stamps")
DEER = OPENING["stamps"]


def asking(words: str) -> Question:
    """The one question whose prompt has these words."""
    (found,) = [one for one in questions("transfer_learning") if words in one.prompt]
    return found


def test_how_far_the_page_of_text_is_from_every_stamp_is_told() -> None:
    data = find_data("stamps")
    assert data is not None
    answer = means_of(data, recorded_of(data)).ask(recorded_features().samples["text"], reasons=1)
    assert answer.class_name is None
    words = f"the nearest stamp is {answer.reasons[0].distance:.3g} away, and up to {answer.limit:.3g} counts as near"
    assert words in asking("page of text").why


def test_how_far_a_batch_moves_the_features_of_a_picture_is_told() -> None:
    network = load_network("efficientnet_lite0")
    body = without_head(deepcopy(network.module), find_parts(network).head)

    def features(numbers: list[int]) -> torch.Tensor:
        pictures = torch.stack([network.preprocess(STAMPS.examples[number].picture()) for number in numbers])
        with torch.no_grad():
            return torch.nn.functional.normalize(body.train()(pictures).flatten(1), dim=1)

    def others(name: str) -> list[int]:
        label = STAMPS.classes.index(name)
        return [number for number, one in enumerate(STAMPS.labels) if one == label and number != DEER][:7]

    first, second = (features([DEER, *others(name)])[0] for name in ("mammal", "flower"))
    why = asking("All weights of the network are frozen").why
    assert f"lies {(first - second).norm():.3g} from itself" in why
    data = find_data("stamps")
    assert data is not None
    known, deer = without(recorded_of(data), asked_of(chosen(), data, DEER))
    assert deer is not None
    (nearest,) = means_of(data, known).ask(deer, reasons=1).reasons
    assert title_of(STAMPS.examples[known.numbers[nearest.picture]]) == "wapiti"
    assert f"From the wapiti it is {nearest.distance:.3g} away" in why


def test_how_many_are_recognised_before_swapped_backgrounds_is_told() -> None:
    measured, question = recorded_backgrounds(), asking("Now the backgrounds are swapped")
    said = f"measured, {100 * measured.at_home():.0f} % are recognised there, and {100 * measured.swapped():.0f} %"
    assert said in question.why and question.options[question.answer].startswith("About half")


def test_what_stands_below_the_first_answer_is_scrolled_to() -> None:
    for question in questions("transfer_learning"):
        below = any(key.startswith("tr_") for key in question.setup)
        assert question.at in ((widget_key(VIEW), _box("random_features")) if below else ("",))
