"""The settings of Pixels to weights: beside the picture the layer whose weights are counted, below it the move."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from cnnviz.layer import KERNELS

SIDE = 512  # pixels; the picture as numbers is at most this large
SHIFT_SIDE = 128  # pixels; the shift test works on the picture at this size
MOST_SHIFT = 24
GRID = 8  # inputs and units a side in the drawing of one unit


@dataclass(frozen=True)
class Form:
    """`kernel` × `kernel` windows, `maps` output maps, `channels` of the picture; the move in pixels."""

    kernel: int
    maps: int
    grey: bool
    down: int = 4
    right: int = 6
    detector: str = "sobel_x"

    @property
    def channels(self) -> int:
        return 1 if self.grey else 3


def weights_form() -> Form:
    """Draw the settings of the layer and return them, with no word yet about the move."""
    grey = st.segmented_control(
        "Picture",
        ["Colour", "Grey"],
        default="Colour",
        required=True,
        key="weights_colours",
        bind="query-params",
        width="stretch",
        help="Colour: three numbers a pixel. Grey: one.",
    )
    kernel = st.slider(
        "Window", 1, 7, 3, 2, key="window", bind="query-params",
        help="A locally connected or convolutional unit reads a window of so many rows and columns.",
    )  # fmt: skip
    maps = st.slider("Maps", 1, 128, 1, key="maps", bind="query-params", help="How many units look at each place.")
    return Form(kernel, maps, grey == "Grey")


def shift_form(form: Form) -> Form:
    """Draw the settings of the move in a row above what they change; returns `form` with them."""
    places = st.columns(3)
    down, right = (
        place.slider(label, -MOST_SHIFT, MOST_SHIFT, default, key=key, bind="query-params",
                     help="In pixels of the small picture below; negative moves the other way.")
        for place, label, key, default in ((places[0], "Move down", "down", 4), (places[1], "Move right", "right", 6))
    )  # fmt: skip
    detector = places[2].selectbox(
        "Kernel of the convolution",
        list(KERNELS),
        index=list(KERNELS).index("sobel_x"),
        key="detector",
        bind="query-params",
        format_func=lambda name: KERNELS[name].title,
    )
    return replace(form, down=down, right=right, detector=detector)
