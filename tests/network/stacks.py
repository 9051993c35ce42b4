"""Stacks that hypothesis makes up: any layers, with settings that are possible for what arrives."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from cnnviz.network.specs import KINDS, LayerSetting, LayerSpec, settings_of
from cnnviz.network.specs_sizes import Shape, output_shape, possible

MOST = 8  # of every count, so that a stack stays small
LARGEST = 20_000  # values of a layer


def specs(kind: type[LayerSpec]) -> st.SearchStrategy[LayerSpec]:
    """One layer of a kind, with any small settings; not all of them are possible everywhere."""
    return st.builds(kind, **{setting.name: _values(kind, setting) for setting in settings_of(kind)})


@st.composite
def stacks(draw: st.DrawFn) -> tuple[tuple[LayerSpec, ...], tuple[int, int, int]]:
    """Up to seven layers that are possible one after another, and the shape of the first one's input."""
    start = (draw(st.sampled_from((1, 3, 4, 8))), draw(st.integers(5, 14)), draw(st.integers(5, 14)))
    shape: Shape = start
    chosen = []
    for kind in draw(st.lists(st.sampled_from(list(KINDS.values())), max_size=7)):
        spec = draw(specs(kind))
        if possible(spec, shape) and _values_of(output_shape(spec, shape)) < LARGEST:
            chosen.append(spec)
            shape = output_shape(spec, shape)
    return tuple(chosen), start


def _values_of(shape: Shape) -> int:
    product = 1
    for length in shape:
        product *= length
    return product


def _values(kind: type[LayerSpec], setting: LayerSetting) -> st.SearchStrategy[Any]:
    low, high = int(setting.low), int(min(setting.high, MOST))
    numbers = st.integers(low, min(high, 4))
    match setting.kind:
        case "flag":
            return st.booleans()
        case "choice":
            return st.sampled_from(setting.options)
        case "real":
            return st.floats(max(setting.low, 1e-6), min(setting.high, 2))
        case "padding":
            return st.just("same") | st.tuples(numbers, numbers)
        case "pair":
            return st.tuples(numbers, numbers) | numbers.map(lambda one: (one, one))
    return st.sampled_from([4, 8]) if kind.code == "rn" and setting.name == "out_channels" else st.integers(low, high)
