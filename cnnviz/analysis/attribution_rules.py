"""What if the way back through each non-linearity follows a rule of its own? Guided backprop and DeepLIFT, by Captum.

Captum puts its rules on modules, and each must be called once: it passes by ``F.relu``, ReLU6 and what else is called
as a function, fails where a module is called twice, and loses the share of a max pooling that directly follows a ReLU,
since the hooks of both hear the same tensor. So the network gets, for each call of a non-linearity in the order of the
pass, a module and a tensor of its own, and Captum sees those. No graph has to be traced for it: whatever runs, goes.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from cnnviz.analysis.attribution_question import Question, Score
from cnnviz.errors import NetworkError


def guided_backprop(question: Question) -> Tensor:
    """∂score/∂pixel (C, H, W) with negative gradients cut off at each ReLU and ReLU6.

    Raises NetworkError where there is none, since nothing would be guided.
    """
    from captum.attr import GuidedBackprop

    unrolled = _Unrolled(question.score, question.picture, _GUIDED)
    if not len(unrolled.calls):
        raise NetworkError("Guided backprop works on ReLUs, and this network has none; choose another method.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that hooks are set and removed
        found: Tensor = GuidedBackprop(unrolled).attribute(question.picture, target=0)
    return found[0].detach()


def deeplift(question: Question, baseline: str) -> Tensor:
    """Contributions (C, H, W) to score(picture) − score(baseline), by the Rescale rule.

    Raises NetworkError where the network does something that Captum has no rule for: products of two signals (gates,
    attention), or normalisation by the picture's own statistics.
    """
    from captum.attr import DeepLift

    unrolled = _Unrolled(question.score, question.picture, _RESCALED)
    _refuse_without_rule(unrolled(question.picture.clone().requires_grad_()), unrolled.calls)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that hooks are set and removed
        found: Tensor = DeepLift(unrolled).attribute(question.picture, question.baseline(baseline), target=0)
    return found[0].detach()


class _GuidedReLU6(nn.ReLU):
    """ReLU6 as a kind of ReLU, which is what Captum guides."""

    def forward(self, values: Tensor) -> Tensor:
        return F.relu6(values)


class _RescaledReLU6(nn.Module):
    """ReLU6 as relu(x) − relu(x − 6): the Rescale rule gives a sum the sum of its parts' shares."""

    def __init__(self) -> None:
        super().__init__()
        self.below, self.above = nn.ReLU(), nn.ReLU()

    def forward(self, values: Tensor) -> Tensor:
        # Captum hooks the tensor that goes in: each part is given one that nothing else reads.
        low: Tensor = self.below(values.clone())
        high: Tensor = self.above(values - 6)
        return low - high


Make = Callable[..., nn.Module | None]
"""From the arguments of a call, without the tensor, to a module that does the same; None: leave it as it is."""


