"""The program that gives exactly the numbers that are on the page Architectures."""

from __future__ import annotations

from collections.abc import Mapping

from app.ui.architectures_state import Form


def architectures_code(form: Form, sizes: tuple[str, Mapping[str, int]] | None = None) -> str:
    """Runs as it stands. `sizes`: the pair of building blocks on the page by name, with its sizes."""
    if form.view == "all":
        lines = _ALL
    elif sizes is not None:
        lines = _blocks(*sizes)
    else:
        lines = _networks([info.name for info in form.networks[: len(form.sides)]])
    return "\n".join(lines) + "\n"


_ALL = [
    "from cnnviz import analysis",
    "",
    "for one in analysis.network_figures():",
    "    print(one.title, one.year, one.parameters, one.multiply_adds, one.top1)",
]


def _blocks(name: str, sizes: Mapping[str, int]) -> list[str]:
    return [
        "from cnnviz import analysis",
        "",
        f"costs = analysis.block_costs({name!r}, {dict(sizes)!r})",
        "for block in (costs.before, costs.after):",
        "    for layer in block:",
        "        print(layer.path, layer.kind, layer.output_shape, layer.parameters, layer.multiply_adds)",
        "print(costs.multiply_adds, costs.parameters, costs.activation_bytes)",
    ]


def _networks(names: list[str]) -> list[str]:
    return [
        "from cnnviz import analysis, network",
        "from cnnviz.network.construction import skeleton",
        "",
        f"for name in {names!r}:",
        "    info = network.network_info(name)",
        "    module = skeleton(info)  # its structure: shapes, no weights",
        "    graph = network.graph(module, info.input_size)",
        "    print(info.title, len(graph.nodes) - 1, 'nodes', len(graph.edges), 'edges')",
        "    for layer in analysis.layer_costs(module, info.input_size):",
        "        print(layer.path, layer.kind, layer.output_shape, layer.parameters, layer.multiply_adds)",
        "    totals = analysis.total_costs(module, info.input_size)",
        "    print(totals.parameters, totals.multiply_adds, totals.forward_bytes, totals.training_bytes)",
    ]
