"""Counts of weights are those of torch's own layers, and of a layer taken apart unit by unit."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.errors import SettingsError
from cnnviz.layer import unit_weights

SIZES = st.tuples(st.integers(1, 12), st.integers(1, 12))


@settings(max_examples=60, deadline=None)
@given(size=SIZES, channels=st.integers(1, 4), maps=st.integers(1, 5), units=st.integers(1, 30) | st.none())
def test_full_is_torchs_linear_layer(size: tuple[int, int], channels: int, maps: int, units: int | None) -> None:
    found = unit_weights(size, "full", channels, maps, 1, units=units)
    layer = nn.Linear(size[0] * size[1] * channels, units or maps * size[0] * size[1], device="meta")
    assert (found.weights, found.biases) == (layer.weight.numel(), layer.bias.numel())
    assert found.per_unit == layer.in_features
    assert found.units == layer.out_features


@settings(max_examples=60, deadline=None)
@given(size=SIZES, channels=st.integers(1, 4), maps=st.integers(1, 5), kernel=st.integers(1, 5), data=st.data())
def test_conv_is_torchs_and_local_has_one_such_set_for_each_unit(
    size: tuple[int, int], channels: int, maps: int, kernel: int, data: st.DataObject
) -> None:
    padding = data.draw(st.sampled_from(["same", kernel // 2, kernel]))
    layer = nn.Conv2d(channels, maps, kernel, padding=padding, device="meta")
    shape = layer(torch.empty(1, channels, *size, device="meta")).shape
    conv = unit_weights(size, "conv", channels, maps, kernel, padding)
    local = unit_weights(size, "local", channels, maps, kernel, padding)
    assert (conv.weights, conv.biases, conv.units) == (layer.weight.numel(), layer.bias.numel(), shape[1:].numel())
    assert conv.per_unit == layer.weight[0].numel()
    assert (local.weights, local.biases) == (shape[1:].numel() * conv.per_unit, shape[1:].numel())


def test_forty_thousand_hidden_units_on_200_by_200_are_1_6_billion_weights() -> None:
    found = unit_weights((200, 200), "full", units=40_000)
    assert found.weights == 1_600_000_000
    assert found.total == 1_600_040_000
    assert found.formula == "40,000 units × (200 × 200 × 1 weights)"


def test_the_formula_multiplies_out() -> None:
    for connection in ("full", "local", "conv"):
        found = unit_weights((30, 40), connection, 3, 8, 5)
        text = found.formula.replace(",", "").replace("×", "*").replace("weights", "")
        assert eval(text.replace("units", "").replace("maps", "")) == found.weights


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(SettingsError, match="no connection 'sparse'"):
        unit_weights(4, "sparse")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="at least 1"):
        unit_weights(4, "conv", maps=0)
    with pytest.raises(SettingsError, match="Only a fully connected"):
        unit_weights(4, "conv", units=5)
    with pytest.raises(SettingsError, match="spans 5 pixels"):
        unit_weights(4, "local", kernel=5, padding=0)
