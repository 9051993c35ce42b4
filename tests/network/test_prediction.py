"""The shipped network knows what is in the sample pictures."""

from collections import namedtuple

import pytest
import torch
from PIL import Image

from cnnviz.errors import NetworkError, SettingsError
from cnnviz.image import load_sample
from cnnviz.network import Network, load_network, logits, predict, predictions_from_logits


def test_chelsea_is_a_cat(lite0: Network) -> None:
    answers = predict(lite0, load_sample("chelsea"), k=3)
    assert {answer.label for answer in answers} == {"tiger cat", "Egyptian cat", "tabby"}


def test_coffee_is_espresso(lite0: Network) -> None:
    best = predict(lite0, load_sample("coffee"))[0]
    assert (best.label, best.index) == ("espresso", 967)
    assert best.probability > 0.5


def test_answers_come_most_probable_first_and_sum_to_one(lite0: Network) -> None:
    answers = predict(lite0, load_sample("coffee"), k=1000)
    probabilities = [answer.probability for answer in answers]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)
    assert [lite0.categories[answer.index] for answer in answers] == [answer.label for answer in answers]


def test_predicting_leaves_no_gradients(lite0: Network) -> None:
    predict(lite0, Image.new("RGB", (40, 40)))
    assert not any(parameter.requires_grad or parameter.grad is not None for parameter in lite0.module.parameters())


def test_more_answers_than_categories_gives_all() -> None:
    assert [p.label for p in predictions_from_logits(torch.tensor([0.0, 2.0]), ("a", "b"), k=5)] == ["b", "a"]


@pytest.mark.parametrize(("values", "k"), [(torch.zeros(3), 1), (torch.zeros(1, 2), 1), (torch.zeros(2), 0)])
def test_impossible_questions_are_refused(values: torch.Tensor, k: int) -> None:
    with pytest.raises(SettingsError):
        predictions_from_logits(values, ("a", "b"), k)


def test_the_answer_is_found_in_whatever_a_network_returns() -> None:
    answer, pair = torch.ones(1, 2), namedtuple("Outputs", "logits aux")
    for output in (answer, (answer, None), [answer], pair(answer, torch.zeros(1, 2)), {"out": answer}):
        assert logits(output) is answer
    with pytest.raises(SettingsError):
        logits("cat")


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(NetworkError, match="efficientnet_lite0"):
        load_network("efficientnet_light0")
