"""Does the graph have every layer that ran, with what it put out and what it read; are its blocks those people name?"""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor, nn

from cnnviz.analysis import layer_costs
from cnnviz.errors import SettingsError
from cnnviz.network import GraphGroup, NetworkGraph, graph, network_info
from cnnviz.network.construction import skeleton

# One of each structure: a list, residuals, bottlenecks with gates, branches, dense joins, halves, tokens, windows.
DIFFERENT = (
    "alexnet", "resnet18", "efficientnet_b0", "googlenet", "densenet121", "shufflenet_v2_x0_5", "vit_b_32", "swin_t",
    "convnext_tiny", "efficientnet_lite0",
)  # fmt: skip


@pytest.fixture(scope="module")
def modules() -> dict[str, nn.Module]:
    """Each network without memory, built once."""
    return {name: skeleton(network_info(name)) for name in DIFFERENT}


@pytest.mark.parametrize("name", DIFFERENT)
def test_every_layer_that_a_hook_sees_is_a_node_with_its_output_shape(name: str, modules: dict[str, nn.Module]) -> None:
    module, size = modules[name], network_info(name).input_size
    found = graph(module, size)
    layers = {(node.path, node.call): node.shape for node in found.nodes if not node.operation}
    assert layers == _hooked(module, size)


@pytest.mark.parametrize("name", DIFFERENT)
def test_every_node_has_its_row_among_the_costs(name: str, modules: dict[str, nn.Module]) -> None:
    module, size = modules[name], network_info(name).input_size
    costs = {(cost.path, cost.call, cost.kind): cost for cost in layer_costs(module, size)}
    nodes = graph(module, size).nodes[1:]
    assert all(costs[node.path, node.call, node.kind].output_shape == node.shape for node in nodes)
    counted = {(node.path, node.call, node.kind) for node in nodes}
    assert all(not cost.multiply_adds and not cost.parameters for key, cost in costs.items() if key not in counted)


@pytest.mark.parametrize("name", DIFFERENT)
def test_the_groups_hold_every_node_once_and_every_node_leads_to_the_answer(
    name: str, modules: dict[str, nn.Module]
) -> None:
    found = graph(modules[name], network_info(name).input_size)
    held = [part for group in found.root.groups() for part in group.parts if isinstance(part, int)]
    assert sorted(held) == list(range(1, len(found.nodes)))
    keys = [group.key for group in found.root.groups()]
    assert len(set(keys)) == len(keys)
    assert all(edge.source < edge.target for edge in found.edges)
    read = {edge.source for edge in found.edges}
    assert set(range(len(found.nodes))) - read == set(found.answers)


def _hooked(module: nn.Module, size: tuple[int, int, int]) -> dict[tuple[str, int], tuple[int, ...]]:
    """What plain hooks of torch see on the layers of a real module: the shapes that they put out."""
    from torchvision.models.swin_transformer import ShiftedWindowAttention

    whole = (nn.MultiheadAttention, ShiftedWindowAttention)
    seen: dict[tuple[str, int], tuple[int, ...]] = {}
    calls = itertools.count
    counters: dict[str, itertools.count[int]] = {}
    handles = []
    inside: tuple[str, ...] = ()
    for path, part in module.named_modules():
        if (
            path.startswith(inside)
            or isinstance(part, nn.Identity)
            or (list(part.children()) and not isinstance(part, whole))
        ):
            continue
        if isinstance(part, whole):
            inside += (f"{path}.",)

        def hook(_: nn.Module, inputs: object, output: Tensor | tuple[Tensor, ...], path: str = path) -> None:
            tensor = output if isinstance(output, Tensor) else output[0]
            call = next(counters.setdefault(path, calls()))
            seen[path, call] = tuple(tensor.shape[1:] if tensor.shape[0] == 1 else tensor.shape)

        handles.append(part.register_forward_hook(hook))
    try:
        with torch.no_grad():
            module.eval()(torch.zeros(1, *size, device="meta"))
    finally:
        for handle in handles:
            handle.remove()
    return seen


def _titles(found: NetworkGraph) -> list[str]:
    return [part.title for part in found.root.parts if isinstance(part, GraphGroup)]


