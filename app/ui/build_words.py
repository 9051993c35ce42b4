"""How is a layer of the builder said in words? Its name and the settings that matter, in a few characters."""

from __future__ import annotations

from typing import Any

from cnnviz.network.specs import Activation, LayerSpec, settings_of
from cnnviz.network.specs_sizes import Shape, value_words

_FIRST = ("kernel", "size", "out_channels", "out_features", "reduction", "layers", "growth", "p", "slope", "groups")
"""Settings that are said even where they are the default, in this order."""
_PLAIN = {"kernel": "{}", "size": "{}", "out_channels": "to {}", "out_features": "to {}", "p": "{}", "slope": "{}"}
_FUNCTIONS = {
    "relu": "ReLU", "relu6": "ReLU6", "gelu": "GELU", "silu": "SiLU", "elu": "ELU", "prelu": "PReLU",
    "sigmoid": "Sigmoid", "tanh": "Tanh", "softplus": "Softplus", "hardswish": "Hardswish", "mish": "Mish",
    "softmax": "Softmax",
}  # fmt: skip


def layer_title(spec: LayerSpec) -> str:
    """The layer's kind; of an activation its function."""
    return _FUNCTIONS[spec.function] if isinstance(spec, Activation) else spec.title


def layer_settings(spec: LayerSpec) -> str:
    """The settings of a layer: 5 × 5, to 16, stride 2."""
    if isinstance(spec, Activation):
        return ""
    settings = {one.name: one for one in settings_of(type(spec))}
    first = [name for name in _FIRST if name in settings and not (name == "groups" and spec.code in "ct")]
    said = [_words(settings[name].title, name, getattr(spec, name)) for name in first]
    rest = [name for name in settings if name not in first and getattr(spec, name) != settings[name].default]
    return ", ".join(said + [_words(settings[name].title, name, getattr(spec, name)) for name in rest])


def layer_words(spec: LayerSpec) -> str:
    """Name and settings."""
    return " ".join(filter(None, (layer_title(spec), layer_settings(spec))))


def shape_words(shape: Shape | None) -> str:
    """A shape on the screen: 16 × 14 × 14, or 400 for a list."""
    return "" if shape is None else " × ".join(f"{length:,}" for length in shape)


def _words(title: str, name: str, value: Any) -> str:
    if name in _PLAIN and not isinstance(value, bool):
        if name == "kernel" and isinstance(value, int):
            value = (value, value)
        return _PLAIN[name].format(value_words(value))
    if value is True:
        return title.lower()
    if value is False:
        return f"no {title.lower()}" if name == "bias" else f"{title.lower()} off"
    if isinstance(value, tuple) and value[0] == value[1]:
        value = value[0]
    return f"{title.lower() if title[1:2] != ' ' else title} {value_words(value)}"
