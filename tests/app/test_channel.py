"""The logic of What a channel looks for: channel, settings → film, patches, code, link. A mouse: tests/browser."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import io
import subprocess
import sys
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.ui import channel_gallery
from app.ui.channel_films import RECORDED, Reel, atlas, film_of, filming, recorded_film
from app.ui.channel_gallery import pictures_at_hand as all_at_hand
from app.ui.channel_gallery import with_own
from app.ui.channel_state import Asked
from app.ui.channel_work import gallery_key
from app.ui.jobs import JOBS
from app.ui.lesson import lesson_text, questions
from app.ui.picture import ChosenPicture
from app.ui.shelf import PICTURES
from cnnviz import analysis, network
from cnnviz.compute import Job
from cnnviz.image import SAMPLES, load_sample
from cnnviz.paths import ASSETS
from tests.app.pages import arrays_of, chosen, followed, open_page, scene_of
from tests.app.programs import run_program

PAGE = "pages/analysis/channel.py"
LAYER = "blocks.5.0.bn3.drop"
FEW = "blocks.5.1.bn3.drop"  # a layer for two pictures: what was found in LAYER is kept for all tests
SAMPLES_TRIED = ("chelsea", "coffee", "brick")
QUICK = f"ch_layer={LAYER}&ch_channel=3&ch_steps=16&ch_size=64"


@pytest.fixture(scope="module")
def page() -> AppTest:
    return open_page(PAGE)


@pytest.fixture
def samples_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pictures at hand: for layers that no other test looks through."""
    few = {SAMPLES[name].title: load_sample(name) for name in ("chelsea", "coffee")}
    monkeypatch.setattr(channel_gallery, "pictures_at_hand", lambda: few)


def finished(app: AppTest) -> AppTest:
    """The page once its film is made; a browser would look by itself."""
    return followed(app, lambda: film_is(app, "made"))


def film_is(app: AppTest, state: str) -> bool:
    if not [one for one in app.get("bidi_component") if one.proto.component_name == "cnnviz_channel_film"]:
        return False
    return scene_of(app, "channel_film")["state"] == state


def strip(app: AppTest) -> np.ndarray:
    """The frames of the film, (frames, H, W, 3)."""
    scene = scene_of(app, "channel_film")
    sheet = Image.open(BytesIO(arrays_of(app, "channel_film")["strip"].tobytes())).convert("RGB")
    return np.asarray(sheet).reshape(len(scene["frames"]), *scene["side"], 3)


def test_the_page_opens_on_a_recorded_film_and_the_overview(page: AppTest) -> None:
    assert not page.exception and not page.error
    film, overview = scene_of(page, "channel_film"), scene_of(page, "channel_atlas")
    assert film["state"] == "recorded"
    assert film["title"] == "Channel 7 of blocks.5.0.bn3.drop"
    assert film["frames"] == [0, 1, 2, 4, 8, 16, 32, 64]
    assert len(arrays_of(page, "channel_film")["curve"]) == 65
    assert overview["chosen"] == ["blocks.5.0.bn3.drop", 7]
    assert [len(column) for column in overview["channels"]] == [3] * 8
    assert strip(page).shape == (8, 112, 112, 3)


def test_before_the_network_is_there_nothing_waits_for_torch() -> None:
    script = (
        "import sys; from app.ui import channel_films, channel_form, channel_state, channel_work;"
        "known = channel_films.atlas();"
        "how = ('channel', 0, 0, 0, 64, 112, 'fourier', 'all', 'one');"
        "asked = channel_state.Asked(known.network, *known.opening, *how);"
        "assert channel_films.recorded_film(asked).value > 1;"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)


def test_the_overview_goes_from_small_fields_to_the_whole_picture(lite0: network.Network) -> None:
    fields = analysis.receptive_fields(lite0)
    sizes = [fields[layer].size[0] for layer in atlas().layers]
    assert sizes == sorted(sizes) and sizes[0] < 10 and sizes[-1] > 224


