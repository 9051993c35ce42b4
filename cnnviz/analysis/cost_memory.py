"""How many bytes does a network keep for its backward pass?

Nothing is modelled: torch's autograd says itself what it keeps, in a pass in training mode with tensors that have
shapes and no values.
"""

from __future__ import annotations

import copy
from functools import partial

import torch
from torch import Tensor, nn

from cnnviz.network import evaluating
from cnnviz.network.recording import own_kind, without_values_if_possible

BATCH = 2
"""Batch normalization in training refuses a single value for a channel."""


def kept_for_backward(module: nn.Module, shape: tuple[int, ...]) -> int:
    """Bytes for one input of ``shape`` (without the batch axis) when all parameters are trained.

    Each piece of memory counts once, however many operations keep it; parameters and buffers are not in it.
    """
    return without_values_if_possible(partial(_kept, module, shape))


def _kept(module: nn.Module, shape: tuple[int, ...], on_meta: bool) -> int:
    device, dtype = own_kind(module)
    # With values, the pass would write the running statistics of buffers that others read.
    trained = evaluating(module, on_meta=True) if on_meta else copy.deepcopy(module)
    for part in trained.modules():
        part.training = True
    for parameter in trained.parameters():
        parameter.requires_grad_(parameter.is_floating_point())
    stored = {tensor.untyped_storage()._cdata for tensor in (*trained.parameters(), *trained.buffers())}
    kept: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in stored:
            kept[storage._cdata] = storage  # held, so that its address is given to no other
        return tensor

    batch = torch.zeros(BATCH, *shape, device="meta" if on_meta else device, dtype=dtype)
    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        output = trained(batch)
    del output
    return sum(storage.nbytes() for storage in kept.values()) // BATCH
