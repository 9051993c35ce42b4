"""`python -m benchmarks [NAME ...]`: run the benchmarks of those names, or all, and print the table."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from pathlib import Path

from benchmarks.harness import Row
from scripts.environment import restart_with_settings

HELPERS = ("__init__", "__main__", "client", "harness", "networks")
WIDTHS = (58, 44, 10, 10, 8, 20, 6)


def main(names: list[str]) -> int:
    """Print a line for every row as soon as its module is done; 1 if a figure does not hold, 2 for an unknown name."""
    known = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in HELPERS)
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"There is no benchmark {unknown[0]!r}; there are {', '.join(known)}.", file=sys.stderr)
        return 2
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}.")
    print(_line("what", "against", "ours", "peer", "ratio", "limit", "holds"), flush=True)
    rows = []
    for name in names or known:
        module = importlib.import_module(f"benchmarks.{name}")
        for row in module.rows():
            print(format_row(row), flush=True)
            rows.append(row)
    return int(any(row.holds is False for row in rows))


def format_row(row: Row) -> str:
    """One line of the table."""
    limits = [] if row.limit is None else [f"{row.limit:g} ×"]
    limits += [] if row.most is None else [_amount(row.most, row.unit)]
    verdict = {True: "yes", False: "NO", None: ""}[row.holds]
    amounts = (_amount(row.ours, row.unit), _amount(row.peer, row.unit), f"{row.ratio:.2f} ×")
    line = _line(row.what, row.against, *amounts, ", ".join(limits), verdict)
    failed = f"  {row.failures} failed" if row.failures else ""
    return line + failed + (f"  ({row.note})" if row.note else "")


def _amount(value: float, unit: str) -> str:
    return f"{value:,.0f} MB" if unit == "MB" else f"{value * 1e3:,.1f} ms"


def _line(what: str, against: str, *numbers: str) -> str:
    cells = [what.ljust(WIDTHS[0]), against.ljust(WIDTHS[1])]
    cells += [number.rjust(width) for number, width in zip(numbers, WIDTHS[2:], strict=True)]
    return " ".join(cells)


if __name__ == "__main__":
    restart_with_settings()  # what is measured here runs as it does in the app
    sys.exit(main(sys.argv[1:]))
