"""Where are the pictures that a learner collects, so that they outlive a reload and the program itself?

A collection is a folder on the disk, reached with a secret alone: its name is a one-way function of that. A picture is
decoded, made smaller and written anew, so that no EXIF (place, time, camera) is ever stored. What a collection holds
stands in one list, which is replaced whole: whoever is killed meanwhile leaves the old one or the new one.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from cnnviz.compute.disk import bytes_in, hold, write_whole
from cnnviz.errors import ImageError
from cnnviz.image import encode_jpeg, fit, load_image
from cnnviz.learn.datasets import MOST_PICTURES, Dataset, DatasetError, Example, Refused
from cnnviz.learn.zipped import ZippedFile
from cnnviz.paths import home

LONGEST = 512
"""Pixels of the longer side of what is kept: more than any network here takes."""
MOST_CLASSES = 24
LONGEST_NAME = 40
MOST_BYTES = 4_000_000_000
"""What all collections together may take on the disk; the longest unused go first."""
KEPT_SECONDS = 7 * 24 * 60 * 60
"""After its learner's last visit a collection is deleted."""
_QUALITY = 95
_PATIENCE = 20.0  # seconds that who wants to change a collection waits for another change
_LIST, _LOCK, _GONE = "collection.json", "lock", ".gone-"
_OPEN = 16  # data sets kept at hand


@dataclass(frozen=True)
class OwnClass:
    """A class by its id, which stays, and its name, which may change."""

    id: str
    name: str


@dataclass(frozen=True)
class OwnPicture:
    """One picture kept: its id, that of its class, what its file was called, and its burst, if it was taken in one."""

    id: str
    class_id: str
    name: str
    group: str | None = None


@dataclass(frozen=True)
class Collection:
    """What a learner has collected, at one moment."""

    classes: tuple[OwnClass, ...] = ()
    pictures: tuple[OwnPicture, ...] = ()

    @property
    def digest(self) -> str:
        """Another one for every other content; it gives nothing away."""
        return hashlib.blake2b(_as_json(self), digest_size=12).hexdigest()

    def of_class(self, class_id: str) -> tuple[OwnPicture, ...]:
        """The pictures of one class, in the order in which they came."""
        return tuple(picture for picture in self.pictures if picture.class_id == class_id)


@dataclass(frozen=True)
class Added:
    """What became of new pictures: the ids of those kept, and those refused."""

    kept: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()


@dataclass
class _Draft:
    """A collection while it is being changed."""

    folder: Path
    classes: list[OwnClass]
    pictures: list[OwnPicture]
    added: list[str] = field(default_factory=list)

    def named(self, class_id: str) -> OwnClass:
        for one in self.classes:
            if one.id == class_id:
                return one
        raise DatasetError("This class is no longer there; choose another.")


