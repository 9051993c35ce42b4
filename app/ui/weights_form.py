"""The settings of Pixels to weights: the layer whose weights are counted, and the move of the picture."""

from __future__ import annotations

from dataclasses import dataclass

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
    down: int
    right: int
    detector: str

    @property
    def channels(self) -> int:
        return 1 if self.grey else 3


def weights_form() -> Form:
    """Draw the settings and return them."""
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
    st.markdown("**Shift test**")
    down = st.slider("Move down", -MOST_SHIFT, MOST_SHIFT, 4, key="down", bind="query-params", help="In pixels.")
    right = st.slider("Move right", -MOST_SHIFT, MOST_SHIFT, 6, key="right", bind="query-params", help="In pixels.")
    detector = st.selectbox(
        "Kernel of the convolution",
        list(KERNELS),
        index=list(KERNELS).index("sobel_x"),
        key="detector",
        bind="query-params",
        format_func=lambda name: KERNELS[name].title,
    )
    return Form(kernel, maps, grey == "Grey", down, right, detector)
