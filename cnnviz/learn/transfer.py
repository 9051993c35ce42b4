"""How does a trained network learn classes of one's own, step by step, the same way each time?

One loop serves every arm: what is frozen was run before and is kept, see :mod:`cnnviz.learn.learner`. Chance in epoch n
comes from the seed and n alone, so that a run that goes on from a checkpoint ends bit by bit where it would have.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.compute.device import at_work
from cnnviz.learn.arms import TransferSettings
from cnnviz.learn.breaking_off import breaking_off
from cnnviz.learn.chance import OwnChance
from cnnviz.learn.datasets import Dataset, Example
from cnnviz.learn.features import FeatureCache
from cnnviz.learn.learner import Learner, head_solver, learning_step
from cnnviz.learn.outcome import Epoch, Step, TaughtNetwork, TransferResult
from cnnviz.learn.splits import Split, fewer, held_back
from cnnviz.network import Network, load_network
from cnnviz.network.weights import packed, unpacked

TEST_AT_ONCE = 32
MOMENTUM = 0.9
_MEASURED = 256  # training pictures at most that mean and spread of the features are taken from

Told = tuple[float, float, Tensor]
"""Mean loss, accuracy, logits (pictures, classes) on the CPU."""


def teach(
    network: Network, dataset: Dataset, parts: Split, settings: TransferSettings, cache: FeatureCache | None = None
) -> TransferResult:
    """Teach a network at once; see :class:`Training` for what is taken and raised."""
    *_, result = Training(network, dataset, parts, settings, cache).run()
    assert isinstance(result, TransferResult)
    return result


def taught_network(
    network: Network,
    classes: Sequence[str],
    settings: TransferSettings,
    checkpoint: bytes,
    untrained: Network | None = None,
) -> TaughtNetwork:
    """The network as it was when :meth:`Training.checkpoint` was taken, with the weights of its best epoch if it chose.

    `network`, `settings` and `untrained` are those of the training. Raises NetworkError for a damaged checkpoint.
    """
    if not settings.published:
        network = untrained or load_network(network.name, weights="none")
    tensors, facts = unpacked(checkpoint)
    learner = Learner(network, len(classes), settings)
    learner.restore(_under("best." if facts["best"][0] else "now.", tensors))
    return learner.taught(classes)


class Training:
    """One network being taught; go through :meth:`run` once. For one thread.

    Args:
        network: one with its published weights; it is only read.
        dataset: the pictures.
        parts: which of them to learn from and which to test with.
        settings: how to teach.
        cache: where outputs of the frozen part are kept; one shared by all by default.
        untrained: the network of the arms that start from random weights; by default that of the same name.
        checkpoint: what :meth:`checkpoint` gave; with the rest the same, the run goes on from there.
        check: called a few times a second within steps that take seconds; what it raises ends the run.

    Raises:
        DatasetError: a class has too few pictures for the settings.
        NetworkError: the network cannot be taught.
    """

    def __init__(
        self,
        network: Network,
        dataset: Dataset,
        parts: Split,
        settings: TransferSettings,
        cache: FeatureCache | None = None,
        untrained: Network | None = None,
        checkpoint: bytes | None = None,
        check: Callable[[], None] | None = None,
    ) -> None:
        if not settings.published:
            network = untrained or load_network(network.name, weights="none")
        chosen = fewer(dataset, parts, settings.per_class)
        learned, deciding = (chosen.train, ()) if settings.patience is None else held_back(dataset, chosen)
        self._settings, self._check = settings, check
        self._test_numbers = parts.test
        self._train, self._deciding, self._test = (
            [dataset.examples[number] for number in numbers] for numbers in (learned, deciding, parts.test)
        )
        self._learner = Learner(network, len(dataset.classes), settings, cache)
        self._classes = dataset.classes
        self._optimiser = self._new_optimiser()
        self._history: list[Epoch] = []
        self._best = (0, float("inf"), dict[str, Tensor]())
        self._answers = torch.empty(0)
        self._worked, self._begun = 0.0, time.perf_counter()
        if checkpoint is not None:
            self._go_on_from(checkpoint)

    def run(self) -> Iterator[Step | Epoch | TransferResult]:
        """Teach: steps of the work, an epoch after each, and the result at the end.

        Nothing is held between two of them, so the caller may wait as long as it likes, or go no further.
        """
        self._begun = time.perf_counter()
        own = self._learner.runs_body  # else the body is shared, and its steps are short
        with breaking_off(self._learner.body, self._check) if self._check and own else nullcontext():
            for event in self._events():
                self._worked = self._seconds
                yield event
                self._begun = time.perf_counter()

    def checkpoint(self) -> bytes:
        """All that is needed to go on from the last whole epoch, as a safetensors file."""
        tensors = {f"now.{name}": tensor.clone() for name, tensor in self._learner.state().items()}
        tensors |= {f"best.{name}": tensor for name, tensor in self._best[2].items()}
        for number, values in self._optimiser.state_dict()["state"].items():
            if self._settings.optimiser != "lbfgs":
                tensors |= {f"optimiser.{number}.{name}": torch.as_tensor(value) for name, value in values.items()}
        facts = {"history": [asdict(epoch) for epoch in self._history], "best": self._best[:2], "worked": self._worked}
        return packed(tensors, facts)

    def _events(self) -> Iterator[Step | Epoch | TransferResult]:
        yield from self._prepare()
        while not self._over():
            number = len(self._history) + 1
            train_loss, train_accuracy = yield from self._learn(number)
            test_loss, test_accuracy, self._answers = yield from self._look(self._test, number)
            deciding = None
            if self._deciding:
                deciding, _, _ = yield from self._look(self._deciding, number)
            epoch = Epoch(number, self._settings.epochs, train_loss, train_accuracy, test_loss, test_accuracy, deciding,
                          self._seconds)  # fmt: skip
            self._history.append(epoch)
            self._remember_best(epoch)
            yield epoch
        yield (yield from self._result())

    def _prepare(self) -> Iterator[Step]:
        """Run the frozen part on every picture; before the first epoch, measure features for the head."""
        plain = [(example, 0) for example in (*self._train, *self._deciding, *self._test)]
        for progress in self._learner.stem.filling(plain):
            yield Step("features", 0, progress.done, progress.total)
        if self._history or self._settings.arm == "scratch":  # random features change too much to be measured
            return
        self._learner.set_learning(False)
        step = max(1, len(self._train) // _MEASURED)
        found = []
        for start in range(0, len(self._train), step * TEST_AT_ONCE):
            inputs = self._learner.stem([(one, 0) for one in self._train[start : start + step * TEST_AT_ONCE : step]])
            with at_work(), torch.no_grad():
                found.append(self._learner.features(inputs))
            yield Step("features", 0, min(start + step * TEST_AT_ONCE, len(self._train)), len(self._train))
        self._learner.head.measure(torch.cat(found))

    def _learn(self, number: int) -> Generator[Step, None, tuple[float, float]]:
        """One epoch; its mean loss and accuracy."""
        random = np.random.default_rng((self._settings.seed, number))
        views = random.integers(0, self._settings.views, len(self._train))
        batches = self._batches(random.permutation(len(self._train)))
        chance = OwnChance(int(random.integers(2**62))) if self._learner.runs_body else nullcontext()
        loss_sum, right, done = 0.0, 0, 0
        for batch in batches:
            inputs = self._learner.stem([(self._train[n], int(views[n])) for n in batch])
            labels = self._labels([self._train[n] for n in batch])
            with at_work(), chance:
                self._learner.set_learning(True)
                loss, answers = self._step(inputs, labels)
            loss_sum += float(loss) * len(batch)
            right += int((answers.argmax(1) == labels).sum())
            done += len(batch)
            yield Step("learning", number, done, len(self._train))
        return loss_sum / done, right / done

    def _step(self, inputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """One step of the optimiser; L-BFGS knows of no weight decay, so there the loss has it."""
        head = self._learner.head
        decayed = (head, self._settings.weight_decay) if self._settings.optimiser == "lbfgs" else None
        return learning_step(self._optimiser, lambda: self._learner(inputs), labels, decayed)

    def _look(self, examples: Sequence[Example], number: int) -> Generator[Step, None, Told]:
        """What the network says of pictures as it is now."""
        found = []
        self._learner.set_learning(False)
        for start in range(0, len(examples), TEST_AT_ONCE):
            inputs = self._learner.stem([(example, 0) for example in examples[start : start + TEST_AT_ONCE]])
            with at_work(), torch.no_grad():
                found.append(self._learner(inputs))
            yield Step("testing", number, min(start + TEST_AT_ONCE, len(examples)), len(examples))
        answers, labels = torch.cat(found), self._labels(examples)
        loss = float(functional.cross_entropy(answers, labels))
        return loss, float((answers.argmax(1) == labels).float().mean()), answers.cpu()

    def _result(self) -> Generator[Step, None, TransferResult]:
        best = self._best[0] or len(self._history)
        if best < len(self._history):
            self._learner.restore(self._best[2])
        if len(self._answers) == 0 or best < len(self._history):
            _, _, self._answers = yield from self._look(self._test, len(self._history))
        learner = self._learner
        return TransferResult(
            settings=self._settings,
            history=tuple(self._history),
            best=best,
            test=self._test_numbers,
            labels=np.array([example.label for example in self._test], dtype=np.int64),
            probabilities=self._answers.double().softmax(1).numpy(),
            trainable_parameters=learner.trainable_parameters,
            parameters=learner.parameters,
            seconds=self._seconds,
            model=learner.taught(self._classes),
        )

    def _over(self) -> bool:
        patience, done = self._settings.patience, len(self._history)
        return done >= self._settings.epochs or (patience is not None and done - self._best[0] >= patience)

    def _remember_best(self, epoch: Epoch) -> None:
        if epoch.deciding_loss is not None and epoch.deciding_loss < self._best[1]:
            state = {name: tensor.clone() for name, tensor in self._learner.state().items()}
            self._best = (epoch.number, epoch.deciding_loss, state)

    def _batches(self, order: Sequence[int] | np.ndarray) -> list[list[int]]:
        """The order in batches; one picture left over joins the batch before, for batch norm needs two."""
        numbers = [int(number) for number in order]
        size = self._settings.batch_size or len(numbers)
        found = [numbers[start : start + size] for start in range(0, len(numbers), size)]
        if len(found) > 1 and len(found[-1]) == 1:
            alone = found.pop()
            found[-1] += alone
        return found

    def _labels(self, examples: Sequence[Example]) -> Tensor:
        return torch.tensor([example.label for example in examples], device=self._learner.network.device)

    def _new_optimiser(self) -> torch.optim.Optimizer:
        groups, settings = self._learner.groups(), self._settings
        if settings.optimiser == "lbfgs":
            return head_solver(self._learner.head)
        if settings.optimiser == "sgd":
            return torch.optim.SGD(groups, momentum=MOMENTUM, weight_decay=settings.weight_decay)
        return torch.optim.AdamW(groups, weight_decay=settings.weight_decay)

    def _go_on_from(self, checkpoint: bytes) -> None:
        if self._settings.optimiser == "lbfgs":
            return  # done in a moment, and its memory of former steps is not kept: from the start it is the same
        tensors, facts = unpacked(checkpoint)
        self._learner.restore(_under("now.", tensors))
        self._history = [Epoch(**epoch) for epoch in facts["history"]]
        self._best = (*facts["best"], _under("best.", tensors))
        self._worked = facts["worked"]
        state = self._optimiser.state_dict()
        state["state"] = {}
        for name, tensor in _under("optimiser.", tensors).items():
            number, _, key = name.partition(".")
            state["state"].setdefault(int(number), {})[key] = tensor
        self._optimiser.load_state_dict(state)

    @property
    def _seconds(self) -> float:
        return self._worked + time.perf_counter() - self._begun


def _under(start: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Those whose names begin so, by the rest of their names."""
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}
