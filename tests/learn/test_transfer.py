"""Frozen means frozen, rates are those set, a seed gives one curve, and a run goes on where it was broken off."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from cnnviz.compute import JobDesk
from cnnviz.errors import Cancelled, NetworkError, SettingsError
from cnnviz.learn import (
    ARMS,
    Dataset,
    DatasetError,
    Epoch,
    Example,
    FeatureCache,
    Split,
    Step,
    Training,
    TransferResult,
    TransferSettings,
    breaking_off,
    kept_epoch,
    picture_features,
    settings_for,
    split,
    taught_network,
    teach,
)
from cnnviz.learn.chance import OwnChance
from cnnviz.learn.features import Stem
from cnnviz.learn.learner import Learner
from cnnviz.network import Network
from tests.learn.networks import small_network
from tests.learn.pictures import blobs, dataset_of

SHORT: dict[str, Any] = {
    "epochs": 3, "batch_norm": "frozen", "batch_size": 5, "optimiser": "adamw",
    "head_rate": 0.02, "block_rate": 0.01, "rest_rate": 0.003,
}  # fmt: skip
DATA = dataset_of((8, 8, 9))
PARTS = split(DATA)


@pytest.fixture
def network() -> Network:
    return small_network(dropout=0.2)


def short(arm: str, **changes: Any) -> TransferSettings:
    return settings_for(arm, **(SHORT | {"views": 1, "augmentation": "none"} | changes))


def trained(network: Network, settings: TransferSettings, **more: Any) -> TransferResult:
    untrained = small_network(seed=9, dropout=0.2)
    *_, result = Training(network, DATA, PARTS, settings, FeatureCache(), untrained=untrained, **more).run()
    assert isinstance(result, TransferResult)
    return result


def states_of(network: Network) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network.module.state_dict().items()}


def changed(result: TransferResult, before: dict[str, torch.Tensor]) -> set[str]:
    """The names of the numbers in the body that are not bit by bit what they were."""
    return {name for name, tensor in result.model.body.state_dict().items() if not torch.equal(tensor, before[name])}


STATISTICS = {"running_mean", "running_var", "num_batches_tracked"}
BLOCK = {"blocks.1.conv.weight", "blocks.1.norm.weight", "blocks.1.norm.bias", "last.weight", "last.bias"}
OWN = {f"{norm}.{name}" for norm in ("stem.1", "blocks.0.norm", "blocks.1.norm") for name in STATISTICS}


@pytest.mark.parametrize(
    ("arm", "batch_norm", "expected"),
    [
        ("frozen", "frozen", set()),
        ("frozen", "updated", set()),
        ("frozen", "everywhere", OWN),  # frozen weights are not frozen batch norm
        ("random_features", "frozen", set()),
        ("last_block", "frozen", BLOCK),
        ("last_block", "updated", BLOCK | {f"blocks.1.norm.{name}" for name in STATISTICS}),
        ("last_block", "everywhere", BLOCK | OWN),
    ],
)
def test_what_is_frozen_does_not_change_by_a_bit(
    network: Network, arm: str, batch_norm: Any, expected: set[str]
) -> None:
    before = states_of(small_network(seed=9, dropout=0.2) if arm == "random_features" else network)
    shared = states_of(network)
    assert changed(trained(network, short(arm, batch_norm=batch_norm)), before) == expected
    assert all(torch.equal(tensor, shared[name]) for name, tensor in network.module.state_dict().items())
    assert not any(p.requires_grad for p in network.module.parameters())
    assert not any(part.training or part._forward_hooks for part in network.module.modules())


def test_everything_means_every_weight_and_statistics_only_if_asked(network: Network) -> None:
    before = states_of(network)
    weights = {name for name in before if name.rpartition(".")[2] not in STATISTICS and not name.startswith("head.")}
    assert changed(trained(network, short("everything")), before) == weights
    assert changed(trained(network, short("everything", batch_norm="updated")), before) == weights | OWN


def test_from_scratch_starts_from_the_untrained_network(network: Network) -> None:
    rates = {"head_rate": 0.0, "block_rate": 0.0, "rest_rate": 0.0, "batch_norm": "frozen", "weight_decay": 0.0}
    kept = trained(network, short("scratch", **rates))
    assert changed(kept, states_of(small_network(seed=9, dropout=0.2))) == set()
    assert changed(trained(network, short("everything", **rates)), states_of(network)) == set()


@pytest.mark.parametrize(
    ("arm", "expected"),
    [
        ("frozen", {"head": 0.02}),
        ("last_block", {"head": 0.02, "block": 0.01}),
        ("everything", {"head": 0.02, "block": 0.01, "rest": 0.003}),
    ],
)
def test_each_group_moves_at_the_rate_that_is_set(network: Network, arm: str, expected: dict[str, float]) -> None:
    """A first step of Adam moves every number with a gradient by its rate: gradient over its own length."""
    learner = Learner(network, 3, short(arm), FeatureCache())
    groups = learner.groups()
    assert {group["name"]: group["lr"] for group in groups} == expected
    assert learner.trainable_parameters == sum(p.numel() for group in groups for p in group["params"])
    generator = torch.Generator().manual_seed(0)
    for group in groups:
        for parameter in group["params"]:
            parameter.grad = torch.randn(parameter.shape, generator=generator).sign()
    before = [[p.detach().clone() for p in group["params"]] for group in groups]
    torch.optim.AdamW(groups, weight_decay=0).step()
    for group, olds in zip(groups, before, strict=True):
        for parameter, old in zip(group["params"], olds, strict=True):
            torch.testing.assert_close((parameter - old).abs(), torch.full_like(old, group["lr"]), rtol=1e-3, atol=1e-6)


def test_the_groups_hold_every_number_that_learns_once(network: Network) -> None:
    learner = Learner(network, 3, short("everything"), FeatureCache())
    held = [id(p) for group in learner.groups() for p in group["params"]]
    everything = [id(p) for part in (learner.body, learner.head) for p in part.parameters()]
    assert sorted(held) == sorted(everything)
    block = next(group for group in learner.groups() if group["name"] == "block")
    names = {id(p): name for name, p in learner.body.named_parameters()}
    assert {names[id(p)] for p in block["params"]} == BLOCK


@pytest.mark.parametrize("arm", list(ARMS))
def test_the_same_seed_gives_the_same_curve_another_seed_another(network: Network, arm: str) -> None:
    settings = short(arm, augmentation="crop and flip", views=3)
    curves = []
    for one in (settings, settings, replace(settings, seed=1)):
        torch.rand(7)  # somebody else draws from torch's own generator meanwhile
        curves.append([(e.train_loss, e.test_loss, e.test_accuracy) for e in trained(network, one).history])
    assert curves[0] == curves[1] != curves[2]


@pytest.mark.parametrize(("arm", "changes"), [("last_block", {"patience": 9}), ("everything", {"optimiser": "sgd"})])
def test_a_run_that_goes_on_ends_bit_by_bit_where_it_would_have(network: Network, arm: str, changes: Any) -> None:
    settings = short(arm, batch_norm="updated", augmentation="flip", views=2, **changes)
    whole = trained(network, settings)
    broken = Training(network, DATA, PARTS, settings, FeatureCache())
    events = broken.run()
    while not isinstance(next(events), Epoch):
        pass
    kept = broken.checkpoint()
    next(events)  # a little of the second epoch is lost
    again = trained(network, settings, checkpoint=kept)
    assert [replace(epoch, seconds=0) for epoch in again.history] == [
        replace(epoch, seconds=0) for epoch in whole.history
    ]
    np.testing.assert_array_equal(again.probabilities, whole.probabilities)
    assert again.history[1].seconds > again.history[0].seconds > 0


def test_the_last_block_learns_from_kept_outputs_as_it_would_from_pictures(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = trained(network, short("last_block"))
    monkeypatch.setattr("cnnviz.learn.learner.cut_before", lambda body, block: None)
    whole = trained(network, short("last_block"))
    assert kept.trainable_parameters == whole.trainable_parameters
    np.testing.assert_allclose(kept.probabilities, whole.probabilities, rtol=1e-4, atol=1e-5)


def test_the_frozen_part_is_run_once_for_each_view(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[int] = []
    compute = Stem._compute
    monkeypatch.setattr(Stem, "_compute", lambda self, wanted: computed.append(len(wanted)) or compute(self, wanted))
    cache = FeatureCache()
    for seed in range(3):
        teach(network, DATA, PARTS, short("last_block", seed=seed), cache)
    assert sum(computed) == len(DATA.examples)
    computed.clear()
    teach(network, DATA, PARTS, short("last_block", augmentation="flip", views=4, epochs=8), cache)
    assert 0 < sum(computed) <= 3 * len(PARTS.train)


def test_lbfgs_finds_the_head_that_no_step_makes_better(network: Network) -> None:
    settings = settings_for("frozen", weight_decay=0.05)
    result = teach(network, DATA, PARTS, settings, FeatureCache())
    features = picture_features(network, [DATA.examples[n] for n in PARTS.train])
    inputs = (features - features.mean(0)) / (features - features.mean(0)).square().mean().sqrt()
    weight, bias = (p.detach().clone().requires_grad_() for p in result.model.head.linear.parameters())
    loss = functional.cross_entropy(inputs @ weight.T + bias, torch.tensor(DATA.labels[list(PARTS.train)]))
    (loss + 0.025 * weight.square().sum()).backward()
    assert max(float(p.grad.abs().max()) for p in (weight, bias)) < 1e-3


def test_early_stopping_goes_back_to_the_best_and_never_asks_the_test(network: Network) -> None:
    settings = short("last_block", epochs=60, patience=4, head_rate=0.3, block_rate=0.1)
    result = trained(network, settings)
    deciding = [epoch.deciding_loss for epoch in result.history]
    assert len(deciding) == result.best + 4 < 60
    assert deciding[result.best - 1] == min(deciding)
    kept = kept_epoch(result.history)
    assert kept is not None and kept.number == result.best
    assert result.accuracy == pytest.approx(result.history[result.best - 1].test_accuracy)
    other_test = Split(PARTS.train, PARTS.test[:3], PARTS.seed)
    *_, again = Training(network, DATA, other_test, settings, FeatureCache()).run()
    assert isinstance(again, TransferResult)
    assert [epoch.deciding_loss for epoch in again.history] == deciding


def test_the_result_adds_up_and_the_model_gives_the_same_answers(network: Network) -> None:
    result = trained(network, short("last_block"))
    confusion = np.zeros((3, 3), dtype=int)
    for place, number in enumerate(result.test):
        answers = result.model.predict(DATA.examples[number].picture(), k=3)
        by_class = {answer.index: answer.probability for answer in answers}
        np.testing.assert_allclose(result.probabilities[place], [by_class[k] for k in range(3)], rtol=1e-4)
        confusion[DATA.labels[number], answers[0].index] += 1
        assert place in result.taken_for(int(DATA.labels[number]), answers[0].index)
    np.testing.assert_array_equal(result.confusion, confusion)
    assert result.accuracy == pytest.approx(np.trace(confusion) / confusion.sum())
    assert result.parameters == sum(p.numel() for p in small_network().module.parameters())  # three classes there too
    assert result.trainable_parameters == 8 * 8 * 9 + 16 + 8 * 12 + 12 + 12 * 3 + 3


def test_it_learns_what_can_be_learned(network: Network) -> None:
    """Dark pictures and light ones: any network tells them apart."""
    examples = [Example(blobs(n).point(lambda value, up=n % 2: value // 2 + 127 * up), n % 2) for n in range(30)]
    data = Dataset("light", "Light", ("dark", "light"), tuple(examples), taken_singly=True)
    for settings in (settings_for("frozen"), short("last_block", epochs=8), short("everything", epochs=8)):
        assert teach(network, data, split(data), settings, FeatureCache()).accuracy > 0.8


def test_fewer_pictures_are_learned_from_and_the_test_stays(network: Network) -> None:
    training = Training(network, DATA, PARTS, short("frozen", per_class=2), FeatureCache())
    events = list(training.run())
    assert [event.total for event in events if isinstance(event, Step) and event.stage == "learning"][-1] == 6
    assert isinstance(events[-1], TransferResult) and events[-1].test == PARTS.test
    with pytest.raises(DatasetError, match="fewer than the 7"):
        Training(network, DATA, PARTS, short("frozen", per_class=7), FeatureCache())


def test_progress_tells_every_epoch_and_ends_with_the_result(network: Network) -> None:
    events = list(Training(network, DATA, PARTS, short("last_block"), FeatureCache()).run())
    epochs = [event for event in events if isinstance(event, Epoch)]
    assert [epoch.number for epoch in epochs] == [1, 2, 3]
    assert isinstance(events[-1], TransferResult) and events[-1].history == tuple(epochs)
    assert all(a.seconds < b.seconds for a, b in pairwise(epochs))
    steps = [event for event in events if isinstance(event, Step)]
    assert {step.stage for step in steps} == {"features", "learning", "testing"}
    assert all(0 <= step.done <= step.total for step in steps)


def test_one_picture_left_over_is_not_a_batch_of_its_own(network: Network) -> None:
    count = len(PARTS.train)
    settings = short("everything", batch_size=count - 1, batch_norm="updated", epochs=1)
    steps = [
        event for event in Training(network, DATA, PARTS, settings, FeatureCache()).run() if isinstance(event, Step)
    ]
    assert [step.done for step in steps if step.stage == "learning"] == [count]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"arm": "half"}, "no arm 'half'"),
        ({"epochs": 0}, "epochs is 0"),
        ({"head_rate": float("nan")}, "head_rate is nan"),
        ({"weight_decay": -1.0}, "weight_decay is -1"),
        ({"optimiser": "adam"}, "one of lbfgs, sgd, adamw"),
        ({"batch_norm": "off"}, "one of frozen, updated, everywhere"),
        ({"augmentation": "mixup"}, "no augmentation"),
        ({"arm": "everything"}, "L-BFGS solves for the head"),
        ({"batch_size": 4}, "L-BFGS solves for the head"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        TransferSettings(**changes)


def test_a_network_of_one_layer_cannot_be_taught() -> None:
    flat = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(768, 3))
    with pytest.raises(NetworkError):
        Training(small_network(module=flat), DATA, PARTS, settings_for("frozen"), FeatureCache())


def test_dropout_with_a_chance_of_its_own_is_dropout() -> None:
    values = torch.ones(200, 300)
    with OwnChance(3):
        one = functional.dropout(values, 0.25)
        two = torch.nn.Dropout(0.25)(values)
        off = functional.dropout(values, 0.25, training=False)
    with OwnChance(3):
        again = functional.dropout(values, 0.25)
    assert torch.equal(one, again) and not torch.equal(one, two)
    assert torch.equal(off, values)
    assert one.unique().tolist() == pytest.approx([0, 4 / 3])
    assert float(one.mean()) == pytest.approx(1, abs=0.02)


def test_a_job_runs_to_the_result_or_stops_within_a_step(network: Network) -> None:
    desk = JobDesk()
    training = Training(network, DATA, PARTS, short("last_block"), FeatureCache())
    job = desk.watch("whole", "me", lambda task: task.follow(training.run()))
    assert job.wait(60)
    assert job.state == "done" and isinstance(job.result, TransferResult)

    endless = Training(network, DATA, PARTS, short("everything", epochs=10**6), FeatureCache())
    job = desk.watch("endless", "me", lambda task: task.follow(endless.run()))
    while job.latest is None:
        assert not job.wait(0.01)
    desk.stop("endless")
    assert job.wait(2)
    assert job.state == "stopped"
    desk.close()


@pytest.mark.parametrize(("arm", "patience"), [("frozen", None), ("random_features", None), ("last_block", 1)])
def test_a_checkpoint_alone_gives_the_taught_network_back(network: Network, arm: str, patience: int | None) -> None:
    untrained = small_network(seed=9, dropout=0.2)
    settings = short(arm, patience=patience, batch_norm="updated")
    training = Training(network, DATA, PARTS, settings, FeatureCache(), untrained=untrained)
    *_, result = training.run()
    assert isinstance(result, TransferResult)
    again = taught_network(network, DATA.classes, settings, training.checkpoint(), untrained)
    asked = DATA.examples[PARTS.test[0]].picture()
    assert again.predict(asked) == result.model.predict(asked)


def test_a_damaged_checkpoint_is_refused_in_a_sentence(network: Network) -> None:
    for content in (b"", b"nothing of the kind", bytes(100)):
        with pytest.raises(NetworkError, match="cannot be read"):
            taught_network(network, DATA.classes, short("frozen"), content)


@pytest.mark.parametrize("arm", ["last_block", "everything"])
def test_a_long_step_is_broken_off_in_its_middle(network: Network, arm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaking_off, "_PACE", 0.0)
    asked = list[int]()

    def check() -> None:
        asked.append(1)
        if len(asked) == 5:  # before the first pass is over
            raise Cancelled("Enough.")

    training = Training(network, DATA, PARTS, short(arm, epochs=1), FeatureCache(), check=check)
    body = training._learner.body
    with pytest.raises(Cancelled):
        list(training.run())
    assert len(asked) == 5
    assert not any(part._forward_pre_hooks for part in body.modules())
    assert not any(p._post_accumulate_grad_hooks for p in body.parameters())


def test_asking_within_a_step_changes_no_number(network: Network) -> None:
    asked = list[int]()
    watched = trained(network, short("last_block"), check=lambda: asked.append(1))
    np.testing.assert_array_equal(watched.probabilities, trained(network, short("last_block")).probabilities)
