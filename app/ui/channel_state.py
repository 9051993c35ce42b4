"""What is set on the page What a channel looks for: network, layer, channel, how it is made. All of it in the link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.components import told
from app.ui.link_notice import LinkNotice
from app.ui.linked import is_count, linked, linked_choice, set_linked
from app.ui.network_picker import NetworkChoice, read_network
from app.ui.plain import plain
from cnnviz.errors import LayerError

if TYPE_CHECKING:
    from app.ui.field_layers import FieldLayer
    from cnnviz.analysis import Goal, Recipe

ATLAS = "channel_atlas"
LAYER, CHANNEL, OTHER, LABEL = "ch_layer", "ch_channel", "ch_with", "ch_class"
GOAL, SEED, STEPS, SIZE, BASE, SHAKE, MANY = (
    f"ch_{name}" for name in ("goal", "seed", "steps", "size", "base", "shake", "many")
)
GOALS = {
    "channel": "Channel: its whole map",
    "unit": "Unit in the middle",
    "pair": "Two channels together",
    "class": "Class",
}
ALL_STEPS = ("64", "16", "32", "128", "256")
SIZES = ("112", "64", "96", "128", "160")
BASES = {"fourier": "Waves", "pixels": "Pixels"}
SHAKES = {"all": "Move, turn, scale", "jitter": "Move", "none": "Off"}
MANIES = {"one": "One", "four": "Four", "differ": "Four that differ"}
MOST_SEED = 999_999
"""A seed of more digits would not fit the link."""
NOTICE = LinkNotice("_ch_notice", (LAYER, CHANNEL, OTHER, LABEL, SEED), {SEED: "0"})


@dataclass(frozen=True)
class Form:
    """What the learner set; what the layer and the channel are called is known once the network is there."""

    choice: NetworkChoice
    goal: str
    seed: int
    steps: int
    size: int
    base: str
    shake: str
    many: str


@dataclass(frozen=True)
class Asked:
    """One film: what is looked for, and how. Everything that tells it from other films; fit for a key.

    `layer` and `channel` stand also where a class is looked for: the pictures at hand are ranked by them. `other` is
    the second channel of two, `label` the class.
    """

    network: tuple[str, str]
    layer: str
    channel: int
    goal: str
    other: int
    label: int
    seed: int
    steps: int
    size: int
    base: str
    shake: str
    many: str

    @property
    def count(self) -> int:
        return 1 if self.many == "one" else 4


def read_form() -> Form:
    """All settings that need no network, without drawing anything."""
    for key in (LAYER, CHANNEL, OTHER, LABEL):
        linked(key, "")  # the address follows also while the network is still on its way
    return Form(
        read_network(),
        linked_choice(GOAL, tuple(GOALS)),
        _seed(),
        int(linked_choice(STEPS, ALL_STEPS)),
        int(linked_choice(SIZE, SIZES)),
        linked_choice(BASE, tuple(BASES)),
        linked_choice(SHAKE, tuple(SHAKES)),
        linked_choice(MANY, tuple(MANIES)),
    )


def asked_of(form: Form, layer: str, channel: int, other: int = 0, label: int = 0) -> Asked:
    """What the page shows; what does not matter for this goal is 0, so that equal films have equal keys."""
    # A class has no layer whose maps could be compared.
    many = "four" if form.goal == "class" and form.many == "differ" else form.many
    return Asked(
        form.choice.key, layer, channel, form.goal, other if form.goal == "pair" else 0,
        label if form.goal == "class" else 0, form.seed, form.steps, form.size, form.base, form.shake, many,
    )  # fmt: skip


def asked_before_network(form: Form, opening: tuple[str, int]) -> Asked | None:
    """What is asked for where that can be told without the network, `opening` standing for what the link leaves out."""
    if form.goal != "channel":
        return None
    layer = linked(LAYER, "")
    channel = _read(linked(CHANNEL, ""), default=opening[1] if layer in ("", opening[0]) else 0)
    return asked_of(form, layer or opening[0], channel)


def asked_with_network(
    form: Form, layers: tuple[FieldLayer, ...], classes: int, opening: tuple[str, int] | None
) -> tuple[Asked, FieldLayer]:
    """What is asked for, and its layer; what the network does not have gives way to what it opens with, in words.

    Of a class the layer is the network's last, whose channels are the classes.
    """
    if form.goal == "class":
        label = _place(LABEL, classes, min(285, classes - 1))
        return asked_of(form, layers[-1].path, label, label=label), layers[-1]
    layer = _open_layer(layers, opening)
    default = opening[1] if opening and layer.path == opening[0] else 0
    channel, other = _place(CHANNEL, layer.channels, default), _place(OTHER, layer.channels, 1 % layer.channels)
    return asked_of(form, layer.path, channel, other), layer


def goal_of(asked: Asked, channels: int) -> Goal:
    """The goal in the library's terms; the layer has so many channels."""
    from cnnviz.analysis import Goal

    if asked.goal == "class":
        return Goal(target=asked.label)
    if asked.goal == "pair":
        both = tuple(float(channel in (asked.channel, asked.other)) for channel in range(channels))
        return Goal(asked.layer, direction=both)
    return Goal(asked.layer, asked.channel, unit="centre" if asked.goal == "unit" else None)


