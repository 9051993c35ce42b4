"""Which maps change when a network forgets, stay when the picture hardly changes, and find what the answer rests on?"""

import threading
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from cnnviz.analysis import attribute, deletion_curve, insertion_curve, randomised_attributions, stability
from cnnviz.analysis.similarity import rank_correlation, structural_similarity
from cnnviz.analysis.trust import draw_anew, shift
from cnnviz.errors import Cancelled, SettingsError
from cnnviz.image import load_sample
from cnnviz.network import replica

PICTURE = torch.randn(1, 3, 20, 24, generator=torch.Generator().manual_seed(4))


def small_network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(6, 6, 3, padding=1), nn.BatchNorm2d(6),
        nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(24, 4),
    ).eval()  # fmt: skip


class RedCorner(nn.Module):
    """Certain of class 0 in proportion to the red of the top left 4 × 4 pixels."""

    def forward(self, x):
        amount = x[:, 0, :4, :4].mean((1, 2))
        return torch.stack([20 * amount - 10, torch.zeros_like(amount)], 1)


def test_guided_backprop_hardly_changes_when_lite0_forgets_and_grad_cam_does(lite0):
    """The known result (Adebayo et al. 2018): without its last layer, then without its upper half."""
    upper_half = ("bn2", "conv_head", "blocks.6", "blocks.5", "blocks.4")
    found = randomised_attributions(
        lite0,
        load_sample("chelsea"),
        None,
        ("guided_backprop", "grad_cam"),
        [("classifier",), upper_half],
    )
    assert found.target == 285  # Egyptian cat
    guided, cam = (found.trials[name] for name in ("guided_backprop", "grad_cam"))
    assert guided[0].rank > 0.95 and guided[0].ssim > 0.95
    assert cam[0].rank < 0.5 and cam[0].ssim < 0.5
    assert guided[1].rank > 0.7 and guided[1].ssim > 0.8
    assert cam[1].ssim < guided[1].ssim - 0.2


def test_network_of_the_zoo_keeps_its_own_black_while_it_forgets(lite0):
    small = replace(lite0, module=small_network())
    found = randomised_attributions(small, PICTURE, 1, ["occlusion"], 1, window=8, stride=8, baseline="black")
    assert found.originals["occlusion"].settings["baseline"] == "black" and len(found.trials["occlusion"]) == 1


def test_stages_go_from_the_answer_down_and_reach_every_layer_with_weights():
    module = small_network()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    found = randomised_attributions(module, PICTURE, 1, ["saliency", "occlusion"], 3, window=4, stride=4)
    assert found.stages == (("7",), ("3", "2"), ("0",)) or found.stages == (("7",), ("3",), ("2", "0"))
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert found.originals["occlusion"].settings["window"] == 4
    assert torch.equal(found.originals["saliency"].map, attribute(module, PICTURE, 1, "saliency").map)
    for trials in found.trials.values():
        assert len(trials) == 3 and all(trial.rank < 0.999 for trial in trials)


def test_last_stage_is_a_network_drawn_anew_throughout():
    module = small_network()
    (stage,) = randomised_attributions(module, PICTURE, 1, ["saliency"], [["7"]], seed=3).trials["saliency"]
    forgetting = replica(module)
    draw_anew(forgetting, ["7"], torch.Generator().manual_seed(3))
    assert torch.equal(stage.map, attribute(forgetting, PICTURE, 1, "saliency").map)
    assert not torch.equal(forgetting[7].weight, module[7].weight)
    assert forgetting[0].weight is module[0].weight


def test_new_weights_keep_mean_and_deviation():
    layer = nn.Linear(200, 300)
    nn.init.normal_(layer.weight, 0.3, 0.05)
    old = layer.weight
    draw_anew(layer, [""], torch.Generator().manual_seed(0))
    assert layer.weight is not old
    assert abs(float(layer.weight.mean()) - 0.3) < 0.001 and abs(float(layer.weight.std()) - 0.05) < 0.001
    assert abs(rank_correlation(layer.weight, old)) < 0.02


