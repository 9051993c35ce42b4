"""Every figure of the lecture notes is recomputed, its working holds, and each that differs is explained."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.analysis import LectureFigure, lecture_figures
from cnnviz.analysis.lecture import tables
from cnnviz.analysis.lecture.entries import Entry, read
from cnnviz.analysis.lecture.figures import NOTES, TOPICS
from cnnviz.analysis.lecture.sources import convolution
from cnnviz.analysis.lecture.statements import STATEMENTS

DIFFERING = {
    # Figure, by topic and what it counts: the notes' number, ours.
    ("AlexNet's table: conv4", "multiply-adds, millions"): ("145", "149.5"),
    ("GoogLeNet's stem in all", "the column's sum, millions"): ("418", "480.8"),
    ("Inception module", "multiply-adds with 1×1 reductions"): ("358M", "271.4 M"),
    ("VGGNet", "numbers that picture and outputs hold"): ("24M", "15.2 M"),
    ("VGGNet", "their bytes, in millions"): ("96", "61"),
    ("VGGNet", "convolutions of stage 3 of VGG-16"): ("2", "3"),
    ("AlexNet vs VGG-16", "multiply-adds, billions"): ("13.6 G", "15.47 G"),
    ("VGG Net", "weights of a 7×7 layer on three channels"): ("147", "441"),
    ("VGG Net", "weights of three 3×3 layers on three channels"): ("81", "243"),
    ("GoogLeNet (Inception)", "channels that the kernels read, in the product for 112.9M"): ("16", "480"),
    ("ZF", "padding that gives the paper's 110×110 output"): ("3", "1"),
    ("GoogLeNet", "parameters, without the auxiliary classifiers"): ("5 Million", "7 Million"),
    ("GoogLeNet's end: fc", "memory of the output, KB"): ("0", "3.9"),
    ("ResNet's training", "weight decay"): ("1e-5", "0.0001"),
}


@pytest.fixture(scope="module")
def figures() -> tuple[LectureFigure, ...]:
    return lecture_figures()


def test_every_note_has_figures_in_the_order_of_its_topics(figures):
    assert [figure.number for figure in figures] == list(range(1, len(figures) + 1))
    assert {figure.note for figure in figures} == set(range(1, len(NOTES) + 1))
    places = [(figure.note, TOPICS.index(figure.topic.partition(":")[0])) for figure in figures]
    assert places == sorted(places) and {place for _, place in places} == set(range(len(TOPICS)))


def test_the_figures_that_differ_are_the_known_ones(figures):
    wrong = [figure for figure in figures if not figure.agrees]
    assert (len(figures), len(wrong)) == (388, 32)
    found = {(figure.topic, figure.what): (figure.given, figure.computed) for figure in wrong}
    assert {key: found.get(key) for key in DIFFERING} == DIFFERING


def test_each_figure_that_differs_is_explained_in_a_sentence(figures):
    for figure in figures:
        assert figure.quote and figure.what and figure.working and figure.source
        if not figure.agrees:
            assert figure.why.endswith(".") and figure.computed != figure.given, figure


def test_workings_that_are_sums_or_products_come_to_the_computed_number(figures):
    checked = 0
    for figure in figures:
        left, sign, right = figure.working.partition(" = ")
        if not sign or len(figure.values) != 1 or re.search(r"[A-Za-z:\[√,]", re.sub(r"(?<=\d),(?=\d)", "", left)):
            continue
        value, said = evaluated(left), evaluated(right.split()[0])
        assert value == pytest.approx(said, rel=2e-3), figure
        assert said == pytest.approx(figure.values[0], rel=2e-3), figure
        checked += 1
    assert checked > 150


def evaluated(text: str) -> float:
    """A formula as the page writes it, as Python reads it."""
    plain = text.replace(",", "").replace("×", "*").replace("·", "*").replace("−", "-")
    plain = plain.replace("⌊", "math.floor(").replace("⌋", ")")
    plain = plain.replace("⌈", "math.ceil(").replace("⌉", ")")
    assert re.fullmatch(r"([\d\s+*/().-]|math\.(floor|ceil))*", plain), text
    return float(eval(plain, {"math": math}))


def test_the_short_vgg16_that_the_notes_counted_gives_their_numbers(figures):
    missing = convolution(256, 256, 3, 56, padding=1)
    of = {(figure.topic, figure.given): figure.values[0] for figure in figures}
    mb = 1024**2
    assert (of["AlexNet vs VGG-16", "48.6 MB"] - missing.activation_bytes) / mb == pytest.approx(48.6, abs=0.06)
    assert (of["AlexNet vs VGG-16", "13.6 G"] - missing.multiply_adds) / 1e9 == pytest.approx(13.6, abs=0.05)
    assert (of["GoogLeNet's stem in all", "42.9 MB"] - missing.activation_bytes) / mb == pytest.approx(42.9, abs=0.05)
    assert (of["GoogLeNet's stem in all", "1.1M"] - missing.weights) / 1e6 == pytest.approx(1.1, abs=0.05)
    assert int((of["GoogLeNet's stem in all", "7485"] - missing.multiply_adds) / 1e6) == 7485


def test_the_notes_ratios_are_those_of_rounded_numbers(figures):
    missing = convolution(256, 256, 3, 56, padding=1)
    of = {(figure.topic, figure.given): figure for figure in figures}
    stem = "GoogLeNet's stem in all"
    short = of[stem, "1.1M"].values[0] - missing.weights
    assert f"{1.1 / 0.124:.1f}x" == "8.9x" and f"it is {short / of[stem, '124K'].values[0]:.1f}" in of[stem, "8.9x"].why
    assert f"7485 is {7485 / 418:.1f} times" in of[stem, "17.8x"].why
    work = of["AlexNet vs VGG-16", "13.6 G"].values[0] - missing.multiply_adds
    unrounded = work / of["AlexNet vs VGG-16", "0.7 G"].values[0]
    assert f"{13.6 / 0.7:.1f}x" == "19.4x" and f"that is {unrounded:.1f}" in of["AlexNet vs VGG-16", "19.4x"].why


def test_a_pooling_multiplies_nothing(figures):
    poolings = {figure.topic for figure in figures if figure.what == tables.LOOKED_AT}
    assert {topic.partition(": ")[2] for topic in poolings} == {"pool1", "pool2", "pool5", "max-pool", "avg-pool"}
    assert not poolings & {figure.topic for figure in figures if figure.what == "multiply-adds, millions"}


def test_the_notes_inception_sum_counts_the_3x3_convolution_twice(figures):
    (found,) = {figure.values[0] for figure in figures if figure.given == "358M"}
    twice = convolution(64, 192, 3, 28, padding=1).multiply_adds
    assert round((found + twice) / 1e6) == 358


def test_the_tables_of_the_notes_stand_there_row_by_row(figures):
    rows = {figure.topic for figure in figures}
    for table in tables.TABLES:
        assert {tables.cell_topic(table.name, row.name) for row in table.rows} <= rows
    assert len([row for row in rows if row.startswith("VGG-16's table")]) == 1 + 18 + 3
    assert len([row for row in rows if row.startswith("ResNet architectures")]) == 5
    alexnet = [figure for figure in figures if figure.topic.startswith("AlexNet's table")]
    assert len(alexnet) == 12 * 5 + 1 and sum(not figure.agrees for figure in alexnet) == 2


@pytest.mark.parametrize(
    ("text", "value", "agrees"),
    [
        ("145", 149.52, False), ("3.7x", 3.7647, True), ("3.7x", 3.81, False), ("800K", 802_816, True),
        ("24M", 15.2e6, False), ("1,728", 1728, True), ("1,728", 1729, False), ("~2B", 1.6e9, True),
        ("5e-4", 0.0005, True), ("1e-5", 0.0001, False), ("1.9 MB", 2_005_152, True), ("75%", 75, True),
        ("0", 0.4, True),
    ],
)  # fmt: skip
def test_a_figure_agrees_if_it_is_the_number_rounded_or_cut_off(text, value, agrees):
    assert written(text).agrees((value,)) is agrees


def test_shapes_and_lists_agree_number_by_number():
    assert written("55x55x96").agrees((55, 55, 96)) and not written("55x55x96").agrees((55, 96, 55))
    assert written("[1, -1]").agrees((1, -1)) and not written("3x3").agrees((3,))
    with pytest.raises(ValueError, match="no figure"):
        written("many")


@given(number=st.integers(1, 10**9), digits=st.integers(0, 3))
def test_what_is_rounded_agrees_and_what_is_off_by_a_digit_does_not(number, digits):
    text = f"{number / 1e6:.{digits}f}"
    assert read(entry(text, scale=1e6, step=10.0**-digits)).agrees((number,))
    assert not read(entry(text, scale=1e6, step=10.0**-digits)).agrees((number + 1.51e6 * 10.0**-digits,))


def test_statements_that_do_not_hold_say_what_holds():
    assert len(STATEMENTS) >= 12
    assert all(1 <= one.note <= len(NOTES) and one.quote and one.reference for one in STATEMENTS)
    assert all(one.holds.endswith(".") for one in STATEMENTS)


def written(text: str):
    return read(entry(text))


def entry(text: str, **settings: float) -> Entry:
    return Entry(1, "AlexNet", "quote", "what", text, lambda: None, **settings)
