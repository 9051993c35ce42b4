"""Stacks of one's own: presets, editing, what is said and saved; the link holds both stacks."""

import csv
import io
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.components.stack_view.component import shares
from app.ui.field_stacks import PRESETS, stacks_csv, stacks_sentence, totals
from cnnviz.analysis import grow, parse_stack
from tests.app.pages import scene_of


def stacks_page() -> None:
    from app.ui.field_stacks import draw_stacks
    from app.ui.linked import note_page

    note_page("Receptive fields")
    draw_stacks()


def opened(**query: str) -> AppTest:
    app = AppTest.from_function(stacks_page, default_timeout=120)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def links(app: AppTest) -> tuple[str, str]:
    """Both stacks as the address has them; the defaults are not written there."""
    found = []
    for side, default in (("a", "c3 c3"), ("b", "c5")):
        named = app.query_params.get(f"rf_stack_{side}", default)
        found.append(named[0] if isinstance(named, list) else named)
    return found[0], found[1]


def test_opens_on_two_small_kernels_against_one_large() -> None:
    app = opened()
    assert not app.exception
    assert "Both see **5 × 5** pixels" in app.markdown[0].value
    assert "73,728 against 102,400" in app.markdown[0].value
    scene = scene_of(app, "stack_view")
    assert [len(stack["layers"]) for stack in scene["stacks"]] == [2, 1]
    assert [stack["layers"][-1]["size"] for stack in scene["stacks"]] == [5, 5]


@pytest.mark.parametrize("number", range(len(PRESETS)))
def test_every_preset_sets_both_stacks_up(number: int) -> None:
    app = opened(rf_stack_a="c7", rf_stack_b="c7").button(key=f"rf_preset_{number}").click().run()
    assert not app.exception
    assert links(app) == PRESETS[number].stacks
    assert PRESETS[number].look in [caption.value for caption in app.caption]


def test_a_layer_is_added_changed_copied_moved_and_removed() -> None:
    app = opened(rf_stack_a="c3 p2")
    app = app.button(key="rf_add_a").click().run()
    assert links(app)[0] == "c3 p2 c3"
    app = app.number_input(key="rf_kernel_a").set_value(5).run()
    app = app.number_input(key="rf_dilation_a").set_value(2).run()
    assert links(app)[0] == "c3 p2 c5d2"
    app = app.button(key="rf_earlier_a").click().run()
    assert links(app)[0] == "c3 c5d2 p2"
    app = app.button(key="rf_copy_a").click().run()
    assert links(app)[0] == "c3 c5d2 c5d2 p2"
    app = app.button(key="rf_later_a").click().run()
    assert links(app)[0] == "c3 c5d2 p2 c5d2"
    app = app.radio(key="rf_pick_a").set_value(0).run()
    assert app.number_input(key="rf_kernel_a").value == 3
    app = app.button(key="rf_remove_a").click().run()
    assert links(app)[0] == "c5d2 p2 c5d2"
    assert not app.exception


def test_the_last_layer_can_go_and_come_back() -> None:
    app = opened(rf_stack_b="c5").button(key="rf_remove_b").click().run()
    assert not app.exception
    assert app.number_input(key="rf_kernel_b").disabled
    app = app.button(key="rf_add_b").click().run()
    assert links(app)[1] == "c3"


def test_a_field_beyond_all_pictures_is_refused_and_the_stack_stays() -> None:
    app = opened(rf_stack_a="p8 p8 p8 p8").button(key="rf_copy_a").click().run()
    assert "20,000" in app.warning[0].value
    assert links(app)[0] == "p8 p8 p8 p8"


@pytest.mark.parametrize("text", ["x", "c3 <b>", "c" * 500])
def test_a_link_that_names_no_stack_opens_the_default_and_says_so(text: str) -> None:
    app = opened(rf_stack_a=text)
    assert not app.exception
    assert len(app.warning) == 1
    assert links(app)[0] == "c3 c3"


def test_the_sentence_says_holes_and_who_is_cheaper() -> None:
    a, b = (totals(grow(parse_stack(text), channels=2)) for text in ("c3d3 c3d3", "c3 c3"))
    said = stacks_sentence(a, b)
    assert "**A** sees more: 13 × 13 pixels against 5 × 5" in said
    assert "Both have 72 weights" in said
    assert "In A a unit reads only 5 of every 13 pixels" in said


def test_the_csv_holds_every_layer_with_its_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(stacks_csv([grow(parse_stack("c3s2 c3"), 4), grow(parse_stack("c5"), 4)]))))
    assert [row["stack"] for row in rows] == ["A", "A", "B"]
    assert rows[1]["size ="] == "3 + (3 − 1) · 2 = 7"
    assert [int(row["weights"]) for row in rows] == [144, 144, 400]


def test_shares_of_pixels_are_those_of_boxes_convolved_with_boxes() -> None:
    assert (9 * shares(parse_stack("c3 c3"))).tolist() == pytest.approx([1, 2, 3, 2, 1])


def test_importing_the_bench_needs_no_torch(root: Path) -> None:
    import subprocess
    import sys

    program = "import sys; import app.ui.field_stacks; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=root)
