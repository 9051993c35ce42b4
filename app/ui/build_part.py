"""The list of layers on the page Build a network: drawn by the page, and its next scenes given to the view directly."""

from __future__ import annotations

from app.components.stack_builder.component import packed, stack_builder
from app.ui.build_state import VIEW, edited, read_stack, serial, show_notice, spell
from app.ui.build_view import build_scene
from app.ui.picture import ChosenPicture
from app.ui.scenes import offered
from app.ui.theme import current_theme


def build_part(chosen: ChosenPicture) -> None:
    """Draw the list of the stack in hand.

    After an edit the view asks for the numbers by itself, by a name of the report's number and the stack, and tells
    the page afterwards.
    """
    theme = current_theme()

    def ahead(name: str) -> bytes | None:
        number, _, text = name.partition(" ")
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            return None
        return packed(build_scene(text, chosen, theme), int(number), address)

    specs, input_shape = read_stack()
    address = offered("build_a_network", chosen, ahead)
    show_notice()
    scene = build_scene(spell(specs, input_shape), chosen, theme)
    stack_builder(VIEW, packed(scene, serial(), address), on_stack=edited)
