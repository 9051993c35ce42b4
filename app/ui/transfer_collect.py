"""How are the classes and their pictures looked at, and one's own collected: named, filled, moved, deleted?"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.components.collect_view.component import Room, Row, Scene, Tile, collect_view, packed_thumbnails
from app.ui.jobs import JOBS
from app.ui.linked import hold
from app.ui.picture import ChosenPicture
from app.ui.plain import plain
from app.ui.scenes import offered
from app.ui.transfer_adding import add_files, add_zip, adding_part, said_part, say
from app.ui.transfer_asked import title_of
from app.ui.transfer_data import COLLECTIONS, TransferData, collected
from app.ui.transfer_notices import known_notices, looking_part
from app.ui.transfer_pictures_home import pictures_home_part
from app.ui.transfer_runs import ARMS_ANCHOR
from app.ui.transfer_state import COLLECT, PAGE, Form, asked, picture_id
from app.ui.uploads import forget
from cnnviz.errors import CnnvizError
from cnnviz.image import MAX_BYTES, encode_jpeg, fit
from cnnviz.learn import Example, Notice, few_of
from cnnviz.learn.collection import KEPT_SECONDS, MOST_CLASSES
from cnnviz.learn.datasets import MOST_PICTURES
from cnnviz.learn.zipped import MOST_ZIP_BYTES

INTO = "tl_into"
"""The id of the class that the learner set for new pictures."""
ADDING = "tl_adding"
"""The room in which the page says how far it is with files."""
FILES = "tl_files"
_MENU = "_tl_menu"
_TURN = "_tl_turn"
_NAME = "tl_name"
_PRESSED = "_tl_pressed"
_ZIP = "A zip with a folder for each class"
_TWICE = 1.0  # seconds within which a second press belongs to the first
_THUMBNAIL = 96  # pixels


def collect_part(form: Form, data: TransferData, chosen: ChosenPicture) -> None:
    """The classes with their pictures, and what is to be said of them."""
    ids = {picture_id(data, number): example for number, example in enumerate(data.dataset.examples)}

    def thumbnails(names: str) -> bytes | None:
        wanted = [(name, ids[name]) for name in names.split(",") if name in ids]
        return packed_thumbnails([(name, _thumbnail(example)) for name, example in wanted])

    pictures = offered(f"{PAGE}_pictures", chosen, thumbnails)
    found = known_notices(data)
    scene = Scene(data.source, _rows(data, found), pictures, data.own, _title(data), form.asked, _room(data))
    collect_view(COLLECT, scene, on_edit=_edited(data), on_ask=asked)
    with st.container():  # a place of its own, as in the form: what stands below runs by itself and keeps its place
        said_part(of_edit=True)
        _say(found)
    looking_part(data)
    _say_what_is_next(data)


def _say_what_is_next(data: TransferData) -> None:
    """Where own pictures are enough for the arms, that these come next: they stand below what one sees."""
    counts = data.dataset.counts
    if data.own and len(counts) > 1 and min(counts) > 1:
        st.markdown(  # no caption, in which a link is too pale
            f"That is enough to teach and to test: next comes [Four arms, one split](#{ARMS_ANCHOR}), with its Start."
        )


def collect_form(data: TransferData) -> None:
    """Name classes, add pictures, delete everything: for the learner's own."""
    assert data.owner is not None
    owner, classes = data.owner, {one.id: one.name for one in collected(data.owner).classes}
    with st.form("tl_new", clear_on_submit=True, border=False):
        st.text_input("A new class", key=_NAME, placeholder="cup", max_chars=40)
        st.form_submit_button("Add class", on_click=_add_class, args=(owner,), icon=":material/add:", width="stretch")
    into = read_into(data)
    # What comes and goes has a place of its own: parts of the page that run by themselves keep theirs.
    with st.container():
        if into is not None:
            _choose_class(into, classes)
    turn = st.session_state.setdefault(_TURN, 0)
    with st.container(key=FILES, gap="xsmall"):
        st.file_uploader(
            f"Pictures for {plain(classes[into])}, or a zip of folders" if into else _ZIP,
            accept_multiple_files=True,
            key=f"tl_upload_{turn}",
            on_change=_uploaded,
            args=(owner, f"tl_upload_{turn}"),
            max_upload_size=MOST_ZIP_BYTES // 10**6,
        )
        with st.container(key=ADDING):
            adding_part(owner, f"{MAX_BYTES // 10**6} MB a picture, {MOST_ZIP_BYTES // 10**6} MB a zip.")
    with st.container():
        said_part()
    with st.container():
        pictures_home_part(data)
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


