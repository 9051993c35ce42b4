"""The program that gives the figures on the page Lecture numbers, and the working of the open one."""

from __future__ import annotations

from app.components.lecture_list.component import ListState


def lecture_code(state: ListState | None) -> str:
    """Runs as it stands; the search is left out."""
    lines = ["from cnnviz import analysis", "", "figures = analysis.lecture_figures()"]
    if state is None:
        return "\n".join(lines) + "\n"
    conditions = {"differ": ["not figure.agrees"], "agree": ["figure.agrees"]}.get(state.show, [])
    if state.note:
        conditions.append(f"figure.note == {state.note}")
    chosen = f" if {' and '.join(conditions)}" if conditions else ""
    lines += [
        f"shown = [figure for figure in figures{chosen}]",
        "print(len(shown), len(figures))",
        "for figure in shown:",
        "    print(figure.number, figure.topic, figure.what, figure.given, figure.computed, figure.verdict, sep=' | ')",
    ]
    if state.opened:
        lines += [
            "",
            f"figure = figures[{state.opened} - 1]",
            "print(figure.quote, figure.working, figure.source, figure.why, sep='\\n')",
        ]
    return "\n".join(lines) + "\n"