def test_recorded_pictures_excite_their_channels_as_they_say_and_more_than_any_sample(lite0: network.Network) -> None:
    """The frames that ship, lossy as they are, put through the network."""
    known = atlas()
    samples = means_of(lite0, torch.stack([lite0.preprocess(load_sample(name)) for name in SAMPLES_TRIED]))
    made = [(layer, channel) for layer, some in zip(known.layers, known.channels, strict=True) for channel in some]
    frames = means_of(lite0, torch.stack([last_frame(*one) for one in made]))
    for number, (layer, channel) in enumerate(made):
        value = float(frames[layer][number, channel])
        facts = known.films[f"{layer}_{channel}"]
        assert value == pytest.approx(facts["value"], rel=0.35), (layer, channel)
        assert facts["value"] > max(facts["start_value"], float(samples[layer][:, channel].max())), (layer, channel)


def last_frame(layer: str, channel: int) -> torch.Tensor:
    """The picture that ships for a channel, (3, 112, 112), as EfficientNet-Lite0 takes it."""
    with Image.open(RECORDED / f"{layer}_{channel}.webp") as sheet:
        pixels = np.asarray(sheet.convert("RGB"))[-112:].copy()
    return (torch.from_numpy(pixels).permute(2, 0, 1) / 255 - 0.5) / 0.5


def means_of(net: network.Network, pictures: torch.Tensor) -> dict[str, torch.Tensor]:
    """The mean of every channel's map (N, C) for pictures (N, 3, H, W), in each layer of the overview."""
    module, means = copy.deepcopy(net.module), {}
    for layer in atlas().layers:
        module.get_submodule(layer).register_forward_hook(
            lambda _, __, maps, layer=layer: means.__setitem__(layer, maps.mean((2, 3)))
        )
    with torch.inference_mode():
        module(pictures)
    return means


def test_a_recorded_film_begins_as_the_same_one_made_now(lite0: network.Network) -> None:
    known = atlas()
    layer, channel = known.layers[1], known.channels[1][0]
    asked = Asked(known.network, layer, channel, "channel", 0, 0, 0, 64, 112, "fourier", "all", "one")
    film = recorded_film(asked)
    assert film is not None
    made = analysis.visualise(lite0, layer, channel, recipe=analysis.Recipe(steps=64)).objective[:, 0]
    np.testing.assert_allclose(film.curve[:3], made[:3], rtol=0.02)
    assert film.curve[-1] == pytest.approx(made[-1], rel=0.1)
    assert recorded_film(replace(asked, seed=1)) is None