class Collections:
    """All collections under one folder, each by its learner's secret. Safe to call from any thread and program."""

    def __init__(
        self, folder: Path | None = None, most_bytes: int = MOST_BYTES, clock: Callable[[], float] = time.time
    ) -> None:
        """`folder`: ``collections`` in the user's folder for data where none is given."""
        self._folder = folder
        self._most_bytes = most_bytes
        self._clock = clock
        self._datasets: OrderedDict[Path, tuple[str, Dataset]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return home() / "collections" if self._folder is None else self._folder

    def read(self, secret: str) -> Collection:
        """What this learner has collected; empty where there is nothing (any more). The learner counts as here."""
        folder = self._of(secret)
        found = _read(folder)
        with suppress(OSError):
            (folder / _LOCK).touch()
        return found

    def dataset(self, secret: str) -> Dataset:
        """The same as a data set; as long as nothing changes, the very same one."""
        folder, now = self._of(secret), self.read(secret)
        with self._lock:
            digest, known = self._datasets.get(folder, ("", None))
        if known is None or digest != now.digest:
            known = _dataset(folder, now, known)
            with self._lock:
                self._datasets[folder] = (now.digest, known)
                self._datasets.move_to_end(folder)
                while len(self._datasets) > _OPEN:
                    self._datasets.popitem(last=False)
        return known

    def add_class(self, secret: str, name: str) -> str:
        """A further class; returns its id. Raises DatasetError for a name that is empty or taken, and for too many."""
        with self._changing(secret) as draft:
            return _new_class(draft, name)

    def rename(self, secret: str, class_id: str, name: str) -> None:
        """Call a class otherwise. Raises DatasetError as for a new one."""
        with self._changing(secret) as draft:
            old = draft.named(class_id)
            others = [one for one in draft.classes if one is not old]
            new = replace(old, name=_checked(name, others))
            draft.classes[draft.classes.index(old)] = new

    def remove_class(self, secret: str, class_id: str) -> None:
        """Delete a class with its pictures."""
        with self._changing(secret) as draft:
            draft.classes[:] = [one for one in draft.classes if one.id != class_id]
            draft.pictures[:] = [picture for picture in draft.pictures if picture.class_id != class_id]

    def add(self, secret: str, class_id: str, files: Iterable[tuple[str, bytes]], group: str | None = None) -> Added:
        """Take pictures, each (name, content of its file), into a class; `group` if they were taken in one go.

        A bad one among good ones is refused, by a sentence, and costs none of the others.

        Raises:
            DatasetError: there is no such class, or no room on the disk.
        """
        refused: list[Refused] = []
        with self._changing(secret, adding=True) as draft:
            into = draft.named(class_id)
            for name, content in files:
                _take(draft, into, name, content, group, refused)
            return Added(tuple(draft.added), tuple(refused))

    def add_folders(self, secret: str, files: Iterable[ZippedFile], class_id: str = "") -> Added:
        """Take the files of an archive into the classes that their folders name; those at the top into `class_id`.

        Classes are made where there are none of that name. Refused and raised as by :meth:`add`.
        """
        refused: list[Refused] = []
        with self._changing(secret, adding=True) as draft:
            for file in files:
                try:
                    if file.content is None:
                        raise DatasetError(file.problem)
                    into = _class_of_folder(draft, file.folder) if file.folder else draft.named(class_id)
                except DatasetError as error:
                    refused.append(Refused(file.name, file.folder, str(error)))
                    continue
                _take(draft, into, file.name, file.content, file.group, refused)
            return Added(tuple(draft.added), tuple(refused))

    def move(self, secret: str, ids: Sequence[str], class_id: str) -> None:
        """Put pictures into another class. Raises DatasetError where it is not there."""
        with self._changing(secret) as draft:
            into = draft.named(class_id).id
            draft.pictures[:] = [replace(one, class_id=into) if one.id in ids else one for one in draft.pictures]

    def remove(self, secret: str, ids: Sequence[str]) -> None:
        """Delete pictures; those that are not there are passed over."""
        with self._changing(secret) as draft:
            draft.pictures[:] = [one for one in draft.pictures if one.id not in ids]

    def clear(self, secret: str) -> None:
        """Delete everything of this learner."""
        folder = self._of(secret)
        with self._lock:
            self._datasets.pop(folder, None)
        _delete(folder)

    @contextmanager
    def _changing(self, secret: str, adding: bool = False) -> Iterator[_Draft]:
        """One at a time changes a collection; what fails inside leaves it as it was."""
        folder = self._of(secret)
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            alone = hold(folder / _LOCK, alone=True, patience=_PATIENCE)
        except OSError as error:
            raise DatasetError(f"Pictures cannot be kept: {error.strerror}; see to {self.folder}.") from error
        if alone is None:
            raise DatasetError("Another change of your pictures is still under way; try again in a moment.")
        with alone:
            if self._over(folder) > 0 and adding:
                raise DatasetError("There is no room left on this computer for more pictures; delete some.")
            before = _read(folder)
            draft = _Draft(folder, list(before.classes), list(before.pictures))
            yield draft
            after = Collection(tuple(draft.classes), tuple(draft.pictures))
            try:
                write_whole(folder / _LIST, _as_json(after))
            except OSError as error:
                raise DatasetError(
                    f"Your pictures could not be kept: {error.strerror}; see to {self.folder}."
                ) from error
            _sweep(folder, after)

    def _over(self, mine: Path) -> int:
        """Let go of what is too old, and of the longest unused while all together take too much; what is still over."""
        ages = {folder: self._clock() - _last_seen(folder) for folder in self.folder.iterdir() if folder != mine}
        for folder in [folder for folder, age in ages.items() if age > KEPT_SECONDS or folder.name.startswith(_GONE)]:
            del ages[folder]
            _delete(folder)
        over = bytes_in(self.folder) - self._most_bytes
        for folder in sorted(ages, key=ages.__getitem__, reverse=True):
            if over <= 0:
                break
            over -= bytes_in(folder)
            _delete(folder)
        return over

    def _of(self, secret: str) -> Path:
        digest = hashlib.blake2b(secret.encode(errors="replace"), digest_size=16, person=b"cnnviz classes")
        return self.folder / digest.hexdigest()


def _take(draft: _Draft, into: OwnClass, name: str, content: bytes, group: str | None, refused: list[Refused]) -> None:
    """Write one picture into the folder and the draft, or say why not."""
    short = name.replace("\\", "/").rsplit("/", 1)[-1][:80] or "picture"
    if len(draft.pictures) >= MOST_PICTURES:
        full = f"There are {MOST_PICTURES:,} pictures already, which is as many as are learned from; delete some first."
        refused.append(Refused(short, into.name, full))
        return
    try:
        kept = encode_jpeg(fit(load_image(content), LONGEST), quality=_QUALITY)
    except ImageError as error:
        refused.append(Refused(short, into.name, str(error)))
        return
    one = OwnPicture(secrets.token_hex(8), into.id, short, group)
    try:
        write_whole(_file(draft.folder, one.id), kept)
    except OSError as error:
        raise DatasetError(f"Pictures cannot be kept: {error.strerror}; make room on the disk.") from error
    draft.pictures.append(one)
    draft.added.append(one.id)


def _new_class(draft: _Draft, name: str) -> str:
    if len(draft.classes) >= MOST_CLASSES:
        raise DatasetError(f"There are {MOST_CLASSES} classes already, which is as many as fit here; delete one first.")
    new = OwnClass(secrets.token_hex(6), _checked(name, draft.classes))
    draft.classes.append(new)
    return new.id


def _class_of_folder(draft: _Draft, folder: str) -> OwnClass:
    wanted = " ".join(folder.split())[:LONGEST_NAME].strip()
    for one in draft.classes:
        if one.name.casefold() == wanted.casefold():
            return one
    return draft.named(_new_class(draft, wanted))


def _checked(name: str, others: Iterable[OwnClass]) -> str:
    name = " ".join(name.split())
    if not name:
        raise DatasetError("A class needs a name, such as cup or mug.")
    if len(name) > LONGEST_NAME:
        raise DatasetError(f"This name has {len(name)} characters; take {LONGEST_NAME} at most.")
    if name.casefold() in {one.name.casefold() for one in others}:
        raise DatasetError(f"There is a class {name} already; take another name.")
    return name


def _dataset(folder: Path, now: Collection, before: Dataset | None) -> Dataset:
    """The data set; of pictures that were there before the same examples, which know their digests."""
    known = {(one.source, one.label): one for one in (before.examples if before else ())}
    places = {one.id: label for label, one in enumerate(now.classes)}
    examples = []
    for picture in now.pictures:
        path, label = _file(folder, picture.id), places[picture.class_id]
        examples.append(known.get((path, label)) or Example(path, label, picture.name, picture.group))
    return Dataset("own", "Your own classes", tuple(one.name for one in now.classes), tuple(examples))


def _file(folder: Path, picture_id: str) -> Path:
    return folder / f"{picture_id}.jpg"


def _as_json(one: Collection) -> bytes:
    content = {
        "classes": [[known.id, known.name] for known in one.classes],
        "pictures": [[kept.id, kept.class_id, kept.name, kept.group] for kept in one.pictures],
    }
    return json.dumps(content).encode()


def _read(folder: Path) -> Collection:
    """The list; without pictures whose file is gone."""
    try:
        content = json.loads((folder / _LIST).read_bytes())
        classes = tuple(OwnClass(*entry) for entry in content["classes"])
        pictures = tuple(OwnPicture(*entry) for entry in content["pictures"])
    except (OSError, ValueError, TypeError, KeyError):
        return Collection()
    ids, there = {one.id for one in classes}, {path.stem for path in folder.glob("*.jpg")}
    return Collection(classes, tuple(one for one in pictures if one.class_id in ids and one.id in there))


def _sweep(folder: Path, now: Collection) -> None:
    """Delete the files of pictures that are in no list: deleted ones, and those of a change that was broken off."""
    kept = {one.id for one in now.pictures}
    for path in folder.iterdir():
        if path.name not in (_LIST, _LOCK) and path.stem not in kept:
            path.unlink(missing_ok=True)


def _last_seen(folder: Path) -> float:
    with suppress(OSError):
        return (folder / _LOCK).stat().st_mtime
    return 0.0


def _delete(folder: Path) -> None:
    """At once or not at all, whoever is killed meanwhile."""
    gone = folder.with_name(f"{_GONE}{secrets.token_hex(8)}")
    with suppress(OSError):
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
