"""Running what *Code* shows, each time in a process of its own.

Importing torch takes seconds. So one interpreter imports it once, and each program runs in a fork of that one, which
has the heavy libraries in and nothing else.
"""

from __future__ import annotations

import atexit
import gc
import os
import subprocess
import sys
import traceback
from functools import cache
from pathlib import Path

PROGRAM, PRINTED = "program.py", "printed.txt"


def run_program(code: str, folder: Path) -> str:
    """What the program prints, run from its file in `folder`; fails with the program's own traceback."""
    (folder / PROGRAM).write_text(code)
    starter = _starter()
    assert starter.stdin is not None and starter.stdout is not None
    starter.stdin.write(f"{folder}\n")
    starter.stdin.flush()
    ended = starter.stdout.readline().strip()
    printed = (folder / PRINTED).read_text()
    assert ended == "0", printed
    return printed


@cache
def _starter() -> subprocess.Popen[str]:
    starter = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(starter.kill)
    return starter


def _serve() -> None:
    """Read a folder a line; run its program in a fork; answer with how it ended."""
    gc.disable()  # there is nothing to find while libraries are loaded, and looking takes a fifth of that time
    import numpy  # noqa: F401
    import timm.models.efficientnet  # noqa: F401
    import torchvision  # noqa: F401

    gc.freeze()  # nor among what was loaded
    gc.enable()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(_run(line.rstrip("\n")))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _run(folder: str) -> int:
    os.chdir(folder)
    sys.path[0] = folder  # as if it had been started from there
    with Path(PRINTED).open("w") as sys.stdout:
        try:
            exec(compile(Path(PROGRAM).read_text(), PROGRAM, "exec"), {"__name__": "__main__"})
        except BaseException:
            traceback.print_exc(file=sys.stdout)
            return 1
        return 0


if __name__ == "__main__":
    _serve()