def _hardtanh(six: type[nn.Module]) -> Make:
    def make(min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> nn.Module | None:
        return six() if (min_val, max_val) == (0, 6) else None

    return make


def _pool(kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
          return_indices: bool = False) -> nn.Module:  # fmt: skip
    return nn.MaxPool2d(kernel_size, stride or None, padding, dilation, ceil_mode=ceil_mode)


_RELUS: tuple[Callable[..., Any], ...] = (F.relu, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_)
_GUIDED: dict[Callable[..., Any], Make] = {
    **dict.fromkeys(_RELUS, lambda inplace=False: nn.ReLU()),
    F.relu6: lambda inplace=False: _GuidedReLU6(),
    F.hardtanh: _hardtanh(_GuidedReLU6),
}
_RESCALED: dict[Callable[..., Any], Make] = {
    **dict.fromkeys(_RELUS, lambda inplace=False: nn.ReLU()),
    F.relu6: lambda inplace=False: _RescaledReLU6(),
    F.hardtanh: _hardtanh(_RescaledReLU6),
    F.leaky_relu: lambda negative_slope=0.01, inplace=False: nn.LeakyReLU(negative_slope),
    F.elu: lambda alpha=1.0, inplace=False: nn.ELU(alpha),
    F.softplus: lambda beta=1.0, threshold=20.0: nn.Softplus(beta, threshold),
    **dict.fromkeys((F.sigmoid, torch.sigmoid, Tensor.sigmoid, Tensor.sigmoid_), lambda: nn.Sigmoid()),
    **dict.fromkeys((F.tanh, torch.tanh, Tensor.tanh, Tensor.tanh_), lambda: nn.Tanh()),
    **dict.fromkeys((F.max_pool2d, torch.max_pool2d), _pool),
}


class _Unrolled(nn.Module):
    """A score with a module in ``calls`` for each call of a non-linearity in one pass, in their order."""

    def __init__(self, score: Score, picture: Tensor, table: dict[Callable[..., Any], Make]) -> None:
        super().__init__()
        self._score = [score]  # in a list: Captum is to find none of its modules, only those of the calls
        self._table = table
        self.calls = nn.ModuleList()
        with torch.no_grad(), _Collect(self.calls, table):
            score.of(score.answer(picture))
        self.calls.eval()

    def forward(self, pictures: Tensor) -> Tensor:
        with _Replay(self.calls, self._table):
            answer: Tensor = self._score[0](pictures)
        return answer


class _Collect(TorchFunctionMode):
    """Makes a module for each call that the table knows."""

    def __init__(self, calls: nn.ModuleList, table: dict[Callable[..., Any], Make]) -> None:
        super().__init__()
        self._calls, self._table = calls, table

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        module = _made(self._table, func, args, kwargs)
        if module is not None:
            self._calls.append(module)
        return func(*args, **kwargs)


class _Replay(TorchFunctionMode):
    """Sends each call that the table knows to the module made for it."""

    def __init__(self, calls: nn.ModuleList, table: dict[Callable[..., Any], Make]) -> None:
        super().__init__()
        self._next = iter(calls)
        self._table = table

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if _made(self._table, func, args, kwargs) is None:
            return func(*args, **kwargs)
        signal = _signal(args, kwargs)
        result = next(self._next)(signal.clone())  # a tensor of its own: Captum's hook must hear of no other reader
        in_place = kwargs.get("inplace", False) or func.__name__.endswith("_")
        return signal.copy_(result) if in_place else result


def _made(table: dict[Callable[..., Any], Make], func: Any, args: Any, kwargs: dict[str, Any]) -> nn.Module | None:
    make = table.get(func)
    if make is None:
        return None
    return make(*args[1:], **{name: value for name, value in kwargs.items() if name != "input"})


def _signal(args: Any, kwargs: dict[str, Any]) -> Tensor:
    signal: Tensor = args[0] if args else kwargs["input"]
    return signal


_ONE_SIGNAL = frozenset(("Convolution", "Addmm", "Mm", "Bmm", "Mul", "Div"))
"""Linear where one factor only depends on the picture."""
_LINEAR = frozenset((
    "AccumulateGrad", "AdaptiveAvgPool2D", "Add", "AsStrided", "AvgPool2D", "Cat", "Clone", "ConstantPadNd", "Copy",
    "Copys", "CopySlices", "CudnnBatchNorm", "Expand", "Index", "Mean", "MkldnnAdaptiveAvgPool2D",
    "NativeBatchNorm", "Neg", "Permute", "PixelShuffle", "ReflectionPad2D", "ReplicationPad2D", "Repeat", "Reshape",
    "ReshapeAlias", "Select", "Slice", "Split", "SplitWithSizes", "Squeeze", "Stack", "Sub", "Sum", "T", "ToCopy",
    "Transpose", "Unbind", "UnsafeView", "Unsqueeze", "UpsampleBilinear2D", "UpsampleNearest2D", "View",
))  # fmt: skip
_RULED = frozenset(("Relu", "LeakyRelu", "Elu", "Softplus", "Sigmoid", "Tanh", "MaxPool2DWithIndices"))


def _refuse_without_rule(answer: Tensor, calls: nn.ModuleList) -> None:
    """Walk the score's graph; raise NetworkError at the first operation that DeepLIFT cannot go back through."""
    seen: set[Any] = set()
    ahead = [answer.grad_fn]
    ruled = 0
    while ahead:
        node = ahead.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        before = [node_before for node_before, _ in node.next_functions]
        ahead += before
        name = re.sub(r"Backwards?\d*$", "", type(node).__name__)
        ruled += name in _RULED
        signals = [place for place, node_before in enumerate(before) if node_before is not None]
        linear = name in _LINEAR or (name in _ONE_SIGNAL and (signals == [0] or (len(signals) == 1 and name != "Div")))
        by_own_statistics = getattr(node, "_saved_training", False)
        if by_own_statistics or not (linear or name in _RULED):
            what = "a product of two signals, as in a gate" if name in _ONE_SIGNAL else f"the operation {name}"
            what = "normalisation by the picture's own statistics" if by_own_statistics else what
            raise NetworkError(f"DeepLIFT has no rule for {what}; choose another method or a network without it.")
    if ruled > sum(not list(part.children()) for part in calls.modules()):
        raise NetworkError("DeepLIFT cannot follow a non-linearity of this network; choose another method.")
