"""Networks side by side: their curves need no weights, and what is said agrees with the curves."""

import csv
import io

import pytest
from streamlit.testing.v1 import AppTest

from app.ui.field_compare import OPENING, compare_csv, compare_sentence, curve_of
from cnnviz.analysis import DepthCurve


def compare_page() -> None:
    from app.ui.field_compare import draw_compare
    from app.ui.linked import note_page

    note_page("Receptive fields")
    draw_compare((224, 224))


def test_opens_with_a_curve_a_network_and_follows_the_choice() -> None:
    app = AppTest.from_function(compare_page, default_timeout=120).run()
    assert not app.exception
    table = app.dataframe[0].value
    assert len(table) == len(OPENING)
    assert table["Largest field, pixels"].tolist() == [max(curve_of(name).sizes) for name in OPENING]
    app = app.multiselect(key="rf_compare").set_value(["resnet18", "vit_b_16"]).run()
    assert app.dataframe[0].value["Network"].tolist() == ["ResNet-18", "ViT-B/16"]
    assert "ViT-B/16" in app.markdown[0].value
    app = app.multiselect(key="rf_compare").set_value([]).run()
    assert "Choose a network" in app.info[0].value


@pytest.mark.parametrize(("name", "size", "depth"), [("alexnet", 195, 5), ("resnet18", 435, 17), ("vgg16", 212, 13)])
def test_the_curves_end_where_the_networks_do(name: str, size: int, depth: int) -> None:
    curve = curve_of(name)
    assert (max(curve.sizes), curve.depths[-1]) == (size, depth)


def test_the_sentence_counts_those_that_pass_the_picture_and_names_gates() -> None:
    curves = {
        "Small": DepthCurve((1, 2), (3, 100), ("a", "b"), "", False),
        "Large": DepthCurve((1, 2), (3, 500), ("a", "b"), "end", True),
        "Mixer": DepthCurve((1,), (16,), ("a",), "b", False),
    }
    said = compare_sentence(curves, 224)
    assert "**Large** sees farthest: 500 pixels. 1 of 3" in said
    assert "With gates held constant: Large" in said
    assert "Mixer" in said.rsplit(".", 2)[-2]


def test_the_csv_has_every_point() -> None:
    curve = curve_of("alexnet")
    rows = list(csv.DictReader(io.StringIO(compare_csv({"AlexNet": curve}))))
    assert [int(row["largest field, pixels"]) for row in rows] == list(curve.sizes)
    assert [row["layer"] for row in rows] == list(curve.paths)
