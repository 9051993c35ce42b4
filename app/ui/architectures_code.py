"""The program that gives exactly the numbers that are on the page Architectures."""

from __future__ import annotations

from app.ui.architectures_state import Form


def architectures_code(form: Form) -> str:
    """Runs as it stands."""
    names = [info.name for info in form.networks[: len(form.sides)]]
    return "\n".join(
        [
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
            "",
        ]
    )
