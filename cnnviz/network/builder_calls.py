"""How is each layer of a stack written in torch, and which layer does a call in torch mean?

One table, read in both directions: :func:`call_of` writes a spec as the call that makes its module, :func:`spec_of`
reads such a call back. What a call says of the input (``in_channels``) follows from the layers before it.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Any

from torch import nn

from cnnviz.errors import SettingsError
from cnnviz.network import specs as s
from cnnviz.network.builder_blocks import BLOCKS
from cnnviz.network.specs import LayerSetting, LayerSpec, settings_of
from cnnviz.network.specs_sizes import Shape


@dataclass(frozen=True)
class Call:
    """The call of a class: `name` as a program writes it, positional and named arguments, all of them literals."""

    name: str
    args: tuple[Any, ...] = ()
    kwargs: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        words = [repr(value) for value in self.args] + [f"{name}={value!r}" for name, value in self.kwargs]
        return f"{self.name}({', '.join(words)})"


@dataclass(frozen=True)
class Form:
    """One class and the spec it stands for.

    `fields` are the spec's settings by the class's own names; `fixed` what the class itself says of the spec; `takes`
    the argument that tells what arrives; `given` arguments that must have this value; `unheard` arguments that change
    nothing here; `axes` the axes of an input that it is for, or None for any.
    """

    name: str
    spec: type[LayerSpec]
    fields: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    takes: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    unheard: tuple[str, ...] = ()
    axes: int | None = None


_WINDOW = {"kernel_size": "kernel", "stride": "stride", "padding": "padding"}
_CONVOLVE = {"out_channels": "out_channels", **_WINDOW, "dilation": "dilation", "groups": "groups", "bias": "bias"}
_BATCH = {"eps": "eps", "momentum": "momentum", "affine": "affine"}
_FUNCTIONS = {
    "relu": "ReLU", "relu6": "ReLU6", "gelu": "GELU", "silu": "SiLU", "elu": "ELU", "prelu": "PReLU",
    "sigmoid": "Sigmoid", "tanh": "Tanh", "softplus": "Softplus", "hardswish": "Hardswish", "mish": "Mish",
}  # fmt: skip
_ACTIVATIONS = tuple(
    Form(f"nn.{name}", s.Activation, fixed={"function": function}, unheard=("inplace",))
    for function, name in _FUNCTIONS.items()
)
FORMS: tuple[Form, ...] = (
    Form("nn.Conv2d", s.Convolution, {**_CONVOLVE, "padding_mode": "padding_mode"}, takes="in_channels"),
    Form("nn.ConvTranspose2d", s.TransposedConvolution, {**_CONVOLVE, "output_padding": "output_padding"},
         takes="in_channels"),
    Form("nn.MaxPool2d", s.MaxPooling, {**_WINDOW, "dilation": "dilation", "ceil_mode": "round_up"}),
    Form("nn.AvgPool2d", s.AveragePooling,
         {**_WINDOW, "ceil_mode": "round_up", "count_include_pad": "count_padding"}),
    Form("nn.AdaptiveAvgPool2d", s.GlobalAveragePooling, given={"output_size": 1}),
    Form("nn.AdaptiveAvgPool2d", s.AdaptivePooling, {"output_size": "size"}, {"take": "average"}),
    Form("nn.AdaptiveMaxPool2d", s.AdaptivePooling, {"output_size": "size"}, {"take": "max"}),
    *_ACTIVATIONS,
    Form("nn.Softmax", s.Activation, fixed={"function": "softmax"}, given={"dim": 1}),
    Form("nn.LeakyReLU", s.LeakyReLU, {"negative_slope": "slope"}, unheard=("inplace",)),
    Form("nn.BatchNorm2d", s.BatchNormalization, _BATCH, takes="num_features", axes=3),
    Form("nn.BatchNorm1d", s.BatchNormalization, _BATCH, takes="num_features", axes=1),
    Form("nn.GroupNorm", s.GroupNormalization, {"num_groups": "groups", "eps": "eps", "affine": "affine"},
         takes="num_channels"),
    Form("nn.LayerNorm", s.LayerNormalization, {"eps": "eps", "elementwise_affine": "affine"},
         takes="normalized_shape"),
    Form("nn.InstanceNorm2d", s.InstanceNormalization, {"eps": "eps", "affine": "affine"}, takes="num_features"),
    Form("nn.LocalResponseNorm", s.LocalResponseNormalization,
         {"size": "size", "alpha": "alpha", "beta": "beta", "k": "k"}),
    Form("nn.Dropout", s.Dropout, {"p": "p"}, {"whole_maps": False}, unheard=("inplace",)),
    Form("nn.Dropout2d", s.Dropout, {"p": "p"}, {"whole_maps": True}, unheard=("inplace",)),
    Form("nn.Flatten", s.Flatten),
    Form("nn.Linear", s.Linear, {"out_features": "out_features", "bias": "bias"}, takes="in_features"),
    *(
        Form(kind.__name__, kind, {one.name: one.name for one in settings_of(kind)},
             takes="channels" if kind is s.SqueezeExcite else "in_channels")
        for kind in s.KINDS.values() if kind.group == "Blocks"
    ),
)  # fmt: skip
NAMES = tuple(dict.fromkeys(form.name for form in FORMS))
"""Every class that a stack can be written with."""


def call_of(spec: LayerSpec, shape: Shape) -> Call:
    """The call that makes the module of a layer at which `shape` arrives."""
    form = next(form for form in FORMS if _is_for(form, spec, shape))
    args: list[Any] = []
    kwargs: list[tuple[str, Any]] = []
    for name, parameter in _parameters(form.name).items():
        if name == form.takes:
            value: Any = tuple(shape) if name == "normalized_shape" else shape[0]
        elif name in form.given:
            value = form.given[name]
        elif name in form.fields:
            value = _written(form, spec, name)
            if parameter.default is not parameter.empty and value == _absent(form, spec, name):
                continue
        else:
            continue
        if parameter.default is parameter.empty:
            args.append(value)
        else:
            kwargs.append((name, value))
    return Call(form.name, tuple(args), tuple(kwargs))


def spec_of(call: Call) -> tuple[LayerSpec, Any]:
    """The layer that a call means, and what the call says arrives (None if nothing); SettingsError if it means none."""
    named = [form for form in FORMS if form.name == call.name]
    if not named:
        raise SettingsError(f"{call.name[:40]} is no layer of the builder; {nearest(call.name)}.")
    given = _bound(call)
    form = next((form for form in named if all(given.get(n, v) == v for n, v in form.given.items())), named[-1])
    for name, value in given.items():
        _heard(form, name, value)
    values = dict(form.fixed)
    for name, setting in form.fields.items():
        if name in given and not (name == "stride" and given[name] is None):
            values[setting] = _read(form, setting, given[name])
    if form.spec in (s.MaxPooling, s.AveragePooling) and "stride" not in values:
        values["stride"] = values["kernel"]
    return form.spec(**values), given.get(form.takes) if form.takes else None


def nearest(name: str) -> str:
    """Which layers of the builder are called most like ``name``, in words."""
    return f"of those that it knows {', '.join(get_close_matches(name, NAMES, 3, 0.0))} are called most like it"


def _is_for(form: Form, spec: LayerSpec, shape: Shape) -> bool:
    return (
        form.spec is type(spec)
        and all(getattr(spec, name) == value for name, value in form.fixed.items())
        and form.axes in (None, len(shape))
    )


@cache
def _parameters(name: str) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(module_class(name)).parameters)


def module_class(name: str) -> type[nn.Module]:
    """The class that a program calls by this name."""
    found: type[nn.Module] = getattr(nn, name.removeprefix("nn.")) if name.startswith("nn.") else BLOCKS[name]
    return found


def _written(form: Form, spec: LayerSpec, name: str) -> Any:
    """A setting as a program writes it: one number for a pair of equals, except where one number means more."""
    value = getattr(spec, form.fields[name])
    if isinstance(value, tuple) and value[0] == value[1] and form.spec is not s.AdaptivePooling:
        return value[0]
    return value


def _absent(form: Form, spec: LayerSpec, name: str) -> Any:
    """What the class takes where the argument is left out."""
    if name == "stride" and form.spec in (s.MaxPooling, s.AveragePooling):
        return _written(form, spec, "kernel_size")
    return _parameters(form.name)[name].default


def _bound(call: Call) -> dict[str, Any]:
    """The arguments of a call by their names."""
    signature = inspect.Signature(list(_parameters(call.name).values()))
    try:
        return signature.bind(*call.args, **dict(call.kwargs)).arguments
    except TypeError as error:
        raise SettingsError(f"{call.name} cannot be called so: {error}; it takes {signature}.") from None


def _heard(form: Form, name: str, value: Any) -> None:
    """Refuse an argument that the builder has no setting for, unless it changes nothing."""
    if name in form.fields or name == form.takes or name in form.unheard:
        return
    wanted = form.given[name] if name in form.given else _parameters(form.name)[name].default
    if value != wanted or type(value) is not type(wanted):
        raise SettingsError(
            f"{form.name}: the builder knows {name} as {wanted!r} only, not as {value!r}; leave it out."
        )


def _read(form: Form, setting: str, value: Any) -> Any:
    """A program's literal as the spec has it."""
    about: LayerSetting = next(one for one in settings_of(form.spec) if one.name == setting)
    if about.kind == "padding" and value == "valid":
        return (0, 0)
    if about.kind in ("pair", "padding") and isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    if about.kind in ("pair", "padding") and isinstance(value, list):
        return tuple(value)
    if about.kind == "real" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value
