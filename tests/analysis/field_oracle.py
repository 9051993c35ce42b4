"""The brute-force truth of receptive fields: where is the gradient of a unit not zero, when nothing can cancel?

Under :class:`Positive` a network runs with positive weights of equal size, no activations, means in place of maxima,
and gates of one. A unit's gradient is then positive on every pixel it can see and zero elsewhere. Channels change
nothing about that, so each layer has one (``narrow``), which makes long inputs cheap.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from cnnviz.analysis.fields import ReceptiveField

LINEAR = "relu relu_ relu6 silu silu_ gelu hardswish hardtanh hardtanh_ leaky_relu elu batch_norm dropout"
GATES = ["sigmoid", "hardsigmoid", "sigmoid_"]


class Positive(TorchFunctionMode):
    """Every operation as its positive, linear counterpart with the same windows."""

    def __init__(self, narrow: bool) -> None:
        super().__init__()
        self.narrow = narrow

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name in LINEAR.split():
            return args[0]
        if name in GATES:
            return torch.ones_like(args[0])
        return getattr(self, f"_{name}", func)(*args, **kwargs)

    def _conv2d(self, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        outputs = len(weight)
        groups = 1 if self.narrow else groups
        x = x.unflatten(1, (groups, -1)).mean(2)
        kernel = torch.ones(groups, 1, *weight.shape[2:], dtype=x.dtype) / weight[0, 0].numel()
        x = F.conv2d(x, kernel, None, stride, padding, dilation, groups)
        return x if self.narrow else x.repeat_interleave(outputs // groups, 1)

    def _conv_transpose2d(self, x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
        kernel = torch.ones(1, 1, *weight.shape[2:], dtype=x.dtype)
        return F.conv_transpose2d(x.mean(1, True), kernel, None, stride, padding, output_padding, 1, dilation)

    def _max_pool2d(self, x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        pair = lambda value: tuple(value) if isinstance(value, tuple | list) else (value, value)  # noqa: E731
        if pair(dilation) == (1, 1):
            return F.avg_pool2d(x, kernel_size, stride or kernel_size, padding, ceil_mode)
        # The maximum of a map in which every tap of the window has its own size is found tap by tap.
        kernel = torch.ones(x.shape[1], 1, *pair(kernel_size), dtype=x.dtype)
        return F.conv2d(x, kernel, None, stride or kernel_size, padding, dilation, x.shape[1])

    def _linear(self, x, weight, bias=None):
        return x.mean(-1, True).expand(*x.shape[:-1], 1 if self.narrow else len(weight))

    def _layer_norm(self, x, normalized_shape, *rest, **settings):
        dims = tuple(range(-len(normalized_shape), 0))
        return x.mean(dims, True).expand_as(x)

    def _softmax(self, x, dim=-1, **rest):
        open_ = (x > x.amax(dim, True) - 50).to(x.dtype)
        return open_ / open_.sum(dim, True)


def true_extents(
    module: nn.Module,
    fields: Mapping[str, ReceptiveField],
    shape: tuple[int, int, int],
    units: Callable[[int], tuple[int, ...]],
    narrow: bool = True,
    axis: int = 0,
) -> dict[str, list[tuple[int, int, int]]]:
    """For some rows (axis 0) or columns (1) of each layer's map: (unit, first pixel row seen, the one after the last).

    ``units`` gives the same number of places for a map of any length. Each place has a copy of the input of its own,
    so one backward pass finds them all.
    """
    twin = copy.deepcopy(module).double().eval().requires_grad_(False)
    outputs: dict[str, Tensor] = {}
    for path, part in twin.named_modules():
        if path in fields and fields[path].map_size is not None:
            part.register_forward_hook(lambda _, __, output, path=path: outputs.__setitem__(path, output))
    copies = len(units(8))
    x = torch.ones(copies, *shape, dtype=torch.float64, requires_grad=True)
    with Positive(narrow):
        twin(x)
    found: dict[str, list[tuple[int, int, int]]] = {}
    known: dict[int, list[tuple[int, int, int]]] = {}  # of layers that do nothing, all have the same output
    for path, output in outputs.items():
        size = fields[path].map_size
        if not output.requires_grad:  # a gate, which is one
            continue
        if id(output) in known:
            found[path] = known[id(output)]
            continue
        dim = 2 + axis if tuple(output.shape[2:]) == size else 1 + axis
        places = units(size[axis])
        picked = sum(output[b].select(dim - 1, place).sum() for b, place in enumerate(places))
        (gradient,) = torch.autograd.grad(picked, x, retain_graph=True, allow_unused=True)
        found[path] = known[id(output)] = [(place, *_extent(gradient[b], axis)) for b, place in enumerate(places)]
    return found


def _extent(gradient: Tensor, axis: int) -> tuple[int, int]:
    seen = (gradient != 0).any(0).any(1 - axis).nonzero().flatten()
    return (int(seen[0]), int(seen[-1]) + 1) if len(seen) else (0, 0)
