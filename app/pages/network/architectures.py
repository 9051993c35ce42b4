"""Architectures: how are famous networks built, what does each part cost, and what did it replace?"""

from __future__ import annotations

from collections.abc import Mapping

from app.ui.architectures_code import architectures_code
from app.ui.architectures_form import network_setting, show_card, view_setting
from app.ui.architectures_state import PAGE, Form, read_form
from app.ui.frame import bench, close_page, guarded, live, open_page

chosen = open_page(
    "Architectures",
    "A network as it runs, from the picture to the answer: open its blocks, see what each costs, set two side by side.",
)


def show_networks(form: Form) -> None:
    settings, picture = bench()
    with settings:
        for side, info in zip(form.sides, form.networks, strict=False):
            network_setting(side, info)
    with picture:
        # torch is in from here on; before, these imports would hold up the page.
        from app.ui.architectures_graphs import draw_graphs, draw_layers, draw_totals

        shown = draw_graphs(form)
    with settings:
        for one in shown:
            show_card(one.info)
            draw_totals(one)
    draw_layers(form, shown)


def show_all() -> None:
    from app.ui.architectures_all import draw_all

    draw_all()


def show_blocks(form: Form) -> tuple[str, Mapping[str, int]]:
    from app.ui.architectures_blocks import blocks_settings, draw_blocks, read_blocks

    settings, picture = bench()
    blocks = read_blocks()
    with picture:
        guarded(lambda: draw_blocks(form, blocks))
    with settings:
        blocks_settings(blocks)
    return blocks.pair.name, blocks.sizes


def body() -> None:
    form = read_form()
    view_setting(form)
    sizes = None
    if form.view == "blocks":
        sizes = guarded(lambda: show_blocks(form))
    elif form.view == "all":
        guarded(show_all)
    else:
        guarded(lambda: show_networks(form))
    close_page(PAGE, architectures_code(form, sizes), chosen)


live(body, chosen)
