"""The picture as numbers: the view fetches the picture's own pixels and zooms until its digits can be read."""

from __future__ import annotations

from app.components import view
from app.components.blob import pack

_render = view("weights_zoom")


def weights_zoom(key: str, picture: str, size: tuple[int, int], grey: bool = False) -> None:
    """Mount the view. `picture` is where the browser gets the pixels, `size` the picture's real (height, width).

    `grey`: one number a pixel, the luma of its three.
    """
    header = {"picture": picture, "height": size[0], "width": size[1], "luma": None}
    if grey:
        from cnnviz.image.tensors import LUMA  # here, because torch comes with it

        header["luma"] = LUMA
    _render(key=key, data=pack(header))
