"""From which numbers is the map of a network drawn? The recorded pass of each picture, shared with the ledgers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from app.ui.byte_cache import ByteCache
from app.ui.feature_maps_passes import kept
from app.ui.ledger_passes import recorded_pass
from app.ui.picture import ChosenPicture
from app.ui.shelf import PICTURES
from cnnviz.analysis import NetworkMap, column_maps, contributions, layer_table, network_map
from cnnviz.compute import at_work
from cnnviz.errors import LayerError

if TYPE_CHECKING:
    from torch import nn

    from cnnviz.analysis import MapColumn, Pass
    from cnnviz.analysis.network_map_feeds import Shares
    from cnnviz.network import Network

Maps = npt.NDArray[np.float32]

_CHARTS: WeakKeyDictionary[nn.Module, NetworkMap] = WeakKeyDictionary()
_SPOKEN: ByteCache[tuple[Shares, ...]] = ByteCache(16_000_000)
PICTURES.drop_from(_SPOKEN)


@dataclass(frozen=True, eq=False)
class Side:
    """One picture in the network: its recorded pass and the network's logits (classes,)."""

    chosen: ChosenPicture
    recorded: Pass
    logits: npt.NDArray[np.float32]

    def maps(self, column: MapColumn) -> Maps | None:
        """A column's values as maps (C, H, W); None where they have no rows and columns."""
        try:
            return column_maps(self.recorded, column).cpu().numpy()
        except LayerError:
            return None


def side_of(network: Network, key: tuple[str, str], chosen: ChosenPicture) -> Side:
    """The pass of this network, named by `key`, for the picture."""
    recorded = recorded_pass(network, key, chosen)
    logits = recorded.values[recorded.output].detach().float().cpu().numpy().reshape(-1)
    return Side(chosen, recorded, logits)


def chart_of(network: Network, side: Side) -> NetworkMap:
    """The network's map; made once for each network, the same for every picture."""
    known = _CHARTS.get(network.module)
    if known is None:
        known = _CHARTS[network.module] = network_map(side.recorded, layer_table(network))
    return known


def speaking(chart: NetworkMap, key: tuple[str, str], side: Side, target: int) -> tuple[Shares, ...]:
    """How much each channel of each column speaks for a class."""

    def make() -> tuple[tuple[Shares, ...], int]:
        with at_work():
            found = contributions(side.recorded, chart, target)
        return found, sum(shares.nbytes for shares in found)

    return kept(_SPOKEN, (*key, side.chosen.key, str(target)), side.chosen, make)
