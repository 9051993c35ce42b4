"""The settings beside the Normalization view: what is normalized, by whose mean, in whose company. All in the link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from cnnviz.image import SAMPLES
from cnnviz.layer import NormKind

SHOWN = 8  # channels of the tensor
_SEE: dict[str, Literal["sets", "company", "neighbours"]] = {
    "Who shares a mean": "sets",
    "Other batch-mates": "company",
    "Neighbouring channels": "neighbours",
}
_KINDS: dict[str, NormKind] = {"Batch": "batch", "Layer": "layer", "Instance": "instance", "Group": "group"}
_EPSILONS = (1e-5, 1e-3, 0.1, 1.0, 10.0)
_TITLES = {sample.title: name for name, sample in SAMPLES.items()}
ALEXNET = {"norm_size": 5, "norm_k": 2.0, "norm_alpha": 1e-4, "norm_beta": 0.75}


@dataclass(frozen=True)
class Form:
    """All settings of the page. `mates` and `others` are names of samples."""

    see: Literal["sets", "company", "neighbours"] = "sets"
    kind: NormKind = "batch"
    groups: int = 2
    eps: float = 1e-5
    first: int = 0
    mates: tuple[str, ...] = ("coffee", "rocket", "brick")
    others: tuple[str, ...] = ("text",)
    training: bool = True
    size: int = 5
    k: float = 2.0
    alpha: float = 1e-4
    beta: float = 0.75


def normalization_form() -> Form:
    """Draw the settings of the view in hand and return all."""
    see = _SEE[st.radio("Look at", list(_SEE), key="norm_see", bind="query-params")]
    if see == "sets":
        return _sets_form()
    return _company_form() if see == "company" else _neighbours_form()


def _sets_form() -> Form:
    kind = _KINDS[st.radio("Normalization", list(_KINDS), key="norm_kind", bind="query-params")]
    groups = st.select_slider("Groups of channels", (1, 2, 4, 8), 2, key="norm_groups", bind="query-params",
                              disabled=kind != "group",
                              help="1 group is layer normalization, 8 groups of one channel are instance "
                              "normalization.")  # fmt: skip
    eps = st.select_slider("ε, added to the variance", _EPSILONS, 1e-5, key="norm_eps", bind="query-params",
                           format_func=lambda value: f"{value:f}".rstrip("0").rstrip("."),
                           help="Keeps the division finite where a variance is 0.")  # fmt: skip
    return Form("sets", kind, groups, eps, _first(), _pictures("The other pictures of the batch", "norm_mates"))


def _company_form() -> Form:
    mode = st.segmented_control("The layer is in", ["Train mode", "Eval mode"], default="Train mode", required=True,
                                key="norm_mode", bind="query-params", width="stretch",
                                help="Train: mean and variance of this batch. Eval: the running ones that training "
                                "left behind.")  # fmt: skip
    mates = _pictures("First company", "norm_mates")
    others = _pictures("Second company", "norm_others", ("text",))
    return Form("company", first=_first(), mates=mates, others=others, training=mode == "Train mode")


def _neighbours_form() -> Form:
    size = st.slider(
        "Channels n", 1, 15, 5, key="norm_size", bind="query-params", help="Neighbours whose squares count."
    )
    k = st.number_input("k", 0.1, 10.0, 2.0, 0.1, key="norm_k", bind="query-params")
    alpha = st.number_input("α, as in the paper", 0.0, 10.0, 1e-4, 1e-4, format="%.4f", key="norm_alpha",
                            bind="query-params", help="Multiplies the plain sum of squares.")  # fmt: skip
    beta = st.number_input("β", 0.0, 3.0, 0.75, 0.05, key="norm_beta", bind="query-params")
    st.button("AlexNet's constants", on_click=_use_alexnet, key="norm_alexnet", width="stretch")
    return Form("neighbours", size=size, k=k, alpha=alpha, beta=beta)


def _first() -> int:
    start = st.slider("Channels from", 0, 24, 0, key="norm_first", bind="query-params",
                      help=f"{SHOWN} of the 32 channels of the first convolution of EfficientNet-Lite0.")  # fmt: skip
    return int(start)


def _pictures(label: str, key: str, default: tuple[str, ...] = Form.mates) -> tuple[str, ...]:
    chosen = st.multiselect(label, list(_TITLES), [SAMPLES[name].title for name in default], key=key,
                            bind="query-params", max_selections=7)  # fmt: skip
    return tuple(_TITLES[title] for title in chosen)


def _use_alexnet() -> None:
    st.session_state.update(ALEXNET)
