"""All layers of a network side by side: checks and packs what the view draws.

What is sent depends on the network alone, so it does not travel again when another layer is shown: which one is marked
the view hears from the mosaic on the same page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from app.components import view
from app.components.blob import pack

_render = view("layer_strip")


class _Call(Protocol):
    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def layout(self) -> str: ...


class Block(Protocol):
    """One layer: see `app.ui.feature_maps_layers.StripLayer`."""

    @property
    def id(self) -> str: ...

    @property
    def word(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def layer(self) -> _Call: ...


def layer_strip(
    key: str, network: str, blocks: Sequence[Block], left_out: int, marked: str | None, on_choose: Callable[[], None]
) -> None:
    """Mount the strip. `on_choose`: `state[key].choose` is the id of the layer that the learner chose.

    `marked` is the layer to mark where there is no mosaic that tells; else None.
    """
    header = {
        "network": network,
        "left_out": left_out,
        "marked": marked,
        "layers": [[block.id, block.word, block.kind, block.layer.layout, block.layer.shape] for block in blocks],
    }
    _render(key=key, data=pack(header), on_choose_change=on_choose)
