"""The logic of Normalization: settings → tiles, words, tables, link, code. What needs a mouse is in tests/browser."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import nn

from app.ui import normalization_maps as maps
from app.ui import normalization_view as view
from app.ui.lesson import lesson_text
from app.ui.normalization_code import normalization_code
from app.ui.normalization_form import Form
from app.ui.picture import sample_picture
from cnnviz.layer import torch_alpha
from cnnviz.network import Network, load_network
from tests.app.pages import arrays_of, open_page, scene_of
from tests.app.programs import run_program

PAGE = "pages/layer/normalization.py"
CHELSEA = sample_picture("chelsea")


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network("efficientnet_lite0")


@pytest.fixture(scope="module")
def batch(network: Network) -> torch.Tensor:
    return maps.batch(network, (CHELSEA, *(sample_picture(name) for name in Form().mates)), 0)


def opened(query: str = "") -> AppTest:
    return open_page(PAGE, query)


def scene(app: AppTest) -> tuple[dict, dict[str, np.ndarray]]:
    return scene_of(app, "norm_tiles"), arrays_of(app, "norm_tiles")


def test_the_page_opens_on_four_pictures_that_share_a_mean_by_channel(batch: torch.Tensor) -> None:
    app = opened()
    assert not app.exception
    header, arrays = scene(app)
    assert header["mode"] == "sets"
    np.testing.assert_allclose(arrays["values"], batch[..., ::2, ::2], rtol=1e-6)
    np.testing.assert_allclose(arrays["mean"][0, 0], batch.mean((0, 2, 3)), rtol=1e-4)
    assert [t for t in range(32) if arrays["members"][3, t]] == [3, 11, 19, 27]
    assert "4 × 1 × 112 × 112 = 50,176 values" in app.markdown[1].value


def test_a_link_restores_the_whole_state() -> None:
    app = opened("norm_kind=Group&norm_groups=4&norm_first=8&norm_mates=Cup of coffee")
    assert not app.exception
    header, arrays = scene(app)
    assert arrays["values"].shape[:2] == (2, 8)
    assert header["columns"][0] == "channel 8"
    assert [t for t in range(16) if arrays["members"][0, t]] == [0, 1]
    header, arrays = scene(opened("norm_see=Neighbouring channels&norm_size=3&norm_alpha=0.5"))
    assert header["lrn"] == {"size": 3, "k": 2, "alpha": 0.5, "beta": 0.75}
    assert [t for t in range(32) if arrays["members"][8, t]] == [7, 8, 9]


@pytest.mark.parametrize("query", ["norm_see=Nothing", "norm_kind=Weight", "norm_first=99", "norm_mates=Nobody"])
def test_a_broken_link_opens_all_the_same(query: str) -> None:
    app = opened(query)
    assert not app.exception
    assert scene(app)[0]["mode"] == "sets"


def test_a_batch_of_one_is_said_with_its_numbers() -> None:
    app = opened()
    app.multiselect(key="norm_mates").set_value([]).run()
    assert not app.exception
    assert "1 × 1 × 112 × 112 = 12,544 values" in app.markdown[1].value


@pytest.mark.parametrize("kind", ["batch", "layer", "instance", "group"])
def test_the_table_holds_one_row_a_set_with_mean_0_and_variance_1(kind: str, batch: torch.Tensor) -> None:
    table = view.sets_table(Form(kind=kind), batch)
    assert len(table["set"]) == {"batch": 8, "layer": 4, "instance": 32, "group": 8}[kind]
    np.testing.assert_allclose(table["mean after"], 0, atol=1e-6)
    before = np.array(table["variance"])
    np.testing.assert_allclose(table["variance after"], before / (before + 1e-5), rtol=1e-4)
    assert "become 0" in view.sets_words(Form(kind=kind), batch)


def test_company_counts_in_train_mode_and_not_in_eval_mode(network: Network) -> None:
    for training in (True, False):
        form = Form("company", training=training)
        first, second = (maps.in_company(network, CHELSEA, names, form) for names in (form.mates, form.others))
        apart = (first.values - second.values).abs().max().item()
        one, other = (maps.answer_in_company(network, CHELSEA, n, training) for n in (form.mates, form.others))
        labels = {one.label, other.label}
        if training:
            assert apart > 0.1
            assert len(labels) == 2
            assert not any("cat" in label.split() for label in labels)
        else:
            assert apart == 0
            assert labels == {"Egyptian cat"}
            assert "difference 0" in view.company_words(form, (first, second), (one, other))


def test_train_mode_answers_are_torchs_and_leave_the_shared_network_alone(network: Network) -> None:
    mates = ("coffee", "brick")
    found = maps.answer_in_company(network, CHELSEA, mates, training=True)
    fresh = load_network("efficientnet_lite0").module
    state = {name: value.clone() for name, value in network.module.state_dict().items()}
    for part in fresh.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.train()
            part.momentum = 0.0
    pictures = (CHELSEA, *(sample_picture(name) for name in mates))
    with torch.inference_mode():
        output = fresh(torch.cat([network.batch(one.picture) for one in pictures]))[0].softmax(0)
    assert found.index == output.argmax().item()
    assert found.probability == pytest.approx(output.max().item(), rel=1e-3)
    for name, value in network.module.state_dict().items():
        torch.testing.assert_close(value, state[name], rtol=0, atol=0)


def test_eval_mode_is_the_networks_own_layer(network: Network) -> None:
    form = Form("company", training=False, first=5)
    done = maps.in_company(network, CHELSEA, (), form).values
    layer = network.module.get_submodule(maps.NORM)
    gamma, beta = (part[5:13, None, None] for part in (layer.weight, layer.bias))
    own = (done * gamma + beta).clamp(0, 6)
    torch.testing.assert_close(own[0], maps.activated(network, CHELSEA)[5:13], rtol=1e-4, atol=1e-4)


def test_alexnets_constants_divide_these_maps_almost_evenly(network: Network) -> None:
    form = Form("neighbours")
    layer = maps.activated(network, CHELSEA)
    said = view.neighbours_words(form, layer)
    assert "almost the same everywhere" in said
    assert "LocalResponseNorm(5, alpha=0.0005, beta=0.75, k=2)" in said
    done = nn.LocalResponseNorm(5, torch_alpha(1e-4, 5), 0.75, 2)(layer[None])[0]
    shown = view.neighbours_scene(form, layer).after.high
    assert shown == pytest.approx(done.max().item(), rel=1e-6)
    assert "times as large" in view.neighbours_words(replace(form, alpha=1.0), layer)


def test_the_numbers_of_the_lesson_are_computed(network: Network) -> None:
    text = lesson_text("normalization")
    form = Form("neighbours")
    assert f"`LocalResponseNorm(5, alpha={torch_alpha(form.alpha, form.size):g}, beta=0.75, k=2)`" in text
    assert f"n = {form.size}, k = {form.k:g}, α = {form.alpha:g}" in text
    layer = maps.activated(network, CHELSEA)
    assert (layer.min().item(), layer.max().item()) == (0, 6)
    assert "maps between 0 and 6" in text


@pytest.mark.parametrize(
    "form",
    [Form(kind="group", groups=4, first=3), Form("company"), Form("company", training=False), Form("neighbours")],
    ids=["sets", "train", "eval", "neighbours"],
)
def test_the_code_gives_exactly_what_is_on_the_screen(
    form: Form, network: Network, batch: torch.Tensor, tmp_path: Path
) -> None:
    lines = run_program(normalization_code(form, CHELSEA), tmp_path).splitlines()
    if form.see == "sets":
        x = maps.batch(network, (CHELSEA, *(sample_picture(name) for name in form.mates)), form.first)
        shown = view.sets_scene(form, x, ["", "", "", ""])
        np.testing.assert_allclose(json.loads(lines[1].split("] [")[0] + "]"), shown.mean[0, 0], rtol=1e-5, atol=1e-7)
    elif form.see == "company":
        first, second = (maps.in_company(network, CHELSEA, names, form) for names in (form.mates, form.others))
        apart = (first.values - second.values).abs().mean().item()
        assert float(lines[0]) == pytest.approx(apart, rel=1e-4, abs=1e-7)
    else:
        shown = view.neighbours_scene(form, maps.activated(network, CHELSEA))
        assert float(lines[0].rsplit(" ", 1)[1]) == pytest.approx(shown.after.high, rel=1e-6)
        assert float(lines[1]) < 1e-5


def test_committing_to_an_answer_sets_the_page_up() -> None:
    app = opened()
    app.session_state["normalization_foot"] = "Predict, then look"
    app.run()
    app.radio(key="normalization_question_3").set_value(1).run()
    app.button(key="normalization_question_3_commit").click().run()
    assert not app.exception
    assert app.success[0].value.startswith("Right.")
    _, arrays = scene(app)
    assert [t for t in range(32) if arrays["members"][9, t]] == list(range(8, 16))
