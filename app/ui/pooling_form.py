"""The settings beside the Pooling view: what is pooled, how, and by how much it is moved. All of them in the link."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from cnnviz.layer import PoolKind

MOST_SHIFT = 8
PARTS = ("8", "12", "16", "32", "64", "96", "all")
TAPS = (2, 3, 5, 7)
_KINDS: dict[str, PoolKind] = {
    "Max": "max",
    "Average": "average",
    "Sum": "sum",
    "Lp norm": "lp",
    "Global average": "global average",
}


@dataclass(frozen=True)
class Form:
    """All settings of the page; `part` is the side of the piece of the map in cells, None for all of it."""

    features: bool = False
    channel: int = 0
    part: int | None = None
    down: int = 50
    across: int = 50
    kind: PoolKind = "max"
    window: int = 2
    stride: int = 2
    padding: int = 0
    ceil_mode: bool = False
    p: float = 2.0
    count_include_pad: bool = True
    shift: int = 0

    @property
    def whole(self) -> bool:
        """Whether one window takes the whole map."""
        return self.kind == "global average"


def pooling_form() -> Form:
    """Draw the settings and return them."""
    kind = _KINDS[st.selectbox("Pooling", list(_KINDS), key="pool_kind", bind="query-params")]
    whole = kind == "global average"
    window = st.slider("Window", 1, 8, 2, key="pool_window", bind="query-params", disabled=whole,
                       help="Rows and columns that are pooled into one number.")  # fmt: skip
    stride = st.slider("Stride", 1, 8, 2, key="pool_stride", bind="query-params", disabled=whole,
                       help="How far the window moves on. 2 halves height and width.")  # fmt: skip
    padding = st.slider("Padding", 0, 4, 0, key="pool_padding", bind="query-params", disabled=whole,
                        help="Cells added at every side: at most half the window.")  # fmt: skip
    ceil_mode = st.toggle("Ceil mode", key="pool_ceil", bind="query-params", disabled=whole,
                          help="A last window may hang over the end, so that no cell is left over.")  # fmt: skip
    p, counted = _kind_settings(kind)
    shift = st.slider("Move what is pooled to the left", 0, MOST_SHIFT, 0, key="pool_shift", bind="query-params",
                      format="%d px", help="By so many of its pixels; new ones come in at the right.")  # fmt: skip
    return Form(
        *_input_settings(), kind, window, stride, padding, ceil_mode=ceil_mode, p=p, count_include_pad=counted,
        shift=shift,
    )  # fmt: skip


def _kind_settings(kind: PoolKind) -> tuple[float, bool]:
    """What only one kind has: the power of the norm, and whether padding counts in a mean."""
    p, counted = 2.0, True
    if kind == "lp":
        p = st.slider("Power p", 1.0, 10.0, 2.0, 0.5, key="pool_p", bind="query-params",
                      help="1 adds absolute values up; the larger p, the nearer to the largest.")  # fmt: skip
    elif kind == "average":
        counted = st.toggle("Padding counts", value=True, key="pool_count_padding", bind="query-params",
                            help="count_include_pad of PyTorch: zeros outside take part in the mean.")  # fmt: skip
    return p, counted


def _input_settings() -> tuple[bool, int, int | None, int, int]:
    """What is pooled: the picture or a feature map of it, and which part."""
    source = st.segmented_control("Pooled is", ["Picture", "Feature map"], default="Picture", required=True,
                                  key="pool_source", bind="query-params", width="stretch",
                                  help="Feature map: after the first activation of EfficientNet-Lite0.")  # fmt: skip
    features = source == "Feature map"
    channel = 0
    if features:
        channel = st.slider("Channel", 0, 31, 6, key="pool_channel", bind="query-params")
    part = st.select_slider("Cells across", PARTS, "all", key="pool_part", bind="query-params",
                            help="At 12 or fewer, the numbers stand in the cells.")  # fmt: skip
    down, across = 50, 50
    if part != "all":
        across = st.slider("Part: from the left", 0, 100, 50, 5, key="pool_across", bind="query-params", format="%d %%")
        down = st.slider("Part: from the top", 0, 100, 50, 5, key="pool_down", bind="query-params", format="%d %%")
    return features, channel, None if part == "all" else int(part), down, across
