"""Are pictures like those a network was first taught on? It is asked how sure it is of its own classes.

The mean of its highest probability is the baseline of Hendrycks and Gimpel, "A Baseline for Detecting Misclassified and
Out-of-Distribution Examples in Neural Networks" (2017): on pictures of another sort a network is less sure.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnviz.errors import NetworkError
from cnnviz.learn.parts import find_parts
from cnnviz.network import Network


def sureness(network: Network, features: Tensor) -> float:
    """The mean, over pictures, of the highest probability that the network's own head gives: 1/classes..1.

    Args:
        network: with its published weights.
        features: what it says of the pictures before its head, (pictures, features).

    Raises:
        NetworkError: the head is no linear layer, or there is no picture.
    """
    head = network.module.get_submodule(find_parts(network).head)
    if not isinstance(head, nn.Linear):
        raise NetworkError(f"The head of {network.name} is no linear layer; choose a network that ends with one.")
    if len(features) == 0:
        raise NetworkError("How sure a network is shows on pictures; give at least one.")
    with torch.no_grad():
        return float(head(features.to(network.device)).softmax(1).amax(1).mean())
