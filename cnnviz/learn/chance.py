"""How does chance inside a network, such as dropout, come out the same again, whatever other threads do?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode


class OwnChance(TorchFunctionMode):
    """Inside it dropout, and whatever else drops by ``bernoulli_``, draws from a generator of its own seed.

    torch's own generator belongs to the whole process: two jobs at once would take each other's numbers.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._generator = torch.Generator().manual_seed(seed)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is functional.dropout:
            return self._dropout(*args, **kwargs)
        if func is Tensor.bernoulli_ and kwargs.get("generator") is None:
            return self._drawn(*args, **kwargs)
        return func(*args, **kwargs)

    def _dropout(self, values: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
        if not training or p == 0:
            return values
        kept = self._drawn(torch.empty_like(values), 1 - p)
        factor = kept / (1 - p) if p < 1 else kept
        return values.mul_(factor) if inplace else values * factor

    def _drawn(self, into: Tensor, p: float = 0.5) -> Tensor:
        """Ones with probability p, else zeros; drawn on the CPU, so that every device gets the same."""
        drawn = torch.empty(into.shape).bernoulli_(p, generator=self._generator)
        return into.copy_(drawn)
