"""Feature maps as tiles, before and after normalization: checks and packs what the view draws.

Pointing at a tile lights up all that share its statistics, in the browser; the normalized values are worked out there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from app.components import view
from app.components.blob import pack
from app.components.colour_bar import ColourBar

_render = view("norm_tiles")

Mode = Literal["sets", "company", "neighbours"]


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything the view shows, as R rows and C columns of tiles (H, W).

    `values` (R, C, H, W) float32 are the maps before. `mean` and `variance` (S, R, C) float64 are what each tile is
    normalized by, S = 1, or 2 where two companies are compared (`rows` is then one picture). `members` (R·C, R·C) is 1
    where two tiles share statistics. `counts` (R, C): how many values share them. `step`: the tiles hold every so many
    rows and columns of the maps; a place is said in the maps' own rows and columns.
    """

    mode: Mode
    values: npt.NDArray[np.float32]
    mean: npt.NDArray[np.float64]
    variance: npt.NDArray[np.float64]
    members: npt.NDArray[np.uint8]
    counts: npt.NDArray[np.int32]
    rows: Sequence[str]
    columns: Sequence[str]
    titles: Sequence[str]
    before: ColourBar
    after: ColourBar
    palettes: tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]
    sharing: str = ""
    eps: float = 1e-5
    lrn: dict[str, float] | None = None
    step: int = 1


def norm_tiles(key: str, scene: Scene) -> None:
    """Mount the view."""
    header: dict[str, Any] = {
        "mode": scene.mode,
        "rows": scene.rows,
        "columns": scene.columns,
        "titles": scene.titles,
        "bars": [asdict(scene.before), asdict(scene.after)],
        "sharing": scene.sharing,
        "eps": scene.eps,
        "lrn": scene.lrn,
        "step": scene.step,
    }
    blob = pack(
        header,
        values=scene.values,
        mean=scene.mean,
        variance=scene.variance,
        members=scene.members,
        counts=scene.counts,
        before=scene.palettes[0],
        after=scene.palettes[1],
    )
    _render(key=key, data=blob)
