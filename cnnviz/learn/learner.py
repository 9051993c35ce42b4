"""What of a network learns, and what stays bit by bit as it was?

A taught network is a body, which gives features, and a new head. What is frozen in the body is run once for each view
and kept; only what comes after it is run again while learning. The network itself is never written to: what learns, and
what is run beside it, is a copy.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from cnnviz.learn.arms import TransferSettings
from cnnviz.learn.augmentation import augmentation
from cnnviz.learn.features import FeatureCache, Stem
from cnnviz.learn.outcome import TaughtNetwork
from cnnviz.learn.parts import Parts, cut_before, feature_count, find_parts, without_head
from cnnviz.network import Network, evaluating, logits

LBFGS_ITERATIONS = 20
_LEAST = 1e-6  # a spread below which features count as all the same


class Head(nn.Module):
    """Features (N, F) → logits (N, classes): less their mean, by their common spread, then a linear layer from zero."""

    mean: Tensor
    scale: Tensor

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(()))
        self.linear = nn.utils.skip_init(nn.Linear, features, classes)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, features: Tensor) -> Tensor:
        """Logits for features (N, F)."""
        answer: Tensor = self.linear((features - self.mean) * self.scale)
        return answer

    def measure(self, features: Tensor) -> None:
        """Take mean and spread from training features, so that the same rates serve any network."""
        self.mean.copy_(features.mean(0))
        self.scale.fill_(1 / max(float((features - self.mean).square().mean().sqrt()), _LEAST))


def head_solver(head: Head) -> torch.optim.LBFGS:
    """What solves for a head by all pictures at once; each of its steps looks at them many times."""
    return torch.optim.LBFGS(head.parameters(), max_iter=LBFGS_ITERATIONS, line_search_fn="strong_wolfe")


def learning_step(
    optimiser: torch.optim.Optimizer,
    answer: Callable[[], Tensor],
    labels: Tensor,
    decayed: tuple[Head, float] | None = None,
) -> tuple[Tensor, Tensor]:
    """One step towards the labels (N,); cross-entropy and logits before it, or of L-BFGS when it looked last.

    Args:
        optimiser: what steps.
        answer: gives logits (N, classes) as they now are.
        labels: the right classes.
        decayed: a head and the weight decay that the loss holds it to, for an optimiser that knows of none.
    """
    last: list[Tensor] = []

    def closure() -> Tensor:
        optimiser.zero_grad()
        answers = answer()
        loss = functional.cross_entropy(answers, labels)
        last[:] = [loss.detach(), answers.detach()]
        if decayed is not None:
            head, decay = decayed
            loss = loss + decay / 2 * head.linear.weight.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)  # type: ignore[arg-type]  # its stub asks for a float, its documents for this
    return last[0], last[1]


class Learner:
    """A network with a new head, ready to be taught in one way; for one thread.

    Attributes:
        stem: the frozen part, from pictures to what goes into the learning part.
        body: the network without its head; shared with others where nothing but the head learns.
        head: the new head.
        parts: where the network was cut.
    """

    def __init__(
        self, network: Network, classes: int, settings: TransferSettings, cache: FeatureCache | None = None
    ) -> None:
        self.network = network
        self.settings = settings
        self.parts = find_parts(network)
        self.stem, self.body, self._tail = _frozen_and_learning(network, self.parts, settings, cache)
        former = network.module.get_submodule(self.parts.head)
        features = former.in_features if isinstance(former, nn.Linear) else feature_count(self.body, network)
        self.head = Head(features, classes).to(network.device)
        self._learning = [path for path, _ in self.body.named_modules() if self._learns(path)]

    def __call__(self, inputs: Tensor) -> Tensor:
        """Logits (N, classes) for what the stem gives."""
        answer: Tensor = self.head(self.features(inputs))
        return answer

    def features(self, inputs: Tensor) -> Tensor:
        """Features (N, F) for what the stem gives; with gradients only where something below the head learns."""
        if self._tail is None:
            return inputs
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.settings.learns != "head"):
            return logits(self._tail(inputs))

    def groups(self) -> list[dict[str, Any]]:
        """What learns, as torch's optimisers take it: a group for the head, the last block and the rest."""
        settings = self.settings
        block = [p for name, p in self._named_learning() if self.parts.holds(name)]
        rest = [p for name, p in self._named_learning() if not self.parts.holds(name)]
        rates = {"head": settings.head_rate, "block": settings.block_rate, "rest": settings.rest_rate}
        chosen = {"head": list(self.head.parameters()), "block": block, "rest": rest}
        return [{"name": name, "params": chosen[name], "lr": rates[name]} for name in rates if chosen[name]]

    def set_learning(self, learning: bool) -> None:
        """Batch norm and dropout as for learning, where the settings say so, or all as for testing."""
        if self._tail is None:
            return
        everywhere, updated = (self.settings.batch_norm == kind for kind in ("everywhere", "updated"))
        inside = set(self._learning)
        for path, part in self.body.named_modules():
            if isinstance(part, _BatchNorm):
                part.training = learning and (everywhere or (updated and path in inside))
            elif not part._modules:
                part.training = learning and path in inside

    def state(self) -> dict[str, Tensor]:
        """All that learning changes, by name: shared memory, so copy it to keep it."""
        found = {f"head.{name}": tensor for name, tensor in self.head.state_dict().items()}
        found |= {f"body.{name}": parameter.data for name, parameter in self._named_learning()}
        if self.settings.batch_norm != "frozen" and self._tail is not None:
            for path, part in self.body.named_modules():
                if isinstance(part, _BatchNorm) and (self.settings.batch_norm == "everywhere" or self._learns(path)):
                    found |= {f"body.{path}.{name}": buffer for name, buffer in part.named_buffers(recurse=False)}
        return found

    def restore(self, state: dict[str, Tensor]) -> None:
        """Put back what ``state`` gave."""
        for name, tensor in self.state().items():
            tensor.copy_(state[name])

    def taught(self, classes: Sequence[str]) -> TaughtNetwork:
        """The network as it is now, ready to be asked."""
        self.set_learning(False)
        return TaughtNetwork(self.network, tuple(classes), self.body, self.head.requires_grad_(False))

    @property
    def runs_body(self) -> bool:
        """Whether some of the body is run while learning, rather than only the head."""
        return self._tail is not None

    @property
    def parameters(self) -> int:
        """All numbers that could learn, head and body."""
        return sum(p.numel() for part in (self.head, self.body) for p in part.parameters())

    @property
    def trainable_parameters(self) -> int:
        """Those that do."""
        return sum(p.numel() for group in self.groups() for p in group["params"])

    def _named_learning(self) -> Iterator[tuple[str, nn.Parameter]]:
        if self.settings.learns != "head":
            yield from ((name, p) for name, p in self.body.named_parameters() if p.requires_grad)

    def _learns(self, path: str) -> bool:
        if self.settings.learns == "block":
            return self.parts.holds(path)
        return self.settings.learns == "everything"


def _frozen_and_learning(
    network: Network, parts: Parts, settings: TransferSettings, cache: FeatureCache | None
) -> tuple[Stem, nn.Module, nn.Module | None]:
    """The stem, the body it was cut from, and what of the body is run again while learning; None for nothing."""
    how = augmentation(settings.augmentation)
    moving = settings.batch_norm == "everywhere"
    pictures = Stem(network, None, "pictures", cache, how, settings.seed)
    if settings.learns == "head" and not moving:
        body = without_head(evaluating(network.module), parts.head)
        return Stem(network, body, "features", cache, how, settings.seed), body, None
    body = without_head(copy.deepcopy(evaluating(network.module)), parts.head).requires_grad_(False)
    learning = settings.learns == "everything"
    for name, parameter in body.named_parameters():
        parameter.requires_grad_(learning or (settings.learns == "block" and parts.holds(name)))
    cut = cut_before(body, parts.block) if settings.learns == "block" and not moving else None
    if cut is None:
        return pictures, body, body
    return Stem(network, cut[0], f"before {parts.block}", cache, how, settings.seed), body, cut[1]
