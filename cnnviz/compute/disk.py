"""How do files survive that the program is killed at any moment, and how do two programs keep off each other's?"""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

PART = ".part"
"""The end of the name of a file that is being written; one that is found later was broken off."""
_PATIENCE = 0.2  # seconds; who asks whether a lock is held alone holds it for a moment


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that at every moment there is the old one or the new one whole, also after a power cut.

    Raises OSError, the old one being untouched.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}{PART}")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder written to the disk, not only the contents."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def bytes_in(folder: Path) -> int:
    """The bytes of all files in a folder and in those below; what goes meanwhile counts nothing."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def hold(path: Path, alone: bool, patience: float = _PATIENCE) -> BinaryIO | None:
    """Hold a lock until the returned file is closed or the program ends, however it ends; None where others hold it.

    `alone`: nobody else may hold it. The file is made where there is none; its folder must be there. Processes that the
    program forks meanwhile hold it with it.
    """
    file = path.open("ab")
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            if time.monotonic() >= end:
                file.close()
                return None
            time.sleep(0.01)


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock alone at this moment."""
    try:
        file = hold(path, alone=False, patience=0)
    except FileNotFoundError:
        return False
    if file is None:
        return True
    file.close()
    return False
