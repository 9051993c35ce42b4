"""In which ways is a network taught: what of it learns, from what start, at which rates, for how long?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from cnnviz.errors import SettingsError
from cnnviz.learn.augmentation import augmentation

Learns = Literal["head", "block", "everything"]
BatchNorm = Literal["frozen", "updated", "everywhere"]
Optimiser = Literal["lbfgs", "sgd", "adamw"]


@dataclass(frozen=True)
class TransferSettings:
    """All that decides a curve, together with the network, the pictures and their split.

    Attributes:
        arm: a name in ``ARMS``.
        seed: of the order of pictures, the views, and dropout.
        per_class: pictures of each class to learn from; None for all there are.
        epochs: times that every picture is learned from; for "lbfgs" 20 iterations each.
        batch_size: pictures in one step; None for all of them at once.
        optimiser: "lbfgs" solves for the head, with all pictures at once; "sgd" has a momentum of 0.9.
        head_rate, block_rate, rest_rate: learning rates of the head, of the last block and what follows it, and of what
            comes before. Those of parts that do not learn are passed over; "lbfgs" has none.
        weight_decay: pulls weights to zero; half of it times their squares is added to the loss for "lbfgs" and "sgd",
            "adamw" decays them by this and the rate.
        augmentation: a name in ``AUGMENTATIONS``.
        views: views of each picture, the picture itself among them; each epoch takes one of them by chance.
        patience: end after so many epochs without a lower loss on pictures held back from training, and take the
            weights of the best; None to go through all epochs.
        batch_norm: "frozen": with the statistics of the first training. "updated": in the part that learns, by batch.
            "everywhere": by batch in all of the network, as when a frozen network is left in training mode.
    """

    arm: str = "frozen"
    seed: int = 0
    per_class: int | None = None
    epochs: int = 5
    batch_size: int | None = None
    optimiser: Optimiser = "lbfgs"
    head_rate: float = 1e-2
    block_rate: float = 1e-4
    rest_rate: float = 3e-5
    weight_decay: float = 1e-3
    augmentation: str = "none"
    views: int = 1
    patience: int | None = None
    batch_norm: BatchNorm = "frozen"

    def __post_init__(self) -> None:
        if self.arm not in ARM_NAMES:
            raise SettingsError(f"There is no arm {self.arm!r}; there are {', '.join(ARM_NAMES)}.")
        augmentation(self.augmentation)
        for name, kind in (("optimiser", Optimiser), ("batch_norm", BatchNorm)):
            if getattr(self, name) not in get_args(kind):
                raise SettingsError(f"{name} is {getattr(self, name)!r}; it is one of {', '.join(get_args(kind))}.")
        for name in ("epochs", "views", "batch_size", "patience", "per_class"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise SettingsError(f"{name} is {getattr(self, name)}; it is at least 1.")
        for name in ("head_rate", "block_rate", "rest_rate", "weight_decay"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise SettingsError(f"{name} is {getattr(self, name)}; it is a number from 0.")
        if self.optimiser == "lbfgs" and (self.batch_size is not None or self.learns != "head"):
            raise SettingsError("L-BFGS solves for the head with all pictures at once; take adamw or sgd for the rest.")

    @property
    def learns(self) -> Learns:
        """What learns in this arm."""
        return _LEARNS[self.arm][0]

    @property
    def published(self) -> bool:
        """Whether the network starts with its published weights, rather than with random ones."""
        return _LEARNS[self.arm][1]


@dataclass(frozen=True)
class Arm:
    """One way to teach: what it is called, what it does, and the settings that serve it well."""

    name: str
    title: str
    sentence: str
    settings: TransferSettings


def settings_for(arm: str, **changes: Any) -> TransferSettings:
    """The settings that serve an arm well, with changes. Raises SettingsError for what cannot be."""
    if arm not in ARMS:
        raise SettingsError(f"There is no arm {arm!r}; there are {', '.join(ARMS)}.")
    return replace(ARMS[arm].settings, **changes)


_LEARNS: dict[str, tuple[Learns, bool]] = {
    "random_features": ("head", False),
    "frozen": ("head", True),
    "last_block": ("block", True),
    "everything": ("everything", True),
    "scratch": ("everything", False),
}
ARM_NAMES = tuple(_LEARNS)

ARMS: dict[str, Arm] = {
    arm.name: arm
    for arm in (
        Arm("random_features", "Random features", "An untrained network stays as it is; only the head learns.",
            TransferSettings("random_features")),
        Arm("frozen", "Frozen backbone", "The trained network stays as it is; only the head learns.",
            TransferSettings("frozen")),
        Arm("last_block", "Last block", "The last block and the head learn; what comes before stays as it is.",
            TransferSettings("last_block", epochs=10, batch_size=16, optimiser="adamw", head_rate=3e-3, block_rate=1e-4,
                             batch_norm="updated")),
        Arm("everything", "Everything", "The whole trained network goes on learning, its first layers most slowly.",
            TransferSettings("everything", epochs=10, batch_size=16, optimiser="adamw", head_rate=3e-3, block_rate=1e-4,
                             rest_rate=3e-5, batch_norm="updated")),
        Arm("scratch", "From scratch", "An untrained network learns everything from these pictures alone.",
            TransferSettings("scratch", epochs=30, batch_size=16, optimiser="adamw", head_rate=1e-3, block_rate=1e-3,
                             rest_rate=1e-3, augmentation="crop and flip", views=8, batch_norm="updated")),
    )
}  # fmt: skip
