"""How can two learners hook one network without meeting?

Hooks live on the tree of modules, memory lives in the parameters. A replica is a tree of its own over the same
parameters and buffers: hooks put on it are seen by nobody else, and it costs next to no memory and a few milliseconds.
"""

import copy
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


def replica(module: nn.Module) -> nn.Module:
    """A tree of modules of its own that computes exactly what ``module`` computes, with the very same tensors.

    Hooks of the original are not carried over. A module that stands in the tree twice stays one. References to modules
    outside the tree's own registers (in lists, bound methods, partials) lead to the replica's modules too. For reading
    and running in eval mode only: what is written into a shared tensor is written for all.
    """
    return _twins(module)[0]


def evaluating(module: nn.Module, on_meta: bool = False) -> nn.Module:
    """A replica in evaluation mode, set by hand: some networks do more in their own ``train`` and ``eval``.

    ``on_meta`` gives it tensors of its own that have shapes and no values, in place of the original's parameters and
    buffers: a pass through it tells sizes and computes nothing.
    """
    twins = _twins(module, without_values if on_meta else None)
    for part in twins:
        if part.training:
            part.training = False
    return twins[0]


def without_values(tensor: Tensor) -> Tensor:
    """A tensor on the meta device like another; by its shape, where that says all, since that is much quicker."""
    if tensor.is_contiguous():
        return torch.empty(tensor.shape, dtype=tensor.dtype, device="meta")
    return torch.empty_like(tensor, device="meta")


HOOKS = frozenset(name for name, value in vars(nn.Module()).items() if "hook" in name and isinstance(value, dict))
REGISTERS = frozenset(("_parameters", "_buffers", "_modules"))
OWN = HOOKS | REGISTERS
PLAIN = (bool, int, float, complex, str, bytes, type, type(None), torch.dtype, torch.device, torch.Size)
PLAIN_TYPES = frozenset(PLAIN)


def _twins(module: nn.Module, tensor_of: Callable[[Tensor], Tensor] | None = None) -> list[nn.Module]:
    """The replica and all modules below it; its tensors are shared, or are what ``tensor_of`` gives for each."""
    memo: dict[int, Any] = {}
    pairs: list[tuple[nn.Module, nn.Module]] = []
    _twin(module, memo, pairs, tensor_of)
    _redirect(pairs, memo)
    return [twin for _, twin in pairs]


def _twin(
    module: nn.Module,
    memo: dict[int, Any],
    pairs: list[tuple[nn.Module, nn.Module]],
    tensor_of: Callable[[Tensor], Tensor] | None,
) -> nn.Module:
    """Copy one module and those below it; ``memo`` maps the id of a module or tensor to what stands for it."""
    if id(module) in memo:
        known: nn.Module = memo[id(module)]
        return known
    cls = type(module)
    twin = cls.__new__(cls)
    memo[id(module)] = twin
    pairs.append((module, twin))
    own = vars(twin)
    own.update(vars(module))
    for name in HOOKS:
        if name in own:
            own[name] = OrderedDict()
    for name in ("_parameters", "_buffers"):
        own[name] = tensors = dict(own[name])
        for key, tensor in tensors.items():
            if id(tensor) not in memo:
                memo[id(tensor)] = tensor if tensor is None or tensor_of is None else tensor_of(tensor)
            tensors[key] = memo[id(tensor)]
    own["_modules"] = {
        name: child if child is None else _twin(child, memo, pairs, tensor_of)
        for name, child in own["_modules"].items()
    }
    return twin


def _redirect(pairs: list[tuple[nn.Module, nn.Module]], memo: dict[int, Any]) -> None:
    """Give each replica its own of what modules keep outside torch's registers, pointing at the replica's modules.

    Where plain values do not settle it, that is deepcopy with every module and tensor already known.
    """
    for original, twin in pairs:
        own = vars(twin)
        for name, value in vars(original).items():
            kind = type(value)
            if kind in PLAIN_TYPES or name in OWN or isinstance(value, PLAIN):
                continue
            if kind in (list, set, tuple) and PLAIN_TYPES.issuperset(map(type, value)):
                own[name] = value if kind is tuple else copy.copy(value)
            else:
                own[name] = copy.deepcopy(value, memo)