def test_blocks_have_the_names_that_people_use(modules: dict[str, nn.Module]) -> None:
    resnet = graph(modules["resnet18"])
    assert _titles(resnet) == ["Stem", "Stage 1", "Stage 2", "Stage 3", "Stage 4", "Head"]
    googlenet = graph(modules["googlenet"])
    assert _titles(googlenet) == ["Stem", "inception3a–3b", "inception4a–4e", "inception5a–5b", "Head"]
    blocks = {group.title: group.path for group in googlenet.root.groups() if group.kind == "block"}
    assert blocks["inception4a"] == "inception4a"
    block = next(group for group in resnet.root.groups() if group.path == "layer3.1" and group.kind == "block")
    assert (block.title, block.module) == ("Block 2", "BasicBlock")
    assert _titles(graph(modules["alexnet"])) == ["Stage 1", "Stage 2", "Stage 3", "Head"]


def test_a_layer_is_a_convolution_with_what_alone_reads_it(modules: dict[str, nn.Module]) -> None:
    found = graph(modules["resnet18"])
    layers = {group.key: [found.nodes[node].kind for node in group.nodes] for group in found.root.groups()}
    assert layers["conv1:0"] == ["Conv2d", "BatchNorm2d", "ReLU"]
    assert layers["layer1.0.conv2:0"] == ["Conv2d", "BatchNorm2d"]
    assert layers["layer1.0:add:0"] == ["add", "ReLU"]


def test_a_skip_connection_is_an_edge_round_the_block(modules: dict[str, nn.Module]) -> None:
    found = graph(modules["resnet18"])
    (add,) = (node for node in found.nodes if (node.path, node.kind) == ("layer1.0", "add"))
    assert [found.nodes[source].path for source in found.sources(add.index)] == ["layer1.0.bn2", "maxpool"]
    (pool,) = (node for node in found.nodes if node.path == "maxpool")
    assert [found.nodes[reader].path for reader in found.readers(pool.index)] == ["layer1.0.conv1", "layer1.0"]


def test_edges_carry_what_is_read_of_an_output(modules: dict[str, nn.Module]) -> None:
    halves = graph(modules["shufflenet_v2_x0_5"])
    cat = next(node for node in halves.nodes if (node.path, node.call) == ("stage2.1", 0) and node.kind == "cat")
    read = {halves.nodes[edge.source].path: edge.shape for edge in halves.edges if edge.target == cat.index}
    assert read == {"stage2.0": (24, 28, 28), "stage2.1.branch2.7": (24, 28, 28)}
    flattened = graph(modules["resnet18"])
    (edge,) = (edge for edge in flattened.edges if flattened.nodes[edge.target].path == "fc")
    assert (flattened.nodes[edge.source].shape, edge.shape) == ((512, 1, 1), (512,))


class _Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.drop = nn.Dropout()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        once = self.relu(self.conv(x))
        twice = self.conv(self.drop(once))
        return {"sum": 0.5 * twice + once, "once": once}


def test_a_layer_called_twice_is_two_nodes_and_dropout_passes_on_without_taking_over() -> None:
    found = graph(_Twice(), (3, 8, 8))
    calls = [(node.path, node.call, node.kind) for node in found.nodes[1:]]
    assert calls == [
        ("conv", 0, "Conv2d"), ("relu", 0, "ReLU"), ("drop", 0, "Dropout"), ("conv", 1, "Conv2d"), ("", 0, "add"),
    ]  # fmt: skip
    assert found.sources(5) == (4, 2)
    assert found.answers == (5, 2)


def test_what_only_fills_a_place_is_no_node() -> None:
    module = nn.Sequential(nn.Identity(), nn.Conv2d(3, 4, 1), nn.Sequential())
    assert [node.kind for node in graph(module, (3, 8, 8)).nodes] == ["picture", "Conv2d"]


def test_a_module_that_needs_values_is_followed_with_zeros() -> None:
    class Chooses(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(4, 2), nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            chosen: Tensor = self.first(x) if float(x.sum()) == 0 else self.second(x)
            return chosen

    assert [(node.path, node.kind) for node in graph(Chooses(), (4,)).nodes[1:]] == [("", "sum"), ("first", "Linear")]


def test_an_input_that_does_not_fit_is_refused_with_the_layer_that_refuses_it() -> None:
    with pytest.raises(SettingsError, match=r"Linear at '1' says"):
        graph(nn.Sequential(nn.Flatten(), nn.Linear(10, 2)), (3, 8, 8))


def test_the_module_itself_keeps_no_hook_and_no_mark() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    graph(module, (3, 8, 8))
    assert all(not part._forward_hooks and not part._forward_pre_hooks for part in module.modules())
    assert graph(module, (3, 8, 8)) is graph(module, (3, 8, 8))
