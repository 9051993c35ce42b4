"""How is a forward pass watched without touching the module that others are using?

The pass runs on a replica: a module tree of its own over the same parameters. Hooks live and die with the replica, so
the original never carries one, whatever happens in the pass, and two learners never meet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torchvision.models.swin_transformer import ShiftedWindowAttention

from cnnviz.network.replicas import evaluating

T = TypeVar("T")

ATTENTION: dict[type[nn.Module], tuple[str, ...]] = {
    nn.MultiheadAttention: ("out_proj",),
    ShiftedWindowAttention: ("qkv", "proj"),
}
"""Modules that count as a leaf although they have children, with those children that are only a store of weights:
their parameters go into a functional call, they themselves are never called."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A module whose calls are recorded: its path, itself on the replica, and whether it is a part of attention."""

    path: str
    module: nn.Module
    in_attention: bool


Visit = Callable[[Leaf, int, Tensor], None]
"""Called with (leaf, call, output) after call number ``call`` of a leaf; the output still has its batch axis."""


def watched_forward(module: nn.Module, batch: Tensor, visit: Visit, on_meta: bool = False) -> Tensor:
    """The output of ``module`` for ``batch``, with ``visit`` called after each call of each leaf, in execution order.

    Runs in evaluation mode and without gradients. ``on_meta`` runs it with parameters that have shapes and no values.
    Of a tuple, list or dict, here and at each leaf, the first tensor counts; a leaf that gives none is passed over.
    """
    watched = evaluating(module)
    calls: Counter[str] = Counter()
    attention: tuple[str, ...] = ()
    # Hooks go with the pass: through them the replica would hold what the visitor keeps, in a circle that only the
    # garbage collector ends.
    with ExitStack() as hooks:
        for path, part in watched.named_modules():
            if is_leaf(part):
                leaf = Leaf(path, part, in_attention=path.startswith(attention))
                hooks.enter_context(part.register_forward_hook(partial(_report, leaf, calls, visit)))
                attention += (f"{path}.",) if part._modules else ()
        with torch.no_grad():
            output = forward_on_meta(watched, batch) if on_meta else watched(batch)
    first = first_tensor(output)
    if first is None:
        raise TypeError(f"{type(module).__name__} returned no tensor.")
    return first


def is_leaf(module: nn.Module) -> bool:
    """Whether a call of this module is recorded: it has no children, or it is attention."""
    return not module._modules or isinstance(module, tuple(ATTENTION))


def first_tensor(output: Any) -> Tensor | None:
    """The first tensor in a module's output, depth first, or None."""
    if isinstance(output, Tensor):
        return output
    if isinstance(output, dict):
        output = output.values()
    elif not isinstance(output, tuple | list):
        return None
    return next((found for item in output if (found := first_tensor(item)) is not None), None)


def _report(leaf: Leaf, calls: Counter[str], visit: Visit, module: nn.Module, inputs: Any, output: Any) -> None:
    tensor = first_tensor(output)
    if tensor is not None:
        call = calls[leaf.path]
        calls[leaf.path] = call + 1
        visit(leaf, call, tensor)


def without_values_if_possible(run: Callable[[bool], T]) -> T:
    """What ``run(on_meta)`` returns: on the meta device, or with real values for a network that cannot do without."""
    try:
        return run(True)
    except (RuntimeError, TypeError, ValueError):  # what operations say that need values or know no meta device
        return run(False)


def forward_on_meta(watched: nn.Module, batch: Tensor) -> Any:
    """What ``watched`` returns for a batch, with parameters that have shapes and no values, like the batch itself."""
    return torch.func.functional_call(watched, meta_tensors(watched), (batch.to("meta"),))


def meta_tensors(module: nn.Module) -> dict[str, Tensor]:
    """The parameters and buffers of a module by path, as tensors on the meta device."""
    named = [*module.named_parameters(), *module.named_buffers()]
    return {name: torch.empty_like(tensor, device="meta") for name, tensor in named}


def own_kind(module: nn.Module) -> tuple[torch.device, torch.dtype]:
    """The device and the floating type of the module's parameters; cpu and float32 where it has none."""
    for parameter in module.parameters():
        if parameter.is_floating_point():
            return parameter.device, parameter.dtype
    return torch.device("cpu"), torch.float32


def refusal(module: nn.Module, path: str, shape: tuple[int, ...], error: Exception) -> str:
    """Why a module cannot take an input of this shape: which of its parts, at ``path``, refuses it, and its words."""
    kind = type(module.get_submodule(path)).__name__
    why = str(error).strip().partition("\n")[0].rstrip(".")
    return f"An input of shape {shape} does not go through: {kind} at {path or 'the top'!r} says: {why}."
