"""Which pictures does a zip of folders hold, read so that no archive can fill the memory?"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import BinaryIO

from cnnviz.image import MAX_BYTES
from cnnviz.learn.datasets import DatasetError
from cnnviz.learn.own_zip import noted

MOST_ZIP_BYTES = 500_000_000
"""Of the archive itself."""
MOST_UNPACKED = 2_000_000_000
"""Bytes that all its files together may say they unpack to; a zip of zeros says a thousand times its own size."""
MOST_FILES = 20_000
_LEFT_OUT = ("__MACOSX", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class ZippedFile:
    """One file of an archive.

    Attributes:
        folder: the folder it lies in, without those above, or the class it is noted to be of; "" at the top.
        name: the file's own name.
        content: its bytes; None where they cannot be had.
        problem: then a sentence why.
        group: the burst it is noted to be of, see :func:`cnnviz.learn.zip_of_pictures`.
    """

    folder: str
    name: str
    content: bytes | None
    problem: str = ""
    group: str | None = None


def zipped_files(source: bytes | BinaryIO) -> Iterator[ZippedFile]:
    """The files of an archive one at a time, in its order, without what systems add by themselves.

    A file that is encrypted, damaged or larger than a picture may be costs none of the others. At most one file is in
    the memory, and of each at most ``MAX_BYTES`` are unpacked, whatever the archive says of it.

    Raises:
        DatasetError: it is no zip, or holds too much altogether.
    """
    file = BytesIO(source) if isinstance(source, bytes) else source
    if file.seek(0, 2) > MOST_ZIP_BYTES:
        raise DatasetError(f"This zip is larger than {MOST_ZIP_BYTES // 10**6} MB; pack fewer or smaller pictures.")
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DatasetError("This is no zip file, or only a part of one; pack the folders again.") from error
    with archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _left_out(entry.filename)]
        if len(entries) > MOST_FILES:
            raise DatasetError(f"This zip holds {len(entries):,} files; pack {MOST_FILES:,} at most.")
        if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
            raise DatasetError(f"Unpacked, this zip would take over {MOST_UNPACKED // 10**9} GB; pack fewer pictures.")
        for entry in entries:
            yield _read(archive, entry)


def _left_out(path: str) -> bool:
    parts = PurePosixPath(path.replace("\\", "/")).parts
    return any(part in _LEFT_OUT or part.startswith(".") for part in parts)


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> ZippedFile:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    class_name, group = noted(entry)
    folder = class_name or path.parent.name
    if entry.file_size > MAX_BYTES:
        return ZippedFile(folder, path.name, None, f"It is larger than {MAX_BYTES // 10**6} MB.")
    if entry.flag_bits & 1:
        return ZippedFile(folder, path.name, None, "It is encrypted; pack it without a password.")
    try:
        with archive.open(entry) as file:
            content = file.read(MAX_BYTES + 1)
    except Exception:  # decoders raise whatever their format's code raises; to a learner it is one thing
        return ZippedFile(folder, path.name, None, "It is damaged in this zip; pack it again.")
    return ZippedFile(folder, path.name, content, group=group)
