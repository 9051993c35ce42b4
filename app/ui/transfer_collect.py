"""How are the classes and their pictures looked at, and one's own collected: named, filled, moved, deleted?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.components.collect_view.component import Row, Scene, Tile, collect_view, packed_thumbnails
from app.ui.jobs import JOBS
from app.ui.linked import hold
from app.ui.picture import ChosenPicture
from app.ui.plain import plain
from app.ui.scenes import offered
from app.ui.transfer_asked import title_of
from app.ui.transfer_data import COLLECTIONS, TransferData, collected
from app.ui.transfer_state import COLLECT, PAGE, Form, asked, picture_id
from app.ui.uploads import forget
from cnnviz.errors import CnnvizError
from cnnviz.image import MAX_BYTES, encode_jpeg, fit
from cnnviz.learn import Added, Example, Notice, few_of, notices, zipped_files
from cnnviz.learn.collection import KEPT_SECONDS
from cnnviz.learn.datasets import MOST_PICTURES, Refused
from cnnviz.learn.zipped import MOST_ZIP_BYTES

INTO = "tl_into"
_SAID = "_tl_said"
_TURN = "_tl_turn"
_NAME = "tl_name"
_THUMBNAIL = 96  # pixels
_SENTENCES = 6  # at once; more would push the picture off the screen


def collect_part(form: Form, data: TransferData, chosen: ChosenPicture) -> None:
    """The classes with their pictures, and what is to be said of them."""
    ids = {picture_id(data, number): example for number, example in enumerate(data.dataset.examples)}

    def thumbnails(names: str) -> bytes | None:
        wanted = [(name, ids[name]) for name in names.split(",") if name in ids]
        return packed_thumbnails([(name, _thumbnail(example)) for name, example in wanted])

    pictures = offered(f"{PAGE}_pictures", chosen, thumbnails)
    found = notices(data.dataset) if data.own and data.dataset.examples else ()
    scene = Scene(data.source, _rows(data, found), pictures, data.own, _title(data), form.ask)
    collect_view(COLLECT, scene, on_edit=_edited(data), on_ask=asked)
    _say(found)


def collect_form(data: TransferData) -> None:
    """Name classes, add pictures, delete everything: for the learner's own."""
    assert data.owner is not None
    owner, classes = data.owner, {one.id: one.name for one in collected(data.owner).classes}
    with st.form("tl_new", clear_on_submit=True, border=False):
        st.text_input("A new class", key=_NAME, placeholder="cup", max_chars=40)
        st.form_submit_button("Add class", on_click=_add_class, args=(owner,), icon=":material/add:", width="stretch")
    into = read_into(data)
    if into is not None:
        hold(INTO, into)
        st.selectbox("Pictures go into", list(classes), key=INTO, format_func=classes.__getitem__)
    turn = st.session_state.setdefault(_TURN, 0)
    st.file_uploader(
        f"Pictures for {plain(classes[into])}, or a zip of folders" if into else "A zip with a folder for each class",
        accept_multiple_files=True,
        key=f"tl_upload_{turn}",
        on_change=_uploaded,
        args=(owner, f"tl_upload_{turn}"),
        max_upload_size=MOST_ZIP_BYTES // 10**6,
        help=f"{MAX_BYTES // 10**6} MB a picture, {MOST_ZIP_BYTES // 10**6} MB a zip, {MOST_PICTURES:,} pictures",
    )
    _where_they_go(owner, bool(classes))


def read_into(data: TransferData) -> str | None:
    """The id of the class that new pictures go into; None while there is none."""
    classes = [one.id for one in collected(data.owner).classes] if data.owner else []
    wanted = st.session_state.get(INTO)
    return wanted if wanted in classes else classes[-1] if classes else None


def class_name(data: TransferData, class_id: str) -> str:
    """What a class is called."""
    classes = collected(data.owner).classes if data.owner else ()
    return next((one.name for one in classes if one.id == class_id), "")


def take(owner: str, add: Callable[[], Added]) -> None:
    """Add pictures; what was refused, or failed, is said under the view."""
    try:
        added = add()
    except CnnvizError as error:
        say([str(error)])
        return
    kept = len(added.kept)
    said = [f"{kept} {'picture' if kept == 1 else 'pictures'} added."] if added.refused and kept else []
    say([*said, *refusals(added.refused)])


def refusals(refused: Iterable[Refused]) -> list[str]:
    """A sentence for each reason, with the names of the files, however many."""
    names: dict[str, list[str]] = {}
    for one in refused:
        names.setdefault(one.reason, []).append(one.name)
    found = []
    for reason, files in names.items():
        listed = ", ".join(files[:3]) + (f" and {len(files) - 3:,} more" if len(files) > 3 else "")
        found.append(f"Left out: {listed}. {reason}")
    return found


def say(sentences: Sequence[str]) -> None:
    """What came of the learner's last action; the next one replaces it."""
    st.session_state[_SAID] = list(sentences)