def test_the_table_of_what_ships_has_the_checksum() -> None:
    names = sorted(f"./{path.name}" for path in RECORDED.iterdir())
    lines = [f"{hashlib.sha256((RECORDED / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    assert hashlib.sha256("".join(lines).encode()).hexdigest() in (ASSETS / "README.md").read_text(encoding="utf-8")


def test_another_channel_is_made_and_is_what_the_library_makes(lite0: network.Network) -> None:
    app = finished(open_page(PAGE, QUICK))
    film = scene_of(app, "channel_film")
    made = analysis.visualise(lite0, LAYER, 3, recipe=analysis.Recipe(steps=16, size=64))
    np.testing.assert_array_equal(arrays_of(app, "channel_film")["curve"], made.objective[:, 0])
    assert (film["value"], film["start_value"]) == (float(made.value[0]), float(made.start_value[0]))
    frames = strip(app)
    np.testing.assert_array_equal(frames[0], made.start[0])
    np.testing.assert_array_equal(frames[-1], made.pictures[0])
    assert film["frames"] == [0, 1, 2, 4, 8, 16]
    assert app.query_params["ch_layer"] == LAYER


def test_patches_are_the_librarys_over_all_pictures_at_hand(lite0: network.Network) -> None:
    _, scene = looked_through(open_page(PAGE, QUICK))
    assert scene["total"] == len(all_at_hand()) == 179
    found = gallery()
    top = found.patches(3, 6)
    for row, expected in zip(scene["rows"], (top.most, top.least), strict=True):
        assert [tile["value"] for tile in row] == [patch.value for patch in expected]
        assert [tile["picture"] for tile in row] == [patch.picture for patch in expected]
    tile = scene["rows"][0][0]
    maps = analysis.capture(lite0, all_at_hand()[tile["picture"]], [LAYER])[LAYER][3]
    assert tile["value"] == pytest.approx(maps.max().item(), rel=1e-4)
    assert scene["best"][1] == pytest.approx(float(found.mean[:, 3].max()))


def looked_through(app: AppTest) -> tuple[AppTest, dict[str, Any]]:
    """The page once all pictures are looked through, and the scene of its patches."""

    def all_seen() -> bool:
        scene = patches(app)
        return scene is not None and scene["looked_through"] == scene["total"]

    followed(app, all_seen)
    scene = patches(app)
    assert scene is not None
    return app, scene


def patches(app: AppTest) -> dict[str, Any] | None:
    shown = [one for one in app.get("bidi_component") if one.proto.component_name == "cnnviz_channel_patches"]
    return scene_of(app, "channel_patches") if shown else None


def gallery() -> analysis.LayerExtremes:
    """What the page found in LAYER, once for all tests."""
    job = JOBS.find(gallery_key(("efficientnet_lite0", "auto"), LAYER))
    assert job is not None and job.latest is not None
    return job.latest


@pytest.mark.usefixtures("samples_only")
def test_a_film_that_is_stopped_stays_as_far_as_it_got_and_can_be_made_anew() -> None:
    app = open_page(PAGE, "ch_layer=bn2.drop&ch_channel=11&ch_steps=256&ch_size=160&ch_seed=5")
    end = time.monotonic() + 120
    while not film_is(app, "forming"):
        assert time.monotonic() < end
        time.sleep(0.1)
        app.run()
    app.button(key="ch_stop").click().run()
    followed(app, lambda: film_is(app, "stopped"))
    reached = scene_of(app, "channel_film")["frames"][-1]
    assert reached < 256 and scene_of(app, "channel_film")["value"] is None
    app.run()
    assert scene_of(app, "channel_film")["frames"][-1] == reached
    app.button(key="ch_again").click().run()
    assert not film_is(app, "stopped")
    app.number_input(key="ch_channel_widget").set_value(12).run()  # leaves the film: its job stops
    (job,) = [job for asked, job in films() if asked.channel == 11]
    assert job.wait(60)
    assert job.state == "stopped"
    app.number_input(key="ch_channel_widget").set_value(13)
    for asked, job in films():
        if asked.steps == 256:
            JOBS.stop(job.key)


def films() -> list[tuple[Asked, Job[Any, Any]]]:
    """All films that were asked for in this process, with their jobs."""
    return [(job.key[1], job) for job in JOBS.jobs() if isinstance(job.key, tuple) and job.key[0] == "film"]


@pytest.mark.parametrize(
    "query",
    ["ch_channel=99999", "ch_channel=x", "ch_steps=63", "ch_size=9", "ch_base=clay", "ch_many=seven",
     "ch_goal=fly", "ch_shake=2"],
)  # fmt: skip
def test_what_a_broken_link_names_gives_way_to_the_opening(query: str) -> None:
    app = open_page(PAGE, query)
    assert not app.exception and not app.error
    assert scene_of(app, "channel_film")["title"] == "Channel 7 of blocks.5.0.bn3.drop"


def test_an_unknown_layer_is_said_in_words() -> None:
    app = open_page(PAGE, "ch_layer=blocks.99")
    assert not app.exception
    assert "no layer" in app.warning[0].value
    assert scene_of(app, "channel_film")["title"] == "Channel 7 of blocks.5.0.bn3.drop"


def test_a_channel_that_the_layer_does_not_have_is_said_until_another_is_asked() -> None:
    app = open_page(PAGE, "ch_channel=99999&ch_seed=-1").run()
    assert "1” is no seed from 0 to 999,999. Here is 0." in app.warning[0].value
    assert "There is no channel “99999” here, only 0 to 191. Here is 7." in app.warning[0].value
    app.number_input(key="ch_channel_widget").set_value(6).run()
    assert not app.warning


@pytest.mark.usefixtures("samples_only")
def test_a_class_is_looked_for_by_its_name_and_pictures_stand_by_its_logit() -> None:
    app = finished(open_page(PAGE, "ch_goal=class&ch_class=285&ch_steps=16&ch_size=64"))
    film = scene_of(app, "channel_film")
    assert film["title"] == "Class 285: Egyptian cat"
    assert film["goal"] == "the logit of “Egyptian cat”"
    _, scene = looked_through(app)
    assert scene["rows"][0][0]["picture"] == "Chelsea the cat"
    assert scene["yours"] == ["Chelsea the cat", pytest.approx(scene["rows"][0][0]["value"]), 1]


@pytest.mark.usefixtures("samples_only")
def test_a_network_without_recordings_forms_its_own_and_is_called_untrained() -> None:
    app = finished(open_page(PAGE, "network=squeezenet1_1&weights=none&ch_steps=16&ch_size=64"))
    assert not scene_of(app, "channel_film")["trained"]
    assert any("recorded for EfficientNet-Lite0 only" in caption.value for caption in app.caption)
    assert not [one for one in app.get("bidi_component") if one.proto.component_name == "cnnviz_channel_atlas"]


def test_a_growing_film_keeps_powers_of_two_and_sends_noise_and_latest_only(lite0: network.Network) -> None:
    reels: list[Reel] = list(filming(lite0, analysis.Goal(LAYER, 3), analysis.Recipe(steps=6, size=32, count=4)))
    assert [reel.steps for reel in reels[4:]] == [(0, 1, 2, 4), (0, 1, 2, 4, 5), (0, 1, 2, 4, 6), (0, 1, 2, 4, 6)]
    growing, whole = film_of(reels[5]), film_of(reels[-1])
    assert growing.steps == (0, 5) and growing.value is None and len(growing.curve) == 6
    assert whole.steps == (0, 1, 2, 4, 6) and whole.side == (64, 64)
    sheet = np.asarray(Image.open(BytesIO(whole.strip)))
    first = reels[-1].frames[0]
    np.testing.assert_array_equal(sheet[32:64, :32], first[2])


def test_an_own_picture_is_looked_through_and_goes_when_it_is_deleted(lite0: network.Network) -> None:
    visitor = "a visitor of this test"
    buffer = BytesIO()
    load_sample("rocket").save(buffer, "PNG")
    own = PICTURES.get(visitor, PICTURES.add(visitor, buffer.getvalue(), "mine.png"))
    assert own is not None
    mine = ChosenPicture(own.key, own.name, own.picture, own=True)
    asked = Asked(("efficientnet_lite0", "auto"), LAYER, 3, "channel", 0, 0, 0, 64, 112, "fourier", "all", "one")
    shipped = analysis.layer_extremes(lite0, LAYER, {"coffee": load_sample("coffee")})
    assert with_own(shipped, lite0, asked, chosen()) is shipped
    before = channel_gallery._OWN.nbytes
    assert with_own(shipped, lite0, asked, mine).pictures == ("your picture mine.png", "coffee")
    assert channel_gallery._OWN.nbytes > before
    PICTURES.clear(visitor)
    assert channel_gallery._OWN.nbytes == before


@pytest.mark.parametrize(
    "query", ["", "&ch_goal=unit", "&ch_goal=pair&ch_with=5", "&ch_base=pixels&ch_shake=none", "&ch_many=differ"]
)
def test_the_code_makes_the_picture_on_the_screen(
    query: str, tmp_path: Path, lite0: network.Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once in a process of its own; the other recipes here, with the network that is loaded already."""
    app = finished(open_page(PAGE, QUICK + query, channel_foot="Code"))
    (code,) = [block.value for block in app.code]
    film, _, gallery = code.partition("pictures = {")
    assert f"count={channel_gallery.SHOWN}" in gallery
    if query == "":
        lines = run_program(film, tmp_path).splitlines()
        saved = np.asarray(Image.open(tmp_path / "channel.png"))
        np.testing.assert_array_equal(saved, strip(app)[-1])
    else:
        monkeypatch.setattr(network, "load_network", lambda name: lite0)
        with contextlib.chdir(tmp_path), contextlib.redirect_stdout(io.StringIO()) as out:
            exec(film, {})
        lines = out.getvalue().splitlines()
    told = [float(number) for number in lines[0].split()]
    scene = scene_of(app, "channel_film")
    assert told == pytest.approx([scene["start_value"], scene["value"]], rel=1e-4)


@pytest.mark.usefixtures("samples_only")
def test_the_code_finds_the_patches_on_the_screen_among_all_pictures_at_hand(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lite0: network.Network
) -> None:
    """The page looks through two pictures only; the program is given the same two of all that it takes."""
    app = finished(open_page(PAGE, f"ch_layer={FEW}&ch_channel=3&ch_steps=16&ch_size=64", channel_foot="Code"))
    app, scene = looked_through(app)
    find, given = analysis.top_patches, []
    monkeypatch.setattr(network, "load_network", lambda name: lite0)

    def among_few(net: network.Network, layer: str, channel: int, pictures: dict[str, Image.Image], count: int) -> Any:
        given.append(pictures)
        return find(net, layer, channel, {name: pictures[name] for name in ("chelsea", "coffee")}, count)

    monkeypatch.setattr(analysis, "top_patches", among_few)
    (code,) = [block.value for block in app.code]
    with contextlib.chdir(tmp_path), contextlib.redirect_stdout(io.StringIO()) as out:
        exec(code, {})
    shown = [tile["value"] for row in scene["rows"] for tile in row]
    assert [float(line.split()[0]) for line in out.getvalue().splitlines()[1:]] == pytest.approx(shown, rel=1e-4)
    at_hand = list(all_at_hand().values())
    assert len(given[0]) == len(at_hand)
    assert all(one.tobytes() == other.tobytes() for one, other in zip(given[0].values(), at_hand, strict=True))


def test_what_questions_say_is_so(lite0: network.Network) -> None:
    first, second, third = questions("channel")
    assert "7 × 7 pixels" in first.prompt
    assert analysis.receptive_fields(lite0)[first.setup["ch_layer"]].size == (7, 7)
    assert "channel 8" in first.prompt and first.setup["ch_channel"] == "8"
    layer, channel = second.setup["ch_layer"], int(second.setup["ch_channel"])
    assert layer == LAYER
    looked_through(open_page(PAGE, QUICK))
    best = gallery().mean[:, channel].max()
    # A quarter of the steps that the questions take: what holds here holds all the more there.
    four = analysis.visualise(lite0, layer, channel, recipe=analysis.Recipe(steps=16, count=4, diversity=1.0))
    assert four.value.min() > best, "all excite the channel more than any picture at hand"
    assert four.similarity is not None and four.similarity < 0.5
    still = {"base": "pixels", "decorrelated": False, "jitter": 0, "rotation": 0.0, "scale": 0.0}
    pixels = analysis.visualise(lite0, layer, channel, recipe=analysis.Recipe(steps=16, **still))
    assert pixels.value[0] > 10 * pixels.start_value[0]
    assert roughness(pixels.pictures[0]) > 1.5 * roughness(four.pictures[0]), "into fine patterns"
    assert third.setup["ch_base"] == "pixels"


def roughness(picture: np.ndarray) -> float:
    """The change from pixel to pixel over the change from one 8 × 8 block to the next."""
    grey = picture.astype(float).mean(2)
    blocks = grey.reshape(14, 8, 14, 8).mean((1, 3))
    return float(np.abs(np.diff(grey, axis=1)).mean() / np.abs(np.diff(blocks, axis=1)).mean())


@pytest.mark.parametrize("number", range(3))
def test_every_question_sets_up_a_page_that_stands(number: int) -> None:
    setup = questions("channel")[number].setup
    app = open_page(PAGE, **setup)
    assert not app.exception and not app.error
    assert "made picture" in lesson_text("channel")
    for asked, job in films():
        if asked.many == setup["ch_many"]:
            JOBS.stop(job.key)