def test_one_class_against_another_is_asked_throughout():
    module = small_network()
    forgot = randomised_attributions(module, PICTURE, 1, ["saliency"], [["7"]], against=2, seed=3)
    assert torch.equal(forgot.originals["saliency"].map, attribute(module, PICTURE, 1, "saliency", against=2).map)
    forgetting = replica(module)
    draw_anew(forgetting, ["7"], torch.Generator().manual_seed(3))
    (stage,) = forgot.trials["saliency"]
    assert torch.equal(stage.map, attribute(forgetting, PICTURE, 1, "saliency", against=2).map)
    moved = stability(module, PICTURE, 1, "saliency", against=2, noise=(), shifts=((0, 2),))
    again = attribute(module, shift(PICTURE, 0, 2), 1, "saliency", against=2).map
    assert torch.equal(moved.shifts[0].map[:, :-2], again[:, 2:])
    assert moved.original.against == 2


@pytest.mark.parametrize("stages", [0, 9, [["nothing"]]])
def test_stages_that_do_not_fit_are_refused(stages):
    with pytest.raises(SettingsError, match=r"stages do not fit|no layer"):
        randomised_attributions(small_network(), PICTURE, 1, ["saliency"], stages)


def test_progress_of_trust_is_monotone_and_stops_at_once():
    told, event = [], threading.Event()
    randomised_attributions(small_network(), PICTURE, 1, ["saliency"], 2, progress=lambda *step: told.append(step))
    assert [step[:2] for step in told] == [(1, 3), (2, 3), (3, 3)]
    assert told[0][2] is None and told[1][2].method == "saliency"

    def stop(*step):
        told.append(step)
        event.set()

    told.clear()
    with pytest.raises(Cancelled):
        stability(small_network(), PICTURE, 1, "saliency", progress=stop, cancelled=event)
    assert len(told) == 1


def test_stability_without_noise_or_shift_is_perfect():
    found = stability(small_network(), PICTURE, 1, "saliency", noise=(0.0,), shifts=((0, 0),))
    for trial in (*found.noise, *found.shifts):
        assert trial.rank == pytest.approx(1) and trial.ssim == pytest.approx(1)


def test_more_noise_changes_more_and_shifted_maps_are_shifted_back():
    found = stability(small_network(), PICTURE, 1, "input_x_gradient", noise=(0.01, 0.3), shifts=((2, -3),))
    assert found.noise[0].rank > found.noise[1].rank
    again = attribute(small_network(), shift(PICTURE, 2, -3), 1, "input_x_gradient").map
    assert torch.equal(found.shifts[0].map[:-2, 3:], again[2:, :-3])
    assert not found.shifts[0].map[-2:].any() and not found.shifts[0].map[:, :3].any()


@given(st.integers(-5, 5), st.integers(-5, 5))
def test_shift_moves_down_and_right_and_repeats_the_edge(down, right):
    values = torch.arange(30.0).view(5, 6)
    moved = shift(values, down, right)
    for row in range(5):
        for column in range(6):
            expected = values[min(max(row - down, 0), 4), min(max(column - right, 0), 5)]
            assert moved[row, column] == expected


def test_shift_out_of_the_picture_is_refused():
    with pytest.raises(SettingsError, match="shift less"):
        stability(small_network(), PICTURE, 1, "saliency", shifts=((20, 0),))