def _title(data: TransferData) -> str:
    return "Your classes" if data.own else f"{data.title}: some of its pictures"


def _rows(data: TransferData, found: Sequence[Notice]) -> tuple[Row, ...]:
    """A row for each class; of sets that ship the pictures that the answer is drawn from."""
    dataset = data.dataset
    marks = {number: one.sentence for one in found if one.kind not in ("cannot", "larger") for number in one.pictures}
    numbers = range(len(dataset.examples)) if data.own else few_of(dataset)
    ids = [one.id for one in collected(data.owner).classes] if data.owner else list(dataset.classes)
    tiles: dict[int, list[Tile]] = {}
    for number in numbers:
        example = dataset.examples[number]
        tile = Tile(picture_id(data, number), title_of(example), marks.get(number, ""))
        tiles.setdefault(example.label, []).append(tile)
    return tuple(
        Row(class_id, name, count, tuple(tiles.get(label, ())))
        for label, (class_id, name, count) in enumerate(zip(ids, dataset.classes, dataset.counts, strict=False))
    )


def _thumbnail(example: Example) -> bytes:
    return encode_jpeg(fit(example.picture(), _THUMBNAIL), quality=85)


def _say(found: Sequence[Notice]) -> None:
    """The last action's outcome, then what is to be known of the pictures; a repeated kind is counted, not repeated."""
    for sentence in st.session_state.get(_SAID, [])[:_SENTENCES]:
        st.warning(plain(sentence, longest=400), icon=":material/info:")
    kinds: Counter[str] = Counter()
    for one in found:
        kinds[one.kind] += 1
        if kinds[one.kind] <= 2:
            icon = ":material/block:" if one.kind == "cannot" else ":material/lightbulb:"
            st.info(plain(one.sentence, longest=400), icon=icon)
    for kind, count in kinds.items():
        if count > 2:
            what = "sets of pictures that are nearly the same" if kind == "copies" else "pictures in two classes"
            st.caption(f"And {count - 2} more {what}; they are marked above.")


def _edited(data: TransferData) -> Callable[[], None]:
    def edit() -> None:
        asked: dict[str, Any] = dict(st.session_state[COLLECT].edit)
        if data.owner is None:
            return
        say([])
        try:
            _do(data.owner, asked)
        except CnnvizError as error:
            say([str(error)])

    return edit


def _do(owner: str, asked: dict[str, Any]) -> None:
    what, ids, to = asked.get("what"), [str(one) for one in asked.get("ids", [])], str(asked.get("to", ""))
    if what == "move":
        COLLECTIONS.move(owner, ids, to)
    elif what == "remove":
        COLLECTIONS.remove(owner, ids)
    elif what == "rename":
        COLLECTIONS.rename(owner, to, str(asked.get("name", "")))
    elif what == "remove class":
        COLLECTIONS.remove_class(owner, to)


def _add_class(owner: str) -> None:
    say([])
    try:
        st.session_state[INTO] = COLLECTIONS.add_class(owner, st.session_state[_NAME])
    except CnnvizError as error:
        say([str(error)])


def _uploaded(owner: str, key: str) -> None:
    """Take what was uploaded: pictures into the class that is set, folders of zips into those that they name."""
    files = [one for one in st.session_state.get(key) or [] if isinstance(one, UploadedFile)]
    if not files:  # once taken, an upload is gone, which is a change, too
        return
    into = st.session_state.get(INTO) or ""
    st.session_state[_TURN] += 1  # the next turn's field is empty
    say([])
    pictures = [(one.name, one.getvalue()) for one in files if not one.name.lower().endswith(".zip")]
    if pictures:
        take(owner, lambda: COLLECTIONS.add(owner, into, pictures))
    for archive in [one for one in files if one.name.lower().endswith(".zip")]:
        take(owner, lambda archive=archive: COLLECTIONS.add_folders(owner, zipped_files(archive), into))  # type: ignore[misc]
    for one in files:
        forget(one)


def _where_they_go(owner: str, any_there: bool) -> None:
    st.caption(
        "Your pictures go to the computer that runs this app and nowhere else. They stay on its disk, smaller and "
        f"without their metadata, until {KEPT_SECONDS // 86400} days after your last visit, or less where room is "
        "short, and are never part of a link."
    )
    if any_there:
        st.button("Delete all of it", icon=":material/delete:", on_click=_delete_all, args=(owner,), key="tl_delete")


def _delete_all(owner: str) -> None:
    """Everything of this learner: the files, the features made from them, and the work on them."""
    data = COLLECTIONS.dataset(owner)
    key = f"own {collected(owner).digest}"
    COLLECTIONS.clear(owner)
    JOBS.drop(lambda other: isinstance(other, tuple) and key in other)
    if data.examples:
        from cnnviz.learn.features import SHARED

        SHARED.drop({example.digest for example in data.examples if "digest" in vars(example)})
    say([])
