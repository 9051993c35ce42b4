"""All networks: accuracy against work, who built on whom, and the table of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from app.ui.architectures_form import show_card
from app.ui.architectures_state import VIEW, take_network
from app.ui.charts import show_chart
from app.ui.link_notice import LinkNotice
from app.ui.linked import follows, hold, linked, set_linked, widget_key
from app.ui.network_picker import by_family
from app.ui.plain import plain
from app.ui.sheets import save_button
from app.ui.theme import chart_colours
from cnnviz import plot
from cnnviz.analysis import NetworkFigures, network_figures
from cnnviz.network import card, family_tree, network_info, network_names

PICKED = "arch_picked"
_SCATTER, _TREE = "arch_scatter", "arch_tree"
_OPENING = "googlenet"
_NOTICE = LinkNotice("_arch_picked_notice", (PICKED,), {PICKED: _OPENING})
# The table's headings, and what the sheet that is saved calls the same columns.
_HEADINGS = {
    "Network": "network",
    "Family": "family",
    "Year": "year",
    "Parameters": "parameters",
    "Multiply-adds": "multiply-adds",
    "Top-1, %": "top-1 %",
    "Goes on from": "goes on from",
}


def draw_all() -> None:
    """Both charts, the card of what was clicked, the table."""
    picked = _picked()
    known = network_figures()
    compared = [one for one in known if one.comparable]
    charts, beside = st.columns([3.6, 1.2], gap="medium")
    with charts:
        st.subheader("Accuracy against work", anchor=False)
        st.markdown(all_sentence(known))
        show_chart(plot.accuracy_figure(compared, picked, chart_colours()), _SCATTER, _clicked_in(_SCATTER))
        st.subheader("Who built on whom", anchor=False)
        st.markdown("By the year of the paper; a line leads from each to those that it goes on from.")
        show_chart(plot.family_figure(family_tree(), picked, chart_colours()), _TREE, _clicked_in(_TREE))
    with beside:
        hold(widget_key(PICKED), picked)
        st.selectbox(
            "Network", [info.name for info in by_family()], format_func=lambda name: network_info(name).title,
            help="Or click a point in either chart.", **follows(PICKED),
        )  # fmt: skip
        _NOTICE.show()
        show_card(network_info(picked))
        if parents := _parents(picked):
            st.markdown(f"Goes on from {parents}.")
        st.button("Open its graph", on_click=_open_graph, args=(picked,), key="arch_open_graph", type="primary")
    _table(sorted(known, key=lambda one: (one.year, one.family, one.parameters)))


def all_sentence(known: Sequence[NetworkFigures]) -> str:
    """How many are shown, how many cannot be, and how far apart the extremes are."""
    shown = [one for one in known if one.comparable]
    best = max(shown, key=lambda one: one.top1 or 0)
    least = min(shown, key=lambda one: one.multiply_adds or 0)
    missing = len(known) - len(shown)
    return (
        f"{len(shown)} networks whose accuracy was published with their weights; {missing} others have none and are in "
        f"the table only. Areas are parameters. From {least.title} to {best.title} accuracy goes from {least.top1:.1f} "
        f"to {best.top1:.1f} %, and work grows {(best.multiply_adds or 0) / (least.multiply_adds or 1):,.0f} times. "
        "Not all were trained alike: newer recipes lift old networks, too."
    )


def figures_sheet(known: Sequence[NetworkFigures]) -> dict[str, Sequence[object]]:
    """Every network, column by column; None where nothing was published."""
    return {
        "network": [one.title for one in known],
        "family": [one.family for one in known],
        "year": [one.year for one in known],
        "parameters": [one.parameters for one in known],
        "multiply-adds": [one.multiply_adds for one in known],
        "top-1 %": [one.top1 for one in known],
        "goes on from": [_parents(one.name) for one in known],
        "paper": [card(one.name).paper for one in known],
    }


def _picked() -> str:
    """The network of the link or of the learner's choice."""
    name = linked(PICKED, _OPENING)
    if name in network_names():
        return name
    _NOTICE.replace(PICKED, f"There is no network “{plain(name, 40)}”; here is {network_info(_OPENING).title}.")
    return _OPENING


def _table(known: Sequence[NetworkFigures]) -> None:
    number, sheet = st.column_config.NumberColumn(format="localized"), figures_sheet(known)
    st.dataframe(
        {
            **{heading: sheet[name] for heading, name in _HEADINGS.items()},
            "Introduced": [card(one.name).introduced for one in known],
        },
        column_config={
            "Year": st.column_config.NumberColumn(format="%d"),
            "Parameters": number,
            "Multiply-adds": number,
            "Top-1, %": st.column_config.NumberColumn(format="%.1f"),
        },
        hide_index=True,
        height=420,
        key="arch_all_table",
        placeholder="",
    )
    st.caption("By year. Multiply-adds and accuracy as published with the weights; a cell is empty where none are.")
    save_button("Save all networks as CSV", sheet, "cnnviz networks.csv", "arch_all_csv")


def _parents(name: str) -> str:
    """The networks that this one goes on from, as the family tree's lines say it."""
    return ", ".join(network_info(parent).title for parent in card(name).builds_on)


def _clicked_in(chart: str) -> Callable[[], None]:
    def clicked() -> None:
        points = st.session_state[chart].selection.points
        if points:
            set_linked(PICKED, str(points[0]["customdata"][0]))

    return clicked


def _open_graph(name: str) -> None:
    take_network("a", name)
    set_linked(VIEW, "one")
