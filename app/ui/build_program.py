"""The stack on the page as a program to take home; none while a layer is impossible."""

from __future__ import annotations

from collections.abc import Sequence

from app.ui.build_state import InputShape
from cnnviz.errors import SettingsError
from cnnviz.network import source
from cnnviz.network.specs import LayerSpec


def program_of(specs: Sequence[LayerSpec], input_shape: InputShape) -> str | None:
    """The source, or None."""
    try:
        return source(specs, input_shape)
    except SettingsError:
        return None
