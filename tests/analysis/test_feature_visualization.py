"""A picture made for a goal holds more of it, the same one for the same seed, and leaves the network as it was."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from cnnviz.analysis import Goal, Recipe, Visualisation, finished, forming, visualise
from cnnviz.analysis.feature_canvas import Canvas, Shaking, colour_axes, wave_scale
from cnnviz.analysis.feature_goals import asking
from cnnviz.analysis.feature_visualization import similarity
from cnnviz.errors import Cancelled, LayerError, SettingsError
from cnnviz.network import Network, load_network

LAYER, CHANNEL = "blocks.2.0.bn3.drop", 9
SHORT = Recipe(steps=6, size=48)
STILL = {"jitter": 0, "rotation": 0.0, "scale": 0.0}


@pytest.fixture(scope="module")
def made(lite0: Network) -> Visualisation:
    return visualise(lite0, LAYER, CHANNEL, recipe=SHORT)


class Stripes(nn.Module):
    """One convolution that answers to upright stripes, then a ReLU that writes over its input."""

    def __init__(self, bias: float = 0.0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)
        self.relu = nn.ReLU(inplace=True)
        with torch.no_grad():
            edge = torch.tensor([-1.0, 2.0, -1.0]).expand(3, 3, 3)
            self.conv.weight.copy_(torch.stack([edge, edge.transpose(1, 2)]))
            self.conv.bias.fill_(bias)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.relu(self.conv(pictures))


def test_the_value_grows_and_is_what_the_network_says_of_the_picture(lite0: Network, made: Visualisation) -> None:
    assert made.value[0] > made.start_value[0] + 10
    picture = torch.from_numpy(made.pictures).permute(0, 3, 1, 2) / 255
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (lite0.preprocess.mean, lite0.preprocess.std))
    kept: list[torch.Tensor] = []
    module = load_network("efficientnet_lite0").module
    module.get_submodule(LAYER).register_forward_hook(lambda part, inputs, output: kept.append(output))
    module((picture - mean) / std)
    assert made.value[0] == pytest.approx(kept[0][0, CHANNEL].mean().item(), rel=1e-4)


def test_a_seed_gives_the_same_picture_another_seed_another(lite0: Network, made: Visualisation) -> None:
    again = visualise(lite0, LAYER, CHANNEL, recipe=SHORT)
    np.testing.assert_array_equal(again.pictures, made.pictures)
    np.testing.assert_array_equal(again.objective, made.objective)
    other = visualise(lite0, LAYER, CHANNEL, recipe=Recipe(steps=6, size=48, seed=1))
    assert (other.start != made.start).any() and (other.pictures != made.pictures).mean() > 0.5


def test_the_number_of_torchs_threads_changes_nothing(lite0: Network, made: Visualisation) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2 if before == 1 else 1)
    try:
        again = visualise(lite0, LAYER, CHANNEL, recipe=SHORT)
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(again.pictures, made.pictures)


def test_the_network_is_neither_changed_nor_hooked_nor_given_gradients(lite0: Network) -> None:
    before = {name: tensor.clone() for name, tensor in lite0.module.state_dict().items()}
    visualise(lite0, LAYER, CHANNEL, recipe=SHORT)
    for name, tensor in lite0.module.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    assert all(parameter.grad is None for parameter in lite0.module.parameters())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in lite0.module.modules())
    assert not any(part.training for part in lite0.module.modules())


def test_a_plain_module_in_training_stays_in_training_and_keeps_its_parameters() -> None:
    module = Stripes().train()
    weight = module.conv.weight.detach().clone()
    visualise(module, "conv", 0, recipe=Recipe(steps=3, size=16))
    assert module.training and module.relu.inplace
    assert module.conv.weight.grad is None and torch.equal(module.conv.weight, weight)


def test_stripes_appear_for_a_channel_that_looks_for_them() -> None:
    recipe = Recipe(steps=40, size=32, base="pixels", decorrelated=False, **STILL)
    for channel, along in ((0, 1), (1, 0)):
        grey = visualise(Stripes(), "relu", channel, recipe=recipe).pictures[0].astype(float).mean(2)
        assert np.abs(np.diff(grey, axis=along)).mean() > 5 * np.abs(np.diff(grey, axis=1 - along)).mean()


def test_a_unit_that_is_silent_behind_a_relu_is_woken() -> None:
    asleep = Stripes(bias=-1.0)
    recipe = Recipe(steps=60, size=32, **STILL)
    made = visualise(asleep, "relu", 0, recipe=recipe)
    assert made.start_value[0] == made.objective[0, 0] == 0
    assert made.value[0] > 0.1


def test_one_unit_alone_changes_only_what_it_sees() -> None:
    recipe = Recipe(steps=20, size=32, base="pixels", decorrelated=False, **STILL)
    made = visualise(Stripes(), "conv", 0, unit=(10, 20), recipe=recipe)
    rows, columns = np.nonzero((made.pictures[0] != made.start[0]).any(2))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (10, 12, 20, 22)
    middle = visualise(Stripes(), "conv", 0, unit="centre", recipe=recipe)
    rows, columns = np.nonzero((middle.pictures[0] != middle.start[0]).any(2))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (15, 17, 15, 17)


def test_a_direction_is_the_mean_of_its_channels_along_it(lite0: Network) -> None:
    channels = 40
    direction = tuple(float(channel in (3, 9)) * 5 for channel in range(channels))
    ask = asking(lite0, Goal(LAYER, direction=direction), 48)
    pictures = torch.rand(2, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    answer = ask(pictures)
    assert answer.maps is not None
    expected = (answer.maps[:, 3] + answer.maps[:, 9]).mean((1, 2)) / math.sqrt(2)
    torch.testing.assert_close(answer.values, expected)


def test_a_class_is_its_logit(lite0: Network) -> None:
    made = visualise(lite0, target=285, recipe=SHORT)
    picture = torch.from_numpy(made.pictures).permute(0, 3, 1, 2) / 255
    logit = lite0.module((picture - 0.5) / 0.5)[0, 285].item()
    assert made.value[0] == pytest.approx(logit, rel=1e-4)
    assert made.value[0] > made.start_value[0]


def test_diversity_makes_pictures_differ(lite0: Network) -> None:
    alike, different = (
        visualise(lite0, LAYER, CHANNEL, recipe=Recipe(steps=16, size=48, count=3, diversity=diversity)).similarity
        for diversity in (0.0, 2.0)
    )
    assert alike is not None and different is not None
    assert different < 0.7 * alike


def test_similarity_is_one_for_the_same_maps_and_none_for_channels_apart() -> None:
    maps = torch.rand(1, 4, 3, 3)
    assert similarity(maps.repeat(3, 1, 1, 1)).item() == pytest.approx(1, abs=1e-5)
    apart = torch.zeros(2, 4, 3, 3)
    apart[0, 0], apart[1, 1] = 1, 1
    assert similarity(apart).item() == 0


def test_a_network_of_one_size_gets_the_picture_enlarged() -> None:
    made = visualise(load_network("vit_b_32", "none"), "encoder.layers.encoder_layer_0.ln_2", 5, recipe=Recipe(2, 64))
    assert made.pictures.shape == (1, 64, 64, 3)
    assert np.isfinite(made.value).all()


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "densenet121", "squeezenet1_0"])
def test_in_place_activations_and_modules_used_again_are_no_obstacle(name: str) -> None:
    network = load_network(name, "none")
    layers = {"resnet18": "layer1.0.relu", "googlenet": "inception3a.branch1.bn", "densenet121": "features.norm0",
              "squeezenet1_0": "features.3.expand3x3_activation"}  # fmt: skip
    made = visualise(network, layers[name], 1, recipe=Recipe(steps=3, size=64))
    assert made.value[0] != made.start_value[0]


def test_the_film_has_one_snapshot_a_step_and_ends_with_what_visualise_gives(
    lite0: Network, made: Visualisation
) -> None:
    snapshots = list(forming(lite0, Goal(LAYER, CHANNEL), SHORT))
    assert [snapshot.step for snapshot in snapshots] == list(range(7))
    np.testing.assert_array_equal(snapshots[0].pictures, made.start)
    np.testing.assert_array_equal(snapshots[-1].pictures, made.pictures)
    curve = np.stack([snapshot.objective for snapshot in snapshots])
    np.testing.assert_array_equal(curve, made.objective)
    same = finished(lite0, Goal(LAYER, CHANNEL), SHORT, snapshots[0].pictures, snapshots[-1].pictures, curve)
    assert same.value == made.value


def test_unmoved_pictures_have_the_curve_they_have_as_they_are(lite0: Network) -> None:
    made = visualise(lite0, LAYER, CHANNEL, recipe=Recipe(steps=4, size=48, **STILL))
    assert made.objective[-1] == pytest.approx(made.value, rel=0.02)  # to the rounding of pixels to 8 bits
    assert made.objective[0] == pytest.approx(made.start_value, rel=0.05)


def test_progress_tells_each_step_and_a_wish_to_stop_is_met_before_the_next(lite0: Network) -> None:
    stop, told = threading.Event(), []

    def progress(done: int, total: int, snapshot: object) -> None:
        told.append((done, total))
        if done == 2:
            stop.set()

    with pytest.raises(Cancelled):
        visualise(lite0, LAYER, CHANNEL, recipe=SHORT, progress=progress, cancelled=stop)
    assert told == [(0, 6), (1, 6), (2, 6)]


@given(side=st.integers(16, 33), count=st.integers(1, 3), base=st.sampled_from(["fourier", "pixels"]))
def test_the_canvas_holds_pictures_between_black_and_white(side: int, count: int, base: str) -> None:
    canvas = Canvas(Recipe(size=side, count=count, base=base), torch.device("cpu"))  # type: ignore[arg-type]
    pictures = canvas.pictures()
    assert pictures.shape == (count, 3, side, side)
    assert pictures.min() > 0 and pictures.max() < 1
    pictures.sum().backward()
    assert canvas.parameters.grad is not None and canvas.parameters.grad.isfinite().all()


def test_slow_waves_weigh_as_much_more_as_they_are_slower() -> None:
    scale = wave_scale(32)
    assert scale.shape == (32, 17)
    assert (scale[0, 1] / scale[0, 4]).item() == pytest.approx(4)
    assert scale[0, 0] == scale[0, 1] == scale[1, 0] == scale[-1, 0] == 32 * 32
    assert colour_axes().norm(dim=0).max().item() == pytest.approx(1)


@given(jitter=st.integers(0, 8), seed=st.integers(0, 50))
def test_moving_alone_shifts_by_whole_pixels(jitter: int, seed: int) -> None:
    recipe = Recipe(size=24, seed=seed, jitter=jitter, rotation=0.0, scale=0.0)
    picture = torch.rand(1, 3, 24, 24, generator=torch.Generator().manual_seed(seed))
    moved = Shaking(recipe)(picture)
    inner = picture[:, :, 8:16, 8:16]
    found = [
        (down, right)
        for down in range(-jitter, jitter + 1)
        for right in range(-jitter, jitter + 1)
        if torch.allclose(moved[:, :, 8 + down : 16 + down, 8 + right : 16 + right], inner, atol=1e-4)
    ]
    assert len(found) == 1


def test_turning_and_scaling_leave_a_picture_of_one_colour_alone() -> None:
    plain = torch.full((3, 3, 20, 20), 0.3)
    torch.testing.assert_close(Shaking(Recipe(size=20))(plain), plain)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"layer": "conv_stem"}, "one of channel"), ({"layer": "x", "channel": 1, "target": 2}, "channel and target"),
     ({"channel": 1}, "needs a layer"), ({"layer": "x", "target": 1}, "needs a layer"),
     ({"target": 1, "unit": "centre"}, "unit needs"), ({"target": 1000}, "no class 1000")],
)  # fmt: skip
def test_a_goal_that_contradicts_itself_is_refused(lite0: Network, wrong: dict, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        visualise(lite0, recipe=SHORT, **wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"layer": "nowhere", "channel": 1}, "no layer"), ({"layer": LAYER, "channel": 40}, "40 channels"),
     ({"layer": LAYER, "channel": 0, "unit": (99, 0)}, "no unit"),
     ({"layer": LAYER, "direction": (1.0,)}, "direction of 1")],
)  # fmt: skip
def test_what_the_network_does_not_have_is_refused(lite0: Network, wrong: dict, said: str) -> None:
    with pytest.raises(LayerError, match=said):
        visualise(lite0, recipe=SHORT, **wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"steps": 0}, {"size": 8}, {"size": 2000}, {"rate": 0.0}, {"base": "clay"}, {"diversity": 1.0}, {"jitter": 99},
     {"count": 0}, {"seed": -1}, {"scale": 0.9}],
)  # fmt: skip
def test_a_recipe_that_makes_no_picture_is_refused(wrong: dict) -> None:
    with pytest.raises(SettingsError):
        Recipe(**wrong)


def test_diversity_has_no_maps_to_compare_for_a_class(lite0: Network) -> None:
    with pytest.raises(SettingsError, match="Diversity"):
        visualise(lite0, target=1, recipe=Recipe(count=2, diversity=1.0))
