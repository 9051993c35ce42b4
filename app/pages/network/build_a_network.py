"""Build a network: stack layers, and see at once what each makes of the picture, what it costs and what it sees."""

from __future__ import annotations

from app.components.stack_builder.component import stack_builder
from app.ui.build_code import build_code
from app.ui.build_form import build_form
from app.ui.build_state import PAGE, VIEW, InputShape, edited, read_stack, show_notice
from app.ui.frame import bench, close_page, guarded, live, open_page
from cnnviz.compute import warm_up
from cnnviz.network.specs import LayerSpec

chosen = open_page(
    "Build a network",
    "Stack layers: shapes, parameters, multiply-adds, memory and receptive field follow, and the picture runs through.",
)


def show(specs: tuple[LayerSpec, ...], input_shape: InputShape) -> str | None:
    """Draw the list; returns the program that makes the network, None while a layer is impossible."""
    warm_up().wait_for(("torch",))
    # torch is in from here on; before, these imports would hold up the page.
    from app.ui.build_program import program_of
    from app.ui.build_view import build_scene

    show_notice()
    stack_builder(VIEW, build_scene(specs, input_shape, chosen), on_stack=edited)
    return program_of(specs, input_shape)


def body() -> None:
    settings, picture = bench()
    specs, input_shape = read_stack()
    with picture:
        program = guarded(lambda: show(specs, input_shape))
    with settings:
        build_form(specs, input_shape, program)
    close_page(PAGE, build_code(specs, input_shape, chosen, program), chosen)


live(body, chosen)
