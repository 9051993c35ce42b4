"""How do a learner's own pictures go home, and come back? As a zip with a folder for each class.

The files are those that are kept, bit by bit. The comment of each names its class, which may hold signs that no folder
may, and its burst: who adds the zip again has the same classes and bursts.
"""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from PIL import Image

from cnnviz.learn.datasets import Dataset, DatasetError, Example, Source

_PIECE = 1 << 20
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_LONGEST = 80
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # names that no file can have on Windows

ZIP_NAME = "my_classes.zip"
"""What the zip is called; the program that teaches again looks for it by this name."""

Place = tuple[str, int, str | None]
"""The name of a picture in the zip, the number of its class, its burst."""


def zip_of_pictures(dataset: Dataset) -> Iterator[bytes]:
    """The zip piece by piece, in the order of the classes; no more than one picture is in the memory at a time.

    A picture whose file is gone meanwhile is left out.
    """
    out = _Pieces()
    pairs = zip(dataset.examples, places_in_zip(dataset), strict=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:  # JPEG files do not get smaller
        for example, (name, _, group) in sorted(pairs, key=lambda pair: pair[1][1]):
            try:
                content = _content(example.source)
            except OSError:
                continue
            entry = zipfile.ZipInfo(name, time.localtime()[:6])
            entry.comment = json.dumps({"class": dataset.classes[example.label], "burst": group}).encode()
            with archive.open(entry, "w") as file:
                for start in range(0, len(content), _PIECE):
                    file.write(content[start : start + _PIECE])
                    yield out.taken()
    yield out.taken()


def places_in_zip(dataset: Dataset) -> tuple[Place, ...]:
    """What each picture is called in the zip, in the data set's order: by its own name, numbered where two meet."""
    folders = _unlike([_fit_for_a_file(name) or "class" for name in dataset.classes])
    names = [f"{folders[one.label]}/{_file_name(one, number)}" for number, one in enumerate(dataset.examples)]
    places = zip(_unlike(names), dataset.examples, strict=True)
    return tuple((name, one.label, one.group) for name, one in places)


def dataset_from_zip(archive: Path, classes: Sequence[str], places: Sequence[Sequence[str | int | None]]) -> Dataset:
    """The data set that was packed, with the same pictures in the same order.

    Raises DatasetError where the archive cannot be read or a picture is missing.
    """
    examples = []
    try:
        with zipfile.ZipFile(archive) as file:
            for name, label, group in places:
                assert isinstance(name, str) and isinstance(label, int) and not isinstance(group, int)
                examples.append(Example(file.read(name), label, PurePosixPath(name).name, group))
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise DatasetError(
            f"{archive.name} is not the zip of these pictures: {error}; put it beside the program as it was downloaded."
        ) from error
    return Dataset("own", "Your own classes", tuple(classes), tuple(examples))


def noted(entry: zipfile.ZipInfo) -> tuple[str | None, str | None]:
    """The class and the burst that the comment of a picture in a zip names; None for what it does not."""
    try:
        note = json.loads(entry.comment)
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(note, dict):
        return None, None
    name, burst = note.get("class"), note.get("burst")
    return (name if isinstance(name, str) else None), (burst[:_LONGEST] if isinstance(burst, str) else None)


class _Pieces(io.RawIOBase):
    """A file that only grows, and hands out what was written since it was last asked."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]  # any buffer may come
        self._held += content
        return len(content)

    def taken(self) -> bytes:
        piece = bytes(self._held)
        self._held.clear()
        return piece


def _content(source: Source) -> bytes:
    """The file as it is; of a picture that has none, one from which exactly its pixels come back."""
    if isinstance(source, Image.Image):
        file = io.BytesIO()
        source.save(file, "PNG")
        return file.getvalue()
    return source if isinstance(source, bytes) else source.read_bytes()


def _file_name(example: Example, number: int) -> str:
    """Its own name with the ending of what is kept, whatever it came as."""
    own = _fit_for_a_file(PurePosixPath(example.name).stem) or f"picture {number + 1}"
    source = example.source
    ending = source.suffix if isinstance(source, Path) else ".png" if isinstance(source, Image.Image) else ""
    return f"{own}{ending}"


def _fit_for_a_file(name: str) -> str:
    """Without what some system allows in no name; never hidden, never a step upwards."""
    fit = _NOT_IN_NAMES.sub(" ", name)[:_LONGEST].strip(" .")
    return f"{fit} _" if _RESERVED.fullmatch(fit) else fit


def _unlike(names: Sequence[str]) -> list[str]:
    """The names, those numbered that come again: on some systems a and A are the same."""
    taken: set[str] = set()
    again: Counter[str] = Counter()
    found = []
    for name in names:
        stem, dot, ending = name.rpartition(".") if "." in name.rpartition("/")[2] else (name, "", "")
        fresh = name
        while fresh.casefold() in taken:
            again[name.casefold()] += 1
            fresh = f"{stem} ({again[name.casefold()] + 1}){dot}{ending}"
        taken.add(fresh.casefold())
        found.append(fresh)
    return found
