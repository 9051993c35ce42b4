"""Opening a page without a browser, and reading what its views were sent: for the tests of the pages' logic."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
from streamlit.testing.v1 import AppTest

from app.ui.jobs import JOBS
from app.ui.picture import ChosenPicture
from cnnviz.image import load_sample

MAIN = str(Path(__file__).parents[2] / "app" / "main.py")


def open_page(file: str, query: str = "", **state: str) -> AppTest:
    """The page in this file under `app`, as a link with this query opens it in a session where `state` is set."""
    app = AppTest.from_file(MAIN, default_timeout=120)
    for key, text in state.items():
        app.session_state[key] = text
    for name, value in parse_qsl(query):
        app.query_params[name] = value
    return app.switch_page(file).run()


def followed(app: AppTest, done: Callable[[], bool]) -> AppTest:
    """The page, run anew whenever a job has ended, until it shows that all is `done`; a browser looks by itself."""
    end = time.monotonic() + 120
    while not done():
        assert time.monotonic() < end, "the work was not done"
        assert not app.exception and not app.error
        wait_for_a_job()
        app.run()
    return app


def wait_for_a_job() -> None:
    """Until one of the jobs at work has ended; a moment where there is none, as while a network is loading."""
    live = [job for job in JOBS.jobs() if job.live]
    for _ in range(50):
        time.sleep(0.02)
        if len(live) == 0 or not all(job.live for job in live):
            return


def scene_of(app: AppTest, component: str, number: int | None = None) -> dict[str, Any]:
    """The header of what this view was sent: the only one of its kind on the page, or that of this number."""
    blob = blob_of(app, component, number)
    (length,) = struct.unpack_from("<I", blob)
    header: dict[str, Any] = json.loads(blob[4 : 4 + length])
    return header


def arrays_of(app: AppTest, component: str, number: int | None = None) -> dict[str, np.ndarray]:
    """The arrays that this view was sent, by name: the only one of its kind on the page, or that of this number."""
    blob = blob_of(app, component, number)
    (length,) = struct.unpack_from("<I", blob)
    arrays = {}
    for name, entry in scene_of(app, component, number)["arrays"].items():
        start = 4 + length + entry["offset"]
        raw = np.frombuffer(blob[start : start + entry["nbytes"]], entry["dtype"])
        arrays[name] = raw.reshape(entry["shape"]).copy()
    return arrays


def blob_of(app: AppTest, component: str, number: int | None = None) -> bytes:
    """All that this view was sent: the only one of its kind on the page, or that of this number, counted from 0."""
    views = [one for one in app.get("bidi_component") if one.proto.component_name == f"cnnviz_{component}"]
    if number is None:
        (view,) = views
    else:
        view = views[number]
    blob: bytes = view.proto.bytes
    return blob


def chosen(name: str = "chelsea") -> ChosenPicture:
    """A sample as the picture in use."""
    return ChosenPicture(name, name, load_sample(name), own=False)
