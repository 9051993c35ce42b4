"""From which recorded pass does a ledger read, and what does its name stand for? One pass a picture, kept a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.components.ledger_view.component import LedgerScene
from app.ui.byte_cache import ByteCache, share_of_memory
from app.ui.feature_maps_passes import kept
from app.ui.ledger_scene import ledger_scene
from app.ui.ledger_units import read_unit
from app.ui.picture import ChosenPicture
from app.ui.shelf import PICTURES
from cnnviz.analysis import record_pass
from cnnviz.compute import at_work

if TYPE_CHECKING:
    from app.ui.feature_maps_layers import Strip
    from cnnviz.analysis.ledger_pass import Pass
    from cnnviz.network import Network

# EfficientNet-Lite0 takes 110 MB a picture, ResNet-152 some 500. What does not fit is recorded anew for each ledger.
_RECORDED: ByteCache[Pass] = ByteCache(share_of_memory(1 / 12, least=256_000_000, most=1_500_000_000))
PICTURES.drop_from(_RECORDED)


def recorded_pass(network: Network, key: tuple[str, str], chosen: ChosenPicture) -> Pass:
    """The pass of this network, named by `key`, for the picture: every number that its ledgers read."""

    def make() -> tuple[Pass, int]:
        with at_work():
            recorded = record_pass(network, chosen.picture)
        return recorded, _bytes(recorded)

    return kept(_RECORDED, (*key, chosen.key), chosen, make)


def ledger_of(
    network: Network,
    key: tuple[str, str],
    chosen: ChosenPicture,
    strip: Strip,
    name: str,
    less: int | None,
    scenes: str,
) -> LedgerScene:
    """The ledger of the unit called `name`, of the class `less` less than it.

    Raises LayerError where there is no such unit.
    """
    unit = read_unit(name, strip)
    recorded = recorded_pass(network, key, chosen)
    with at_work():
        return ledger_scene(network, strip, recorded, unit, less, scenes)


def _bytes(recorded: Pass) -> int:
    """The memory of all values that depend on the picture; values that share it count once."""
    storages = {}
    for value, live in zip(recorded.values, recorded.live, strict=True):
        if live:
            storage = value.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
    return sum(storages.values())