def _choose_class(into: str, classes: Mapping[str, str]) -> None:
    """A menu of the classes. With each new one it is a new menu: what the browser sends of the former one is out of
    date, such as with the second press of a double click on *Add class*."""
    key = _menu_key()
    st.session_state[INTO] = into
    hold(key, into)
    st.selectbox(
        "Pictures go into", list(classes), format_func=classes.__getitem__, key=key, on_change=_class_chosen,
        args=(key, tuple(classes)),
    )  # fmt: skip


def _class_chosen(key: str, classes: tuple[str, ...]) -> None:
    # Else a class was added in the same moment, or renamed: the browser names it by its former name.
    if key == _menu_key() and st.session_state[key] in classes:
        st.session_state[INTO] = st.session_state[key]


def _menu_key() -> str:
    return f"{INTO}_{st.session_state.get(_MENU, 0)}"


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


def _room(data: TransferData) -> Room | None:
    if not data.own:
        return None
    return Room(MOST_PICTURES - len(data.dataset.examples), MOST_PICTURES, MOST_ZIP_BYTES // 10**6)


def _thumbnail(example: Example) -> bytes:
    return encode_jpeg(fit(example.picture(), _THUMBNAIL), quality=85)


def _say(found: Sequence[Notice]) -> None:
    """What is to be known of the pictures: sets of copies in one sentence, of what else repeats the first two."""
    copies = [one for one in found if one.kind == "copies"]
    kinds: Counter[str] = Counter()
    for one in found:
        kinds[one.kind] += 1
        if kinds[one.kind] <= 2 and (one.kind != "copies" or len(copies) == 1):
            icon = ":material/block:" if one.kind == "cannot" else ":material/lightbulb:"
            st.info(plain(one.sentence, longest=400), icon=icon)
    if kinds["two classes"] > 2:
        st.caption(f"{kinds['two classes'] - 2} more sets of classes share pictures; they are marked above.")
    if len(copies) > 1:
        total = sum(len(one.pictures) for one in copies)
        st.info(
            f"{total} pictures in {len(copies)} sets are nearly the same, as the marks say: each set teaches hardly "
            "more than one picture, and stays on one side of the split.",
            icon=":material/lightbulb:",
        )


def _edited(data: TransferData) -> Callable[[], None]:
    def edit() -> None:
        asked: dict[str, Any] = dict(st.session_state[COLLECT].edit)
        if data.owner is None:
            return
        say([])
        try:
            _do(data.owner, asked)
        except CnnvizError as error:
            say([str(error)], of_edit=True)

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
    name, pressed = st.session_state[_NAME], st.session_state.get(_PRESSED, 0.0)
    st.session_state[_PRESSED] = time.monotonic()
    if not name.strip() and st.session_state[_PRESSED] - pressed < _TWICE:
        return  # the second press of a double click: what the first one said stands
    say([])
    try:
        st.session_state[INTO] = COLLECTIONS.add_class(owner, name)
        st.session_state[_MENU] = st.session_state.get(_MENU, 0) + 1
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
    zips = [one for one in files if one.name.lower().endswith(".zip")]
    pictures = [(one.name, one.getvalue()) for one in files if one not in zips]
    for archive in zips:
        add_zip(owner, into, BytesIO(archive.getvalue()))
    if pictures and not into:
        say(["There is no class for these pictures yet: name one, then add them again."])
    elif pictures:
        add_files(owner, into, pictures)
    for one in files:
        forget(one)


def _where_they_go(owner: str, any_there: bool) -> None:
    st.caption(
        "Your pictures go to the computer that runs this app and nowhere else, smaller and without their metadata. "
        f"They stay on its disk until {KEPT_SECONDS // 86400} days after your last visit, or less where room is short, "
        f"and are never part of a link. There is room for {MOST_PICTURES:,} in {MOST_CLASSES} classes."
    )
    if any_there:
        st.button("Delete all of it", icon=":material/delete:", on_click=_delete_all, args=(owner,), key="tl_delete")


def _delete_all(owner: str) -> None:
    """Everything of this learner: the files, the features made from them, and the work on them."""
    data = COLLECTIONS.dataset(owner)
    key = f"own {collected(owner).digest}"
    JOBS.drop(lambda other: isinstance(other, tuple) and (key in other or owner in other))
    COLLECTIONS.clear(owner)
    if data.examples:
        from cnnviz.learn.features import SHARED

        SHARED.drop({example.digest for example in data.examples if "digest" in vars(example)})
    say([])
