"""How does a learner look to the server? A websocket client that speaks Streamlit's protocol, without a browser.

It opens a page, gathers the elements that the script sends, sets widgets by their labels and reads what the views are
given. Messages are protobuf: a BackMsg asks for a run of the script, ForwardMsgs bring the elements (deltas) by their
place on the page (delta_path), and a `script_finished` ends the run.
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

VISITOR_COOKIE = "cnnviz_visitor"
# Which field of WidgetState each kind of element reports in; lists are given as lists.
STATE_FIELDS = {
    "slider": "double_array_value",
    "select_slider": "string_array_value",
    "selectbox": "string_value",
    "radio": "string_value",
    "number_input": "double_value",
    "checkbox": "bool_value",
    "button": "trigger_value",
    "button_group": "string_array_value",
    "multiselect": "string_array_value",
    "text_input": "string_value",
    "text_area": "string_value",
}
CHOICES = ("select_slider", "selectbox", "radio", "button_group")
INTERNAL_PREFIX = "$$STREAMLIT_INTERNAL_KEY"  # of the hidden widget that gathers what a view reports
MESSAGE_AGE = 2  # runs for which the browser keeps a large message, so that the server need not send it again


class LearnerError(Exception):
    """The page did not do what was asked of it; the text says what."""


@dataclass(frozen=True)
class Run:
    """One run of the script: seconds from the request until its end was heard, and what it sent anew."""

    seconds: float
    changed: tuple[Element, ...]


@dataclass
class _Placed:
    element: Element
    fragment: str


@dataclass
class Learner:
    """One open page of one visitor. Make it with `open_page`."""

    socket: ClientConnection
    url: str
    cookies: dict[str, str]
    query: str = ""
    page_hash: str = ""
    placed: dict[tuple[int, ...], _Placed] = field(default_factory=dict)
    _kept: dict[str, tuple[int, ForwardMsg]] = field(default_factory=dict)
    _runs: int = 0

    async def set(self, label: str, value: Any) -> Run:
        """Give the widget with this label (or key) a value, as a hand would, and wait for the run that follows.

        A number for a slider or number input, the text of an option for choices, True for a button.
        """
        placed = self._find(label)
        kind = _kind(placed.element)
        message = _message(placed.element)
        options = _options(message)
        if kind in CHOICES and value not in options:
            raise LearnerError(f"{label!r} does not offer {value!r}, but {options}.")
        return await self._run(_state(message.id, STATE_FIELDS[kind], value), placed.fragment)

    async def trigger(self, key: str, event: str, value: Any) -> Run:
        """Let the view with this key report an event (`setTriggerValue`) and wait for the run that follows."""
        placed = self._find_view(key)
        state = WidgetState(id=f"{INTERNAL_PREFIX}_{placed.element.bidi_component.id}__events")
        state.json_trigger_value = json.dumps([{"event": event, "value": value}])
        return await self._run(state, placed.fragment)

    def widget(self, label: str) -> Any:
        """The protobuf message of the widget with this label or key."""
        return _message(self._find(label).element)

    def labels(self) -> list[str]:
        """The labels of all widgets on the page, in no particular order."""
        return [_label(placed.element) for placed in self.placed.values() if _kind(placed.element) in STATE_FIELDS]

    def view(self, key: str) -> bytes:
        """The bytes that the view (component) with this key was given last."""
        return bytes(self._find_view(key).element.bidi_component.bytes)

    def exceptions(self) -> list[str]:
        """What the page shows as an exception."""
        return [
            p.element.exception.message for p in self.placed.values() if p.element.WhichOneof("type") == "exception"
        ]

    async def load(self, page: str) -> Run:
        """The first run, which brings the page itself."""
        return await self._run(None, "", page)

    async def _run(self, state: WidgetState | None, fragment: str, page: str = "") -> Run:
        """Ask for a run and hear it out. Only the changed widget is sent: the server remembers the others."""
        request = ClientState(query_string=self.query, page_script_hash=self.page_hash, page_name=page)
        request.fragment_id = fragment
        request.context_info.url, request.context_info.locale = self.url, "en-GB"
        request.context_info.timezone, request.context_info.color_scheme = "UTC", "light"
        request.cached_message_hashes.extend(self._kept)
        if state is not None:
            request.widget_states.widgets.append(state)
        start = time.perf_counter()
        await self.socket.send(BackMsg(rerun_script=request).SerializeToString())
        changed = await self._hear_out(whole=not fragment)
        return Run(time.perf_counter() - start, changed)

    async def _hear_out(self, whole: bool) -> tuple[Element, ...]:
        """Take messages until the script has finished; where it starts itself again, until that run has."""
        self._runs += 1
        heard: dict[tuple[int, ...], _Placed] = {}
        begun = False
        while True:
            message = ForwardMsg()
            message.ParseFromString(await self.socket.recv())
            message = self._resolved(message)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                begun, heard = True, {}
                self.page_hash = message.new_session.page_script_hash or self.page_hash
            elif kind == "navigation":
                self.page_hash = message.navigation.page_script_hash
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                place = tuple(message.metadata.delta_path)
                heard[place] = _Placed(message.delta.new_element, message.delta.fragment_id)
            elif kind == "page_not_found":
                raise LearnerError(f"The app has no page {message.page_not_found.page_name!r}.")
            elif kind == "script_finished" and begun and self._ends(message.script_finished):
                break
        self.placed = heard if whole else self.placed | heard
        self._kept = {key: kept for key, kept in self._kept.items() if self._runs - kept[0] < MESSAGE_AGE}
        return tuple(placed.element for placed in heard.values())

    def _ends(self, status: int) -> bool:
        if status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            raise LearnerError("The page's script does not compile.")
        return status != ForwardMsg.FINISHED_EARLY_FOR_RERUN

    def _resolved(self, message: ForwardMsg) -> ForwardMsg:
        """The message itself, or the kept one that it refers to, put in its new place."""
        if message.WhichOneof("type") == "ref_hash":
            _, kept = self._kept[message.ref_hash]
            whole = ForwardMsg()
            whole.CopyFrom(kept)
            whole.metadata.CopyFrom(message.metadata)
            self._kept[kept.hash] = (self._runs, kept)
            return whole
        if message.metadata.cacheable:
            self._kept[message.hash] = (self._runs, message)
        return message

    def _find(self, label: str) -> _Placed:
        found = [p for p in self.placed.values() if _kind(p.element) in STATE_FIELDS and label in _names(p.element)]
        if len(found) != 1:
            raise LearnerError(f"{len(found)} widgets are called {label!r}; the page has {sorted(self.labels())}.")
        return found[0]

    def _find_view(self, key: str) -> _Placed:
        views = [p for p in self.placed.values() if p.element.WhichOneof("type") == "bidi_component"]
        found = [p for p in views if key in _names(p.element)]
        if len(found) != 1:
            names = [p.element.bidi_component.component_name for p in views]
            raise LearnerError(f"{len(found)} views are called {key!r}; the page has {names}.")
        return found[0]


@asynccontextmanager
async def open_page(
    address: str, page: str = "", query: str = "", picture: bytes | None = None
) -> AsyncIterator[Learner]:
    """Open a page of the app at `address` as a new visitor, with a picture of their own if one is given.

    `page` is the path without its slash ("" for the first page), `query` what follows the question mark.
    """
    cookies = await asyncio.to_thread(_visit, address)
    if picture is not None:
        await asyncio.to_thread(_upload, address, cookies, picture)
    headers = {"Origin": address, "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    socket_address = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    options: dict[str, Any] = {"subprotocols": ["streamlit"], "max_size": None, "compression": None, "proxy": None}
    async with connect(socket_address, additional_headers=headers, **options) as socket:
        learner = Learner(socket, f"{address}/{page}", cookies, query)
        await learner.load(page)
        yield learner


def _visit(address: str) -> dict[str, str]:
    """The cookies that a first visit brings."""
    with _open(urllib.request.Request(f"{address}/")) as answer:
        pairs = [value.split(";", 1)[0].split("=", 1) for value in answer.headers.get_all("set-cookie") or []]
    return {pair[0]: pair[-1] for pair in pairs}


def _upload(address: str, cookies: dict[str, str], picture: bytes) -> None:
    request = urllib.request.Request(f"{address}/pictures?{urllib.parse.urlencode({'name': 'own.png'})}", data=picture)
    request.add_header("Cookie", f"{VISITOR_COOKIE}={cookies[VISITOR_COOKIE]}")
    request.add_header("X-Cnnviz", "picture")
    with _open(request) as answer:
        answer.read()


def _open(request: urllib.request.Request) -> Any:
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60)


def _state(identity: str, kind: str, value: Any) -> WidgetState:
    state = WidgetState(id=identity)
    if kind.endswith("array_value"):
        getattr(state, kind).data.extend(value if isinstance(value, list | tuple) else [value])
    else:
        setattr(state, kind, value)
    return state


def _kind(element: Element) -> str:
    """The element's type; a slider over named options counts as its own kind."""
    kind = element.WhichOneof("type") or ""
    return "select_slider" if kind == "slider" and element.slider.type == element.slider.SELECT_SLIDER else kind


def _message(element: Element) -> Any:
    """The message of the element's own type that it carries."""
    return getattr(element, str(element.WhichOneof("type")))


def _options(message: Any) -> list[str]:
    """The texts of the options that a widget offers; a button group's are records."""
    return [option if isinstance(option, str) else option.content for option in getattr(message, "options", [])]


def _label(element: Element) -> str:
    return str(_message(element).label)


def _names(element: Element) -> tuple[str, ...]:
    """By what a widget can be called: its label, and the key with which its id ends."""
    message = _message(element)
    identity = message.id.split("-", 2)[-1] if message.id.startswith("$$ID") else message.id
    return (str(getattr(message, "label", "")), identity)
