"""The gradient's way down a stack is autograd's, and says of the functions what the papers say."""

import pytest
import torch

from cnnviz.errors import SettingsError
from cnnviz.layer import ACTIVATIONS, INITIALISATIONS, gradient_flow
from cnnviz.layer.gradients import stack


@pytest.mark.parametrize("initialisation", INITIALISATIONS)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_norms_are_those_of_autograd(name: str, initialisation: str) -> None:
    flow = gradient_flow(name, 5, initialisation, seed=3, width=16, batch=8)
    weights, x, gradient = stack(5, 16, 8, initialisation, 3)
    inputs = [x.requires_grad_()]
    for matrix in weights:
        inputs.append(ACTIVATIONS[name].function(inputs[-1] @ matrix.T, **ACTIVATIONS[name].checked({})))
        inputs[-1].retain_grad()
    inputs[-1].backward(gradient)
    expected = [float(layer.grad.norm() / gradient.norm()) for layer in inputs[:-1] if layer.grad is not None]
    assert flow.gradients == pytest.approx(expected, rel=1e-9)
    assert flow.activations == pytest.approx([float(a.detach().square().mean().sqrt()) for a in inputs[1:]], rel=1e-12)


def test_one_layer_of_the_identity_passes_the_gradient_through_the_weights_alone() -> None:
    (matrix,), _, gradient = stack(1, 8, 4, "glorot", 0)
    flow = gradient_flow("identity", 1, "glorot", 0, width=8, batch=4)
    assert flow.through == pytest.approx(float((gradient @ matrix).norm() / gradient.norm()))
    assert flow.slopes == (1.0,)


def test_he_weights_keep_the_gradient_of_relu_and_lose_that_of_sigmoid() -> None:
    assert 0.3 < gradient_flow("relu").through < 3
    sigmoid = gradient_flow("sigmoid")
    assert sigmoid.through < (0.25 * 2) ** 20  # derivative at most 1/4, weights stretch by at most about √2 on average
    assert max(sigmoid.slopes) <= 0.25


def test_the_settings_reach_the_function() -> None:
    assert gradient_flow("leaky_relu", settings={"slope": 0.5}).through > gradient_flow("leaky_relu").through
    assert gradient_flow("leaky_relu", settings={"slope": 0.0}).gradients == gradient_flow("relu").gradients


def test_a_seed_is_a_draw_and_the_same_seed_is_the_same_draw() -> None:
    assert gradient_flow("tanh", seed=1) == gradient_flow("tanh", seed=1)
    assert gradient_flow("tanh", seed=1) != gradient_flow("tanh", seed=2)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least 1"):
        gradient_flow("relu", depth=0)
    with pytest.raises(SettingsError, match="no initialisation 'zeros'"):
        gradient_flow("relu", initialisation="zeros")
    with pytest.raises(SettingsError, match="no activation function"):
        gradient_flow("nothing")
    assert torch.is_tensor(stack(1, 2, 2, "he", 0)[1])
