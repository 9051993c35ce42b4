"""Which methods say what spoke for an answer, and what can be set on each?

A table that pages make their menus and forms from; it needs no torch. Each method's work is in a module beside this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cnnviz.errors import SettingsError


@dataclass(frozen=True)
class Setting:
    """One thing to set: a number between ``low`` and ``high``, or one of ``choices``."""

    name: str
    title: str
    default: float | int | str
    sentence: str
    low: float | int | None = None
    high: float | int | None = None
    choices: tuple[str, ...] = ()

    def checked(self, value: Any) -> Any:
        """The value, in the default's type. Raises SettingsError for one that cannot be."""
        if self.choices:
            if value not in self.choices:
                raise SettingsError(f"{self.name} is {value!r}; it can be {', '.join(self.choices)}.")
            return value
        assert self.low is not None and self.high is not None, self.name
        whole = isinstance(self.default, int)
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        if not fits or (whole and not float(value).is_integer()) or not self.low <= value <= self.high:
            kind = "whole number" if whole else "number"
            raise SettingsError(f"{self.name} is {value!r}; give a {kind} from {self.low} to {self.high}.")
        return type(self.default)(value)


@dataclass(frozen=True)
class Method:
    """One way to say which pixels spoke for an answer."""

    name: str
    title: str
    sentence: str
    """What a pixel's value means."""
    paper: str
    signed: bool
    """Whether pixels can speak against the answer; otherwise no value is below 0."""
    needs_layer: bool = False
    """Whether the map is made at a layer, and so as coarse as the layer's maps."""
    slow: bool = False
    """Whether it takes many passes, so that progress and a way to stop are called for."""
    settings: tuple[Setting, ...] = ()

    def filled(self, given: dict[str, Any]) -> dict[str, Any]:
        """All settings by name: those given, checked, and the defaults of the rest. Raises SettingsError."""
        known = {setting.name: setting for setting in self.settings}
        for name in given:
            if name not in known:
                has = f"it has {', '.join(known)}" if known else "it has none"
                raise SettingsError(f"{self.title} has no setting {name!r}; {has}.")
        return {name: setting.checked(given.get(name, setting.default)) for name, setting in known.items()}


def method(name: str) -> Method:
    """The method of that name. Raises SettingsError where there is none."""
    if name not in METHODS:
        raise SettingsError(f"There is no attribution method {name!r}; there are {', '.join(METHODS)}.")
    return METHODS[name]


BASELINE = Setting(
    "baseline",
    "Compare with",
    "zero",
    "What a pixel without information is: zero in the network's own numbers (the mean colour it was trained with), "
    "black, white, or the picture itself, blurred.",
    choices=("zero", "black", "white", "blurred"),
)

METHODS: dict[str, Method] = {
    entry.name: entry
    for entry in (
        Method(
            "saliency", "Saliency",
            "How strongly the answer reacts to a tiny change of the pixel, in its most effective colour channel.",
            "Simonyan, Vedaldi, Zisserman 2014, arXiv:1312.6034", signed=False,
        ),
        Method(
            "input_x_gradient", "Input × gradient",
            "The pixel's own value times the answer's reaction to it.",
            "Shrikumar, Greenside, Shcherbina, Kundaje 2016, arXiv:1605.01713", signed=True,
        ),
        Method(
            "integrated_gradients", "Integrated gradients",
            "Reactions collected on the straight way from a picture without information; all pixels together make up "
            "the difference of the two answers.",
            "Sundararajan, Taly, Yan 2017, arXiv:1703.01365", signed=True, slow=True,
            settings=(
                Setting("steps", "Steps", 50, "Points on the way; more make the sum more exact.", 5, 300), BASELINE,
            ),
        ),
        Method(
            "guided_backprop", "Guided backprop",
            "The answer's reaction, with everything that speaks against it cut off at each ReLU on the way back.",
            "Springenberg, Dosovitskiy, Brox, Riedmiller 2015, arXiv:1412.6806", signed=True,
        ),
        Method(
            "deeplift", "DeepLIFT",
            "Differences to a picture without information, handed back layer by layer (Rescale rule).",
            "Shrikumar, Greenside, Kundaje 2017, arXiv:1704.02685", signed=True, settings=(BASELINE,),
        ),
        Method(
            "grad_cam", "Grad-CAM",
            "Feature maps added up, each weighted by the answer's mean reaction to it; what speaks against is cut off.",
            "Selvaraju et al. 2017, arXiv:1610.02391", signed=False, needs_layer=True,
        ),
        Method(
            "grad_cam_plus_plus", "Grad-CAM++",
            "As Grad-CAM, with weights that give several instances of one thing their say.",
            "Chattopadhay, Sarkar, Howlader, Balasubramanian 2018, arXiv:1710.11063", signed=False, needs_layer=True,
        ),
        Method(
            "layer_cam", "Layer-CAM",
            "Feature maps added up, each unit weighted by the answer's own reaction to it: sharp at early layers too.",
            "Jiang, Zhang, Hou, Cheng, Wei 2021, doi:10.1109/TIP.2021.3089943", signed=False, needs_layer=True,
        ),
        Method(
            "occlusion", "Occlusion",
            "How far the answer falls when a window over the pixel is covered, averaged over all such windows.",
            "Zeiler, Fergus 2014, arXiv:1311.2901", signed=True, slow=True,
            settings=(
                Setting("window", "Window", 32, "Side of the window in pixels.", 1, 512),
                Setting("stride", "Stride", 16, "Pixels from one window to the next.", 1, 512),
                BASELINE,
            ),
        ),
        Method(
            "rise", "RISE",
            "The answer's mean probability over random masks that leave the pixel visible.",
            "Petsiuk, Das, Saenko 2018, arXiv:1806.07421", signed=False, slow=True,
            settings=(
                Setting("masks", "Masks", 1000, "Random masks; more make the map less noisy.", 10, 20000),
                Setting("cells", "Cells", 7, "Cells along each side of a mask, before it is smoothed.", 2, 32),
                Setting("visible", "Visible", 0.5, "The share of cells that a mask leaves visible.", 0.05, 0.95),
                BASELINE,
            ),
        ),
    )
}  # fmt: skip
"""By name, in the order of a menu."""
