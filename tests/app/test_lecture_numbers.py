"""The logic of Lecture numbers: what the list is sent, link, tables, CSV, code, and the numbers in the lesson."""

import csv
import io
import re
from pathlib import Path

import pytest

from app.components.lecture_list.component import ListState
from app.ui.lecture_code import lecture_code
from app.ui.lecture_state import shown_figures
from app.ui.lecture_tables import figures_csv, table_rows
from app.ui.lesson import lesson_text, questions
from cnnviz.analysis import LectureFigure, lecture_figures
from cnnviz.analysis.lecture.figures import NOTES
from tests.app.pages import open_page, scene_of
from tests.app.programs import run_program

PAGE = "pages/network/lecture_numbers.py"


@pytest.fixture(scope="module")
def figures() -> tuple[LectureFigure, ...]:
    return lecture_figures()


def cells(figures: tuple[LectureFigure, ...], table: str) -> list[LectureFigure]:
    return [figure for figure in figures if figure.topic.startswith(f"{table}: ")]


def test_the_page_opens_on_the_figures_that_differ_with_one_open(figures) -> None:
    app = open_page(PAGE)
    assert not app.exception
    scene = scene_of(app, "lecture_list")
    assert len(scene["figures"]) == len(figures) and scene["notes"] == list(NOTES)
    assert scene["state"] == {"show": "differ", "note": 0, "search": "", "opened": scene["state"]["opened"], "turn": 0}
    opened = figures[scene["state"]["opened"] - 1]
    assert (opened.given, opened.computed, opened.agrees) == ("145", "149.5", False)
    assert dict(zip(scene["fields"], scene["figures"][opened.number - 1], strict=True))["working"] == opened.working


def test_a_link_brings_back_filter_note_search_and_the_open_figure() -> None:
    app = open_page(PAGE, "ln_show=all&ln_note=4&ln_search=decay&ln_open=3&ln_table=VGG-16's table")
    assert "61 of 61" in " ".join(mark.value for mark in app.markdown)
    state = scene_of(app, "lecture_list")["state"]
    assert state == {"show": "all", "note": 4, "search": "decay", "opened": 3, "turn": 0}


@pytest.mark.parametrize("query", ["ln_open=99999", "ln_open=many", "ln_show=none&ln_note=9", f"ln_search={'a' * 500}"])
def test_a_link_that_asks_for_what_is_not_there_opens_the_page_all_the_same(query: str) -> None:
    app = open_page(PAGE, query)
    assert not app.exception
    state = scene_of(app, "lecture_list")["state"]
    assert (state["show"], state["note"], len(state["search"]) <= 60) == ("differ", 0, True)
    assert 0 < state["opened"] <= len(lecture_figures())


def test_alexnets_table_stands_row_by_row_with_both_numbers_where_they_differ(figures) -> None:
    rows = table_rows(cells(figures, "AlexNet's table"))
    names = ["conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5", "flatten", "fc6", "fc7", "fc8"]
    assert [row["Row"] for row in rows] == names
    columns = ("Output", "Memory, KB", "Parameters, K", "Multiply-adds, M")
    assert [rows[5][column] for column in columns] == ["256x13", "169", "884.7", "145 ≠ 149.5"]
    assert rows[5]["Layer"] == "384 × 13, 256 filters, kernel 3, stride 1, pad 1"
    assert (rows[1]["Layer"], rows[9]["Layer"]) == ("64 × 56, kernel 3, stride 2", "9216 × 4096")
    assert rows[0]["Filters in 2012"] == "64 ≠ 96" and rows[1]["Filters in 2012"] == ""


def test_rows_of_one_name_stay_apart(figures) -> None:
    stem = table_rows(cells(figures, "GoogLeNet's stem"))
    assert [row["Row"] for row in stem] == ["conv", "max-pool", "conv", "conv", "max-pool"]
    assert [row["Multiply-adds, M"] for row in stem] == ["118", "1.8", "12.8", "346.8", "1.4"]
    vgg = table_rows(cells(figures, "VGG-16's table"))
    assert len(vgg) == 22 and vgg[19]["Parameters"] == "102,760,448"
    resnets = table_rows(cells(figures, "ResNet architectures"))
    assert [row["Layers"] for row in resnets] == ["18", "34", "50", "101", "152"]


def test_the_csv_has_everything_of_the_figures_that_are_shown(figures) -> None:
    shown = shown_figures(figures, ListState("differ", 4, "", 0, 0))
    rows = list(csv.DictReader(io.StringIO(figures_csv(shown))))
    assert [(row["what"], row["given"], row["computed"]) for row in rows] == [("weight decay", "1e-5", "0.0001")]
    assert rows[0]["verdict"] == "differs" and "ten times" in rows[0]["why"]
    counts = {show: len(shown_figures(figures, ListState(show, 0, "", 0, 0))) for show in ("all", "agree", "differ")}
    assert counts["agree"] + counts["differ"] == counts["all"] == len(figures)


def test_the_code_gives_exactly_what_is_on_the_screen(figures, tmp_path: Path) -> None:
    state = ListState("differ", 2, "", 127, 0)
    lines = run_program(lecture_code(state), tmp_path).splitlines()
    shown = shown_figures(figures, state)
    assert lines[0] == f"{len(shown)} {len(figures)}"
    assert [line.split(" | ")[-3:-1] for line in lines[1 : len(shown) + 1]] == [[f.given, f.computed] for f in shown]
    opened = figures[126]
    assert lines[len(shown) + 1 :] == [opened.quote, opened.working, opened.source, opened.why]


def test_the_questions_open_the_figures_that_they_speak_of(figures) -> None:
    grow, compute, adds = questions("lecture_numbers")
    of = {(figure.topic, figure.what): figure for figure in figures}
    weights = of["AlexNet's table: conv4", "parameters, thousands"]
    assert grow.setup["ln_open"] == str(weights.number) and "885 thousand" in grow.prompt
    assert "256 × 3 × 3 × 384" in weights.working and "256 × 3 × 3 × 384" in grow.look
    conv2, fc6 = (of[f"AlexNet's table: {name}", "multiply-adds, millions"] for name in ("conv2", "fc6"))
    few, many = (of[f"AlexNet's table: {name}", "parameters, thousands"] for name in ("conv2", "fc6"))
    assert compute.setup["ln_open"] == str(conv2.number)
    assert (round(conv2.values[0] / 1e6), round(fc6.values[0] / 1e6)) == (224, 38) and "224 million" in compute.why
    assert round(many.values[0] / few.values[0]) == 123 and "123 times" in compute.options[0]
    held = of["VGGNet", "numbers that picture and outputs hold"]
    assert adds.setup["ln_open"] == str(held.number) and round(held.values[0] / 1e6, 1) == 15.2


def test_the_numbers_of_the_lesson_are_computed_ones(figures) -> None:
    text = lesson_text("lecture_numbers").replace("\n", " ")
    by_given = {figure.given: figure for figure in figures if not figure.agrees}
    for given, computed in (("358M", "271 million"), ("418", "481 million"), ("147", "441 weights")):
        assert computed in text
        assert re.sub(r"\D", "", computed) == str(round(by_given[given].values[0] / (1e6 if given != "147" else 1)))
    assert by_given["1e-5"].values[0] == 0.0001 and "0.0001, not 0.00001" in text
    assert round(by_given["13.6 G"].values[0] / 1e9, 2) == 15.47 and "13.6 billion" in text
