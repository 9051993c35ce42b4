"""Do the fields of this page agree with the published ones, and where not, why? Distill's table beside ours."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

import streamlit as st

from app.ui.sheets import csv_of, save_csv
from cnnviz.analysis import PublishedField, published_fields
from cnnviz.compute import at_work
from cnnviz.network import network_info

_ALL = "All networks"
_CHOICE = "rf_published"
_SOURCE = (
    "Published: Araujo, Norris and Sim, *Computing Receptive Fields of Convolutional Neural Networks*, Distill 2019, "
    "for networks of TF-Slim and pictures of 224 × 224. A difference counts as explained only if our network, "
    "rebuilt in the way that is named, gives the published numbers."
)


def draw_published() -> None:
    """The choice of a network, what the comparison says, the table and the way to save it."""
    with st.spinner("Following the networks of the published table …"), at_work():
        lines = published_fields()
    names = list(dict.fromkeys(line.network for line in lines))
    chosen = st.selectbox(
        "Network of the table",
        [_ALL, *names],
        key=_CHOICE,
        bind="query-params",
        format_func=lambda name: name if name == _ALL else network_info(name).title,
    )
    shown = [line for line in lines if chosen in (_ALL, line.network)]
    st.markdown(published_sentence(shown))
    st.dataframe(
        {
            "Network": [network_info(line.network).title for line in shown],
            "Published layer": [line.end_point for line in shown],
            "Ours": [line.layer for line in shown],
            "Field": [_pair(line.published.size, line.ours.size) for line in shown],
            "Stride": [_pair(line.published.stride, line.ours.stride) for line in shown],
            "Padding": [_pair(line.published.padding, line.ours.padding) for line in shown],
            "Verdict": [verdict(line) for line in shown],
            "Why": [line.explanation for line in shown],
        },
        column_config={
            "Field": st.column_config.TextColumn(help="In pixels: one number where both say the same, else both."),
            "Why": st.column_config.TextColumn(width="large"),
        },
        hide_index=True,
        height=420,
        key="rf_published_table",
    )
    save_csv("Save as CSV", published_csv(shown), "cnnviz published fields.csv", "rf_published_csv")
    st.caption(_SOURCE)


def published_sentence(lines: Sequence[PublishedField]) -> str:
    """How many lines agree, how many of the others are explained, and what explains them."""
    agreeing = sum(line.agrees for line in lines)
    apart = [line for line in lines if not line.agrees]
    said = f"**{agreeing} of {len(lines)}** layers have the published field, stride and padding."
    if not apart:
        return said
    explained = sum(line.explained for line in apart)
    which = f"The other {len(apart)}" if explained == len(apart) else f"{explained} of the other {len(apart)}"
    said += f" {which} differ because the networks are built differently:"
    reasons = dict.fromkeys(line.explanation for line in apart if line.explained)
    shortest = [reason for reason in reasons if not any(other != reason and other in reason for other in reasons)]
    said += "".join(f"\n- {reason}" for reason in shortest)
    left = len(apart) - explained
    return f"{said}\n\n{left} {'is' if left == 1 else 'are'} not explained." if left else said


def verdict(line: PublishedField) -> str:
    """In a word: agrees, explained or differs."""
    return "agrees" if line.agrees else "explained" if line.explained else "differs"


def published_csv(lines: Sequence[PublishedField]) -> str:
    """All lines with both sides' numbers, one row each."""
    kinds = ("size", "stride", "padding")
    sides = ("published", "ours")
    header = ["network", "published_network", "end_point", "layer"]
    named = attrgetter(*header)
    numbers = attrgetter(*(f"{side}.{kind}" for side in sides for kind in kinds))
    return csv_of(
        [*header, *(f"{side}_{kind}" for side in sides for kind in kinds), "verdict", "explanation"],
        ((*named(line), *numbers(line), verdict(line), line.explanation) for line in lines),
    )


def _pair(published: int, ours: int) -> str:
    return f"{ours}" if published == ours else f"{published}, ours {ours}"
