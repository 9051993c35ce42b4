"""Building blocks: each beside what it replaced, with sizes that one sets, its costs computed from the very modules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from app.components.network_graph.component import network_graph_view
from app.ui.architectures_scene import every_block, graph_scene, opened, together
from app.ui.architectures_state import COST, PAGE, Form, graph_key
from app.ui.architectures_words import shape_words
from app.ui.frame import foot_follows
from app.ui.link_notice import LinkNotice
from app.ui.linked import hold, is_count, linked, linked_choice, set_linked, widget_key
from app.ui.sheets import save_button
from cnnviz.analysis import BlockCosts, block_costs
from cnnviz.network import PAIRS, BlockPair, graph

if TYPE_CHECKING:
    from collections.abc import Sequence

PAIR = "arch_pair"
SIZES = "arch_sizes"
"""The sizes in the order of the pair's settings: 28,192,16,32; "" for its own."""
_NOTICE = LinkNotice("_arch_sizes_notice", (PAIR, SIZES))
_BETWEEN = ","
_HEIGHT = 430  # CSS pixels of a block's graph


@dataclass(frozen=True)
class Chosen:
    """The pair and its sizes by name."""

    pair: BlockPair
    sizes: Mapping[str, int]


def read_blocks() -> Chosen:
    """What the link or the learner chose."""
    pair = PAIRS[linked_choice(PAIR, tuple(PAIRS))]
    text = linked(SIZES, "")
    own = {setting.name: setting.default for setting in pair.settings}
    if not text:
        return Chosen(pair, own)
    sizes = _sizes(pair, text)
    if sizes is None:
        _NOTICE.replace(SIZES, f"The link's sizes do not fit “{pair.title}”; here are its own.")
    return Chosen(pair, sizes or own)


def blocks_settings(chosen: Chosen) -> None:
    """Which pair, and its sizes."""
    hold(widget_key(PAIR), chosen.pair.name)
    st.selectbox(
        "Block", list(PAIRS), key=widget_key(PAIR), format_func=lambda name: PAIRS[name].title, on_change=_pair_taken
    )
    for setting in chosen.pair.settings:
        key = _size_key(chosen.pair, setting.name)
        hold(key, chosen.sizes[setting.name])
        st.number_input(setting.title, setting.least, setting.most, key=key, on_change=_size_taken, args=(chosen.pair,))
    _NOTICE.show()
    st.caption(chosen.pair.source)


def draw_blocks(form: Form, chosen: Chosen) -> None:
    """One sentence with the numbers, the two blocks, the table."""
    found = block_costs(chosen.pair.name, dict(chosen.sizes))
    st.markdown(f"{chosen.pair.idea} {chosen.pair.alike}")
    st.markdown(blocks_sentence(chosen.pair, found))
    names = (chosen.pair.before, chosen.pair.after)
    sides = zip(names, (found.modules.before, found.modules.after), (found.before, found.after), strict=True)
    scenes = [graph_scene(name, graph(module, found.modules.input_size), costs) for name, module, costs in sides]
    most = together(*scenes)
    for side, place, scene in zip(("p", "q"), st.columns(2, gap="medium"), scenes, strict=True):
        with place:
            shown = opened(scene, every_block(scene), form.cost, "", most)
            network_graph_view(graph_key(side), shown, partial(_acted, side), _HEIGHT)
    table = _table(names, found)
    st.dataframe(table, hide_index=True, key="arch_blocks_table")
    save_button("Save as CSV", table, f"cnnviz {chosen.pair.name}.csv", "arch_blocks_csv")


def blocks_sentence(pair: BlockPair, found: BlockCosts) -> str:
    """What the later block costs beside the earlier one, in numbers."""
    work, weights = found.multiply_adds, found.parameters
    shapes = found.output_shapes
    out = (
        f"both put out {shape_words(shapes[0])}"
        if shapes[0] == shapes[1]
        else f"they put out {shape_words(shapes[0])} and {shape_words(shapes[1])}"
    )
    return (
        f"For {shape_words(found.modules.input_size)} in, {out}. **{pair.after}**: **{work[1]:,}** multiply-adds, "
        f"{_times(work)} the {work[0]:,} of **{pair.before}**; **{weights[1]:,}** parameters, "
        f"{_times(weights)} the {weights[0]:,}."
    )


def _times(pair: tuple[int, int]) -> str:
    """1/9.7 of, 1.3 × as many as."""
    before, after = pair
    if not before or not after or before == after:
        return "as many as" if before == after else "beside"
    if f"{after / before:.4g}" == "1":
        return f"hardly {'more' if after > before else 'less'} than"
    return f"1/{before / after:.3g} of" if after < before else f"{after / before:.4g} times"


def _table(names: Sequence[str], found: BlockCosts) -> dict[str, list[str]]:
    rows = {
        "Multiply-adds": found.multiply_adds,
        "Parameters": found.parameters,
        "Memory of activations, bytes": found.activation_bytes,
    }
    return {
        "": list(rows),
        names[0]: [f"{pair[0]:,}" for pair in rows.values()],
        names[1]: [f"{pair[1]:,}" for pair in rows.values()],
        f"{names[1]} / {names[0]}": [f"{pair[1] / pair[0]:.3f}" if pair[0] else "" for pair in rows.values()],
    }


def _acted(side: str) -> None:
    """The learner chose what the bars stand for; what is open here is left to the view."""
    set_linked(COST, str(st.session_state[graph_key(side)].act["cost"]))
    foot_follows(PAGE)


def _pair_taken() -> None:
    set_linked(PAIR, str(st.session_state[widget_key(PAIR)]))
    set_linked(SIZES, "")
    _NOTICE.drop()


def _size_taken(pair: BlockPair) -> None:
    values = [int(st.session_state[_size_key(pair, setting.name)]) for setting in pair.settings]
    own = [setting.default for setting in pair.settings]
    set_linked(SIZES, "" if values == own else _BETWEEN.join(map(str, values)))
    foot_follows(PAGE)


def _sizes(pair: BlockPair, text: str) -> dict[str, int] | None:
    """The sizes that a text says; None where it does not fit."""
    parts = text.split(_BETWEEN)
    if len(parts) != len(pair.settings) or not all(map(is_count, parts)):
        return None
    sizes = {setting.name: int(part) for setting, part in zip(pair.settings, parts, strict=True)}
    fits = all(setting.least <= sizes[setting.name] <= setting.most for setting in pair.settings)
    return sizes if fits else None


def _size_key(pair: BlockPair, name: str) -> str:
    return f"arch_{pair.name}_{name}"
