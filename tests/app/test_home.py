"""Does *Home* open light, show only what belongs to its picture, and ship what it would compute?"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.components.journey import component
from app.components.journey.component import Scene
from app.ui import journey as journeys
from app.ui.journey import RECORDED_PICTURE, Answer, Journey, Sheet, record, recorded, seen, shared_network, travel
from app.ui.journey_stations import stations
from app.ui.pages import CLASSIC_KERNELS, PAGES
from app.ui.picture import ChosenPicture
from cnnviz import compute
from cnnviz.image import CENTRE, SAMPLES, load_sample
from cnnviz.paths import ASSETS
from scripts.make_assets import ICON, make_icon

# Run apart: what this process has loaded does not count.
_LOADED = """
import json, sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(sys.argv[1], default_timeout=120).run()
assert not app.exception, app.exception
print(json.dumps(sorted(sys.modules)))
"""
HEAVY = {"torch", "torchvision", "timm", "captum", "scipy", "pandas", "pyarrow", "safetensors", "plotly"}


def test_first_page_loads_no_heavy_library(root: Path, tmp_path: Path) -> None:
    least = tmp_path / "least.py"
    least.write_text("import streamlit as st\nst.title('One line')\n")
    ours = _heavy(root / "app" / "main.py", root)
    assert ours <= _heavy(least, root), "more than Streamlit itself loads"
    assert not ours & {"torch", "torchvision", "timm", "captum", "scipy"}


def test_recorded_numbers_are_the_live_ones(live: Journey) -> None:
    shipped = recorded()
    assert [answer.label for answer in shipped.answers] == [answer.label for answer in live.answers]
    assert [a.probability for a in shipped.answers] == pytest.approx([a.probability for a in live.answers], rel=2e-3)
    for ours, theirs in ((shipped.kernel, live.kernel), (shipped.layer, live.layer)):
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=1e-3)
        assert (ours.count, ours.size) == (theirs.count, theirs.size)
    assert (shipped.inputs, shipped.classes, shipped.network) == (live.inputs, live.classes, live.network)


@pytest.mark.parametrize("name", ["kernel", "layer"])
def test_recorded_pixels_are_the_live_ones(live: Journey, name: str) -> None:
    shipped, computed = (_levels(getattr(one, name)) for one in (recorded(), live))
    assert shipped.shape == computed.shape
    # Another processor adds in another order: a value between two of the 253 levels may fall to the other side.
    assert np.abs(shipped - computed).max() <= 1
    assert (shipped != computed).mean() < 0.005


def test_recording_gives_back_the_journey_and_the_same_bytes(tmp_path: Path) -> None:
    journey = recorded()
    record(journey, tmp_path / "once")
    record(journey, tmp_path / "again")
    for path in (tmp_path / "once").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()
        assert path.read_bytes() == (journeys.RECORDED / path.name).read_bytes()


def test_kernel_map_is_the_sum_over_neighbours(live: Journey) -> None:
    grey = np.asarray(seen(load_sample(RECORDED_PICTURE)), dtype=np.float64) @ (0.299, 0.587, 0.114) / 255
    padded = np.pad(grey, 1, mode="edge")
    rise = padded[:, 2:] - padded[:, :-2]
    expected = rise[:-2] + 2 * rise[1:-1] + rise[2:]
    sheet = live.kernel
    values = (_levels(sheet) - CENTRE) / CENTRE * sheet.high
    assert np.abs(values - expected).max() <= sheet.high / CENTRE
    assert sheet.high == pytest.approx(np.abs(expected).max(), rel=1e-5)


@pytest.mark.parametrize("name", ["chelsea", "rocket"])
def test_picture_shown_is_what_the_network_sees(name: str) -> None:
    picture = load_sample(name)
    assert np.array_equal(np.asarray(seen(picture)), np.asarray(shared_network().crop(picture)))


def test_stations_say_the_numbers_of_their_journey() -> None:
    sheet = Sheet(b"", -2.0, 2.0, 3, (10, 20))
    journey = Journey(sheet, sheet, 7, (Answer("gnu", 0.4126),), 12, "Some network")
    picture, kernel, layer, answer = stations(_sample("coffee"), journey)
    assert "150,528 numbers" in picture.sentence
    assert "3 maps of 10 × 20 from 9 weights" in kernel.sentence
    assert "3 maps of 10 × 20" in layer.sentence and "from 7 earlier ones" in layer.sentence
    assert answer.sentence.startswith("gnu, 41.3 %") and "12 classes" in answer.sentence
    assert kernel.scale is not None and (kernel.scale.low, kernel.scale.high) == (-2.0, 2.0)


def test_links_of_stations_carry_a_sample_but_never_an_own_picture() -> None:
    own = ChosenPicture("unguessable", "holiday.jpg", load_sample("coffee"), own=True)
    assert all("picture=coffee" in station.href for station in stations(_sample("coffee"), None)[1:])
    assert not any("unguessable" in station.href for station in stations(own, None))


def test_home_opens_with_the_recorded_results(scenes: list[Scene], cold: None) -> None:
    _open()
    assert scenes[-1].source == "recorded"
    assert [label for label, _ in scenes[-1].stations[3].answers] == [answer.label for answer in recorded().answers]


def test_another_picture_never_shows_the_recorded_results(scenes: list[Scene], cold: None) -> None:
    _open(picture="coffee")
    picture, *rest = scenes[-1].stations
    assert scenes[-1].source == "waiting"
    assert picture.image is not None
    assert all(station.image is None and not station.answers and station.waiting for station in rest)


@pytest.mark.parametrize(("sample", "word"), [("chelsea", "cat"), ("coffee", "espresso")])
def test_home_computes_once_torch_is_in(
    scenes: list[Scene], monkeypatch: pytest.MonkeyPatch, sample: str, word: str
) -> None:
    shared_network()
    monkeypatch.setattr(compute, "ready", lambda: True)
    _open(picture=sample)
    assert scenes[-1].source == "live"
    assert word in scenes[-1].stations[3].answers[0][0]


def test_station_leads_to_its_page_and_keeps_the_picture(scenes: list[Scene]) -> None:
    app = _open(_home_go=CLASSIC_KERNELS.file, picture="coffee")
    assert app.title[0].value == "Classic kernels"
    assert app.query_params["picture"] == "coffee"


def test_every_page_of_the_table_is_there(root: Path) -> None:
    assert all((root / "app" / page.file).is_file() for page in PAGES)
    assert len({page.address for page in PAGES}) == len(PAGES)


@pytest.mark.parametrize("path", [*sorted(journeys.RECORDED.iterdir()), ICON], ids=lambda path: path.name)
def test_what_ships_has_its_row_and_checksum(path: Path) -> None:
    table = (ASSETS / "README.md").read_text(encoding="utf-8")
    row = next(line for line in table.splitlines() if f"`{path.relative_to(ASSETS).as_posix()}`" in line)
    assert hashlib.sha256(path.read_bytes()).hexdigest() in row


def test_icon_is_what_the_script_draws(tmp_path: Path) -> None:
    make_icon(tmp_path / "icon.png")
    with Image.open(tmp_path / "icon.png") as drawn, Image.open(ICON) as shipped:
        assert drawn.tobytes() == shipped.tobytes()


@pytest.fixture(scope="module")
def live() -> Journey:
    return travel(load_sample(RECORDED_PICTURE), shared_network())


@pytest.fixture
def scenes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Scene]]:
    """What the page hands to its view, run by run."""
    shown: list[Scene] = []
    monkeypatch.setattr(component, "journey_view", lambda key, scene, on_go: shown.append(scene))
    return shown


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a server whose first page is not drawn yet."""
    monkeypatch.setattr(compute, "ready", lambda: False)


def _open(picture: str | None = None, **state: str) -> AppTest:
    """The app's first run, at *Home*."""
    app = AppTest.from_file(str(Path(__file__).parents[2] / "app" / "main.py"), default_timeout=120)
    if picture is not None:
        app.query_params["picture"] = picture
    for name, value in state.items():
        app.session_state[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def _sample(name: str) -> ChosenPicture:
    return ChosenPicture(name, SAMPLES[name].title, load_sample(name), own=False)


def _levels(sheet: Sheet) -> np.ndarray:
    with Image.open(BytesIO(sheet.png)) as picture:
        return np.asarray(picture).astype(int)


def _heavy(script: Path, root: Path) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, str(script)], cwd=root, capture_output=True, text=True, check=True, timeout=120
    )
    return HEAVY & set(json.loads(done.stdout.splitlines()[-1]))
