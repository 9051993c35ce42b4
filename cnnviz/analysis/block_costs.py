"""What does a building block cost beside the one that it replaced? Both are built, and counted by `layer_costs`."""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.analysis.costs import LayerCost, layer_costs
from cnnviz.network.block_pairs import BlockModules, Sizes, build_pair


@dataclass(frozen=True)
class BlockCosts:
    """The two blocks of a pair with the costs of their layers, for one input.

    Attributes:
        modules: both, and the shape that they were counted for.
        before, after: the layers of each, in execution order.
    """

    modules: BlockModules
    before: tuple[LayerCost, ...]
    after: tuple[LayerCost, ...]

    @property
    def multiply_adds(self) -> tuple[int, int]:
        """Of the block that was replaced, and of the one that came later."""
        return sum(layer.multiply_adds for layer in self.before), sum(layer.multiply_adds for layer in self.after)

    @property
    def parameters(self) -> tuple[int, int]:
        """Likewise."""
        return sum(layer.parameters for layer in self.before), sum(layer.parameters for layer in self.after)

    @property
    def activation_bytes(self) -> tuple[int, int]:
        """Likewise; what the layers fill anew."""
        return _memory(self.before), _memory(self.after)

    @property
    def output_shapes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What each puts out."""
        return self.before[-1].output_shape, self.after[-1].output_shape


def block_costs(name: str, sizes: Sizes | None = None) -> BlockCosts:
    """The costs of a pair of :data:`cnnviz.network.block_pairs.PAIRS`; raises SettingsError as `build_pair` does."""
    modules = build_pair(name, sizes)
    before, after = (tuple(layer_costs(one, modules.input_size)) for one in (modules.before, modules.after))
    return BlockCosts(modules, before, after)


def _memory(layers: tuple[LayerCost, ...]) -> int:
    return sum(layer.activation_bytes for layer in layers)
