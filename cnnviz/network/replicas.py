"""How can two learners hook one network without meeting?

Hooks live on the tree of modules, memory lives in the parameters. A replica is a tree of its own over the same
parameters and buffers: hooks put on it are seen by nobody else, and it costs next to no memory and a few milliseconds.
"""

import copy
from collections import OrderedDict
from typing import Any

import torch
from torch import nn


def replica(module: nn.Module) -> nn.Module:
    """A tree of modules of its own that computes exactly what ``module`` computes, with the very same tensors.

    Hooks of the original are not carried over. A module that stands in the tree twice stays one. References to modules
    outside the tree's own registers (in lists, bound methods, partials) lead to the replica's modules too. For reading
    and running in eval mode only: what is written into a shared tensor is written for all.
    """
    memo: dict[int, Any] = {}
    twin = _twin(module, memo)
    _redirect(module, memo)
    return twin


def evaluating(module: nn.Module) -> nn.Module:
    """A replica in evaluation mode, set by hand: some networks do more in their own ``train`` and ``eval``."""
    twin = replica(module)
    for part in twin.modules():
        if part.training:
            part.training = False
    return twin


HOOKS = frozenset(name for name, value in vars(nn.Module()).items() if "hook" in name and isinstance(value, dict))
REGISTERS = frozenset(("_parameters", "_buffers", "_modules"))
PLAIN = (bool, int, float, complex, str, bytes, type, type(None), torch.dtype, torch.device, torch.Size)


def _twin(module: nn.Module, memo: dict[int, Any]) -> nn.Module:
    """Copy one module and those below it, sharing every tensor; ``memo`` maps id(original) to its copy."""
    if id(module) in memo:
        known: nn.Module = memo[id(module)]
        return known
    cls = type(module)
    twin = cls.__new__(cls)
    memo[id(module)] = twin
    own = vars(twin)
    own.update(vars(module))
    for name in HOOKS:
        if name in own:
            own[name] = OrderedDict()
    for name in ("_parameters", "_buffers"):
        own[name] = tensors = dict(own[name])
        for tensor in tensors.values():
            memo[id(tensor)] = tensor
    own["_modules"] = {name: child if child is None else _twin(child, memo) for name, child in own["_modules"].items()}
    return twin


def _redirect(module: nn.Module, memo: dict[int, Any]) -> None:
    """Give the replica its own of what modules keep outside torch's registers, pointing at the replica's modules.

    Where plain values do not settle it, that is deepcopy with every module and tensor already known.
    """
    for original in module.modules():
        own = vars(memo[id(original)])
        for name, value in vars(original).items():
            if isinstance(value, PLAIN) or name in HOOKS or name in REGISTERS:
                continue
            if type(value) in (list, set, tuple) and all(isinstance(entry, PLAIN) for entry in value):
                own[name] = copy.copy(value)
            else:
                own[name] = copy.deepcopy(value, memo)