def test_deletion_by_the_right_map_falls_at_once_and_by_the_wrong_one_at_the_end():
    picture, right = torch.ones(1, 3, 8, 8), torch.zeros(8, 8)
    right[:4, :4] = 1
    good, bad = (deletion_curve(RedCorner(), picture, 0, heat, steps=8) for heat in (right, -right))
    sure, unsure = torch.tensor([10.0, -10.0]).sigmoid().tolist()
    assert good.fractions == tuple(step / 8 for step in range(9))
    assert good.probabilities[0] == pytest.approx(sure) and good.probabilities[2:] == pytest.approx([unsure] * 7)
    assert bad.probabilities[:7] == pytest.approx([sure] * 7) and bad.probabilities[8] == pytest.approx(unsure)
    assert good.area < 0.3 < 0.7 < bad.area
    assert good.area == pytest.approx(
        sum((one + other) / 16 for one, other in zip(good.probabilities, good.probabilities[1:], strict=False))
    )


def test_insertion_on_the_same_baseline_is_deletion_backwards():
    module, heat = small_network(), attribute(small_network(), PICTURE, 2, "input_x_gradient").map
    inserted = insertion_curve(module, PICTURE, 2, heat, steps=10, baseline="zero")
    deleted = deletion_curve(module, PICTURE, 2, -heat, steps=10, baseline="zero")
    assert inserted.probabilities == pytest.approx(deleted.probabilities[::-1], rel=1e-5)
    assert inserted.area == pytest.approx(deleted.area, rel=1e-5)


def test_curve_is_that_of_a_loop():
    module, heat = small_network(), attribute(small_network(), PICTURE, 2, "saliency").map
    found = deletion_curve(module, PICTURE, 2, heat, steps=11)
    order = sorted(range(heat.numel()), key=lambda pixel: (-float(heat.flatten()[pixel]), pixel))
    for fraction, probability in zip(found.fractions, found.probabilities, strict=True):
        covered = PICTURE.clone().flatten(2)
        covered[:, :, order[: round(fraction * heat.numel())]] = 0
        with torch.no_grad():
            assert float(module(covered.view_as(PICTURE)).softmax(1)[0, 2]) == pytest.approx(probability, rel=1e-4)


@pytest.mark.parametrize(
    ("heat", "steps"), [(torch.zeros(3, 3), 5), (torch.zeros(20, 24), 0), (torch.zeros(20, 24), 481)]
)
def test_curve_that_does_not_fit_is_refused(heat, steps):
    with pytest.raises(SettingsError, match="fit"):
        deletion_curve(small_network(), PICTURE, 0, heat, steps=steps)


def test_rank_correlation_shares_ranks_among_equals():
    first = torch.tensor([[1.0, 2.0, 2.0, 5.0]])
    second = torch.tensor([[10.0, 20.0, 30.0, 40.0]])
    # Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / sqrt(4.5 · 5).
    assert rank_correlation(first, second) == pytest.approx(4.5 / (4.5 * 5) ** 0.5)
    assert rank_correlation(first, -second) == pytest.approx(-4.5 / (4.5 * 5) ** 0.5)
    assert (
        rank_correlation(torch.zeros(1, 4), second) == 0 and rank_correlation(torch.zeros(1, 4), torch.ones(1, 4)) == 1
    )


def test_structural_similarity_equals_a_loop_over_windows():
    torch.manual_seed(0)
    first, second = torch.rand(10, 9).double(), torch.rand(10, 9).double()
    a, b = first / first.max(), second / second.max()
    values = []
    for row in range(4):
        for column in range(3):
            x, y = (each[row : row + 7, column : column + 7].flatten() for each in (a, b))
            both = ((x - x.mean()) * (y - y.mean())).sum() / 48
            values.append(
                (2 * x.mean() * y.mean() + 1e-4) * (2 * both + 9e-4)
                / ((x.mean() ** 2 + y.mean() ** 2 + 1e-4) * (x.var() + y.var() + 9e-4))
            )  # fmt: skip
    assert structural_similarity(first, second) == pytest.approx(float(torch.stack(values).mean()))
    assert structural_similarity(first, first) == pytest.approx(1)


def test_maps_of_different_sizes_are_not_compared():
    with pytest.raises(SettingsError, match="give one size"):
        rank_correlation(torch.zeros(2, 3), torch.zeros(3, 2))