def recipe_settings(asked: Asked) -> dict[str, Any]:
    """The settings that differ from the library's defaults, by name."""
    settings: dict[str, Any] = {"steps": asked.steps, "size": asked.size, "seed": asked.seed}
    if asked.base == "pixels":
        settings |= {"base": "pixels", "decorrelated": False}
    if asked.shake != "all":
        settings |= {"rotation": 0.0, "scale": 0.0}
    if asked.shake == "none":
        settings |= {"jitter": 0}
    if asked.count > 1:
        settings |= {"count": asked.count}
    if asked.many == "differ":
        settings |= {"diversity": 1.0}
    return settings


def recipe_of(asked: Asked) -> Recipe:
    """How the pictures are made, in the library's terms."""
    from cnnviz.analysis import Recipe

    return Recipe(**recipe_settings(asked))


def chosen_in_atlas() -> None:
    """The learner chose a channel among the recorded ones."""
    choice = told(ATLAS, "choose")
    if not choice:
        return
    NOTICE.drop()
    set_linked(LAYER, str(choice["layer"]))
    set_linked(CHANNEL, str(int(choice["channel"])))
    if linked(GOAL, "channel") == "class":
        set_linked(GOAL, "channel")


def leave_layer() -> None:
    """Another network has other layers: it opens with its own."""
    NOTICE.drop()
    for key in (LAYER, CHANNEL, OTHER, LABEL):
        set_linked(key, "")


def _open_layer(layers: tuple[FieldLayer, ...], opening: tuple[str, int] | None) -> FieldLayer:
    from app.ui.field_layers import find_layer

    first = find_layer(layers, opening[0]) if opening else _opening_layer(layers)
    name = linked(LAYER, "")
    try:
        return find_layer(layers, name) if name else first
    except LayerError as error:
        NOTICE.replace(LAYER, f"{plain(str(error), 200)} Here is {first.path}.")
        return first


def _opening_layer(layers: tuple[FieldLayer, ...]) -> FieldLayer:
    """A layer at two thirds of the depth that adds or weighs, and so can have any value."""
    linear = [
        layer
        for layer in layers
        if layer.entry is not None and layer.entry.word in ("norm", "conv") and layer.map_size != (1, 1)
    ]
    options = linear or list(layers)
    return options[(2 * len(options)) // 3]


def _place(key: str, count: int, default: int) -> int:
    text = linked(key, "")
    number = _read(text, default)
    if text and (number >= count or not is_count(text)):
        what = "class" if key == LABEL else "channel"
        NOTICE.replace(key, f"There is no {what} “{plain(text, 20)}” here, only 0 to {count - 1}. Here is {default}.")
        number = default
    return min(number, count - 1)


def _seed() -> int:
    text = linked(SEED, "0")
    if not is_count(text):
        NOTICE.replace(SEED, f"“{plain(text, 20)}” is no seed from 0 to {MOST_SEED:,}. Here is 0.")
    return _read(text, 0)


def _read(text: str, default: int) -> int:
    return int(text) if is_count(text) else default
