"""Every function is torch's and every derivative autograd's, at the kinks too."""

import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from cnnviz.errors import SettingsError
from cnnviz.layer import ACTIVATIONS, named_activation

TORCH: dict[str, Callable[..., Tensor]] = {
    "relu": F.relu,
    "leaky_relu": lambda x, slope: F.leaky_relu(x, slope),
    "prelu": lambda x, slope: F.prelu(x, torch.tensor([slope], dtype=x.dtype)),
    "relu6": F.relu6,
    "elu": lambda x, alpha: F.elu(x, alpha),
    "selu": F.selu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": lambda x, beta: F.silu(beta * x) / beta,
    "hard_swish": F.hardswish,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "identity": lambda x: x * 1,
}
# Places where formulas like to go wrong: the kinks, large values, values near 0.
PLACES = [-1e3, -88.0, -6.0, -3.0, -1e-4, -0.0, 0.0, 1e-4, 3.0, 6.0, 88.0, 1e3]


def test_the_table_holds_what_is_compared_here() -> None:
    assert list(ACTIVATIONS) == list(TORCH)
    assert all(entry.name == name for name, entry in ACTIVATIONS.items())


@pytest.mark.parametrize("name", TORCH)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_function_and_derivative_are_torchs(name: str, data: st.DataObject) -> None:
    entry = ACTIVATIONS[name]
    chosen = {s.name: data.draw(st.floats(s.minimum, s.maximum), label=s.name) for s in entry.settings}
    drawn = data.draw(st.lists(st.floats(-50, 50), max_size=20))
    x = torch.tensor(PLACES + drawn, dtype=torch.float64, requires_grad=True)
    expected = TORCH[name](x, **chosen)
    expected.sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(entry(x, **chosen), expected, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(entry.slope(x.detach(), **chosen), x.grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", TORCH)
def test_shape_and_type_are_kept_and_the_input_is_not_written_to(name: str) -> None:
    entry = ACTIVATIONS[name]
    x = torch.linspace(-4, 4, 24).reshape(2, 3, 4)
    before = x.clone()
    for result in (entry(x), entry.slope(x)):
        assert result.shape == x.shape
        assert result.dtype == torch.float32
        result += 1
        assert torch.equal(x, before)


@pytest.mark.parametrize("name", TORCH)
def test_the_derivative_jumps_at_the_stated_kinks_and_nowhere_else(name: str) -> None:
    entry = ACTIVATIONS[name]
    places = torch.arange(-80, 81, dtype=torch.float64) / 8  # eighths hit every kink exactly
    tiny = 1e-7
    jumps = (entry.slope(places + tiny) - entry.slope(places - tiny)).abs() > 1e-3
    assert tuple(places[jumps].tolist()) == entry.kinks


@pytest.mark.parametrize("name", TORCH)
def test_the_name_in_torch_is_a_program_for_the_same_values(name: str) -> None:
    entry = ACTIVATIONS[name]
    x = torch.linspace(-4, 4, 33, dtype=torch.float64)
    program = "torch.nn.functional." + entry.torch_name.format(**entry.checked({}))
    torch.testing.assert_close(eval(program, {"torch": torch, "x": x}), entry(x))


def test_settings_and_names_that_cannot_be_are_refused() -> None:
    x = torch.zeros(1)
    with pytest.raises(SettingsError, match="Slope cannot be 2"):
        ACTIVATIONS["leaky_relu"](x, slope=2)
    with pytest.raises(SettingsError, match="ReLU has no setting 'slope': it has none"):
        ACTIVATIONS["relu"](x, slope=0.1)
    with pytest.raises(SettingsError, match="use alpha"):
        ACTIVATIONS["elu"].slope(x, beta=0.1)
    with pytest.raises(SettingsError, match="no activation function 'softplus'"):
        named_activation("softplus")


def test_the_table_needs_no_torch() -> None:
    program = "import sys; from cnnviz.layer import ACTIVATIONS; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
