"""How is a forward pass followed operation by operation? In a mode that torch asks at each, and that hooks tell where.

A mode stands below modules and functions, where torch itself dispatches. What it does with an operation is said in its
``__torch_dispatch__``; :mod:`cnnviz.network.operations` tells operations apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from cnnviz.errors import SettingsError
from cnnviz.network.recording import own_kind, refusal
from cnnviz.network.replicas import evaluating


class OperationMode(TorchDispatchMode):
    """Asked at each operation while it is entered."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Torch would guard each operation against its compiler, which is loaded for that and plays no part here."""
        return False


class LayerMode(OperationMode):
    """Told besides when a module begins and ends, by :meth:`_enter` and :meth:`_leave`.

    Args:
        watched: a replica, on which hooks are put; they stay.
    """

    def __init__(self, watched: nn.Module) -> None:
        super().__init__()
        self._calls: Counter[str] = Counter()
        for path, part in watched.named_modules():
            part.register_forward_pre_hook(partial(self._enter, path))
            part.register_forward_hook(self._leave)

    def _enter(self, path: str, module: nn.Module, inputs: Any) -> None:
        raise NotImplementedError

    def _leave(self, module: nn.Module, inputs: Any, output: Any) -> Any:
        """What it returns takes the place of the output; None leaves it."""
        raise NotImplementedError

    def _next_call(self, name: str) -> int:
        """How often this was called before, by a name for what is called."""
        call = self._calls[name]
        self._calls[name] = call + 1
        return call


class _Follows(Protocol):
    """A mode that knows where it is."""

    @property
    def where(self) -> str:
        """The path of the module that runs now."""

    def __enter__(self) -> Any: ...

    def __exit__(self, *what: Any) -> Any: ...


F = TypeVar("F", bound=_Follows)


def follow(
    mode: Callable[[nn.Module, Tensor], F], module: nn.Module, shape: tuple[int, ...], on_meta: bool
) -> tuple[F, Any]:
    """One pass of a replica in evaluation mode on zeros of this shape: the mode that followed it, and its output.

    ``mode`` makes one for a replica and its batch. Raises ValueError where a pass without values fails, and
    SettingsError where one with values does: the module cannot take such an input.
    """
    device, dtype = own_kind(module)
    watched = evaluating(module, on_meta)
    batch = torch.zeros(1, *shape, device="meta" if on_meta else device, dtype=dtype)
    following = mode(watched, batch)
    try:
        with torch.no_grad(), following:
            output = watched(batch)
    except (RuntimeError, TypeError, ValueError, LookupError, AssertionError) as error:
        if on_meta:
            raise ValueError("The pass needs values, or fails with them too.") from error
        raise SettingsError(refusal(module, following.where, shape, error)) from error
    return following, output


def shape_of_one(tensor: Tensor) -> tuple[int, ...]:
    """The shape without a batch axis of 1."""
    shape = tuple(tensor.shape)
    return shape[1:] if len(shape) > 1 and shape[0] == 1 else shape
