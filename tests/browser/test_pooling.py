"""Pooling in a real browser: pointing both ways, keys, settings; every number on the screen is torch's."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from app.ui.picture import ChosenPicture
from app.ui.pooling_form import Form
from app.ui.pooling_maps import pool_part, source_map
from cnnviz.image import load_sample
from cnnviz.layer import pool, pool_readers, pool_trace
from tests.browser.actions import darkened, opened, redrawn, token

PAGE = "/pooling"
VIEW = ".pooling-view"


def shown_map(form: Form) -> torch.Tensor:
    """The map (1, H, W) that the page pools, in float64."""
    whole = source_map(form, ChosenPicture("chelsea", "", load_sample("chelsea"), own=False))
    assert whole is not None
    return pool_part(form, whole).part.double()


def point(page: Page, role: str, row: int, col: int, pad: int = 0) -> None:
    """Move the mouse to the middle of a cell; `pad` cells stand before the map."""
    canvas = page.locator(f"figure[data-role={role}] canvas").first
    height, width = canvas.evaluate("(c) => [c.height, c.width]")
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(
        box["x"] + (col + pad + 0.5) * box["width"] / width, box["y"] + (row + pad + 0.5) * box["height"] / height
    )


def value_shown(page: Page, words: str) -> float:
    expect(page.locator(f"{VIEW} .sentence")).to_contain_text(words)
    return float(page.locator(VIEW).get_attribute("data-value") or "nan")


CASES = [
    Form(part=16),
    Form(part=16, window=3, stride=2, padding=1, ceil_mode=True),
    Form(part=16, kind="average", window=4, stride=3, padding=2, ceil_mode=True),
    Form(part=16, kind="average", window=3, stride=1, padding=1, count_include_pad=False),
    Form(part=32, kind="lp", window=5, stride=4, p=3.5, ceil_mode=True),
    Form(part=32, kind="sum", window=8, stride=5, padding=4),
    Form(kind="global average"),
]


def query(form: Form) -> str:
    kinds = {"lp": "Lp norm", "global average": "Global average"}
    return urlencode({
        "pool_kind": kinds.get(form.kind, form.kind.capitalize()), "pool_window": form.window,
        "pool_stride": form.stride, "pool_padding": form.padding, "pool_ceil": str(form.ceil_mode).lower(),
        "pool_p": form.p, "pool_count_padding": str(form.count_include_pad).lower(), "pool_part": form.part or "all",
    })  # fmt: skip


@pytest.mark.parametrize("form", CASES, ids=lambda form: f"{form.kind} {form.window}/{form.stride}+{form.padding}")
def test_the_value_pointed_at_is_torchs_and_an_input_cell_says_who_reads_it(page: Page, form: Form) -> None:
    opened(page, f"{PAGE}?{query(form)}")
    expected = pool(
        shown_map(form), form.kind, form.window, form.stride, form.padding, form.ceil_mode, form.p,
        form.count_include_pad,
    )[0]  # fmt: skip
    height, width = expected.shape
    for row, col in {(0, 0), (height - 1, width - 1), (height // 2, width // 3), (0, width - 1)}:
        point(page, "output", row, col)
        shown = value_shown(page, f"out[{row}, {col}]")
        assert shown == pytest.approx(expected[row, col].item(), rel=1e-12)
    if form in CASES[:2]:  # windows apart, windows that overlap
        check_readers(page, form)


def check_readers(page: Page, form: Form) -> None:
    """Point at input cells: who reads them, and where they win."""
    image = shown_map(form)
    how = {"window": form.window, "stride": form.stride, "padding": form.padding, "ceil_mode": form.ceil_mode}
    for row, col in [(0, 0), (5, 7), (15, 15), (8, 8), (9, 6)]:
        rows, cols = pool_readers(16, row, col, **how)
        won = [(i, j) for i in rows for j in cols if (row, col) in pool_trace(image, i, j, **how).winners]
        point(page, "input", row, col, form.padding)
        expect(page.locator(f"{VIEW} .sentence")).to_contain_text(f"in[{row}, {col}]")
        view = page.locator(VIEW)
        expect(view).to_have_attribute("data-readers", str(len(rows) * len(cols)))
        expect(view).to_have_attribute("data-won", str(len(won)))


PLAIN = st.fixed_dictionaries({
    "kind": st.sampled_from(["max", "average", "sum", "lp"]), "window": st.integers(1, 6), "stride": st.integers(1, 6),
    "padding": st.integers(0, 3), "ceil": st.booleans(), "count": st.booleans(), "p": st.sampled_from([1.0, 2.0, 3.5]),
    "height": st.integers(6, 14), "width": st.integers(6, 14), "seed": st.integers(0, 999),
})  # fmt: skip


def test_the_arithmetic_equals_torch_for_two_hundred_settings(bare: Page) -> None:
    work = """([scene, places, row, col]) => import('/components/pooling_view/arithmetic.js').then((m) => {
        const found = m.windowAt(scene, row, col);
        return [found.value, found.winners.map((w) => [w.row, w.col]), m.readersOf(scene, 3, 4, places).length];
    })"""

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(PLAIN, st.data())
    def same(how: dict, data: st.DataObject) -> None:
        how["padding"] = min(how["padding"], how["window"] // 2)
        size = (how["height"], how["width"])
        image = torch.randint(-9, 9, (1, *size), generator=torch.Generator().manual_seed(how["seed"])).double()
        common = {"window": how["window"], "stride": how["stride"], "padding": how["padding"], "ceil_mode": how["ceil"]}
        rest = {"kind": how["kind"], "p": how["p"], "count_include_pad": how["count"]}
        pooled = pool(image, **common, **rest)[0]
        row, col = (data.draw(st.integers(0, length - 1)) for length in pooled.shape)
        scene = {
            "kind": how["kind"], "window": [how["window"]] * 2, "stride": [how["stride"]] * 2, "p": how["p"],
            "padding": how["padding"], "countPadding": how["count"], "height": size[0], "width": size[1],
            "values": image.flatten().tolist(),
        }  # fmt: skip
        value, winners, readers = bare.evaluate(work, [scene, list(pooled.shape), row, col])
        assert value == pytest.approx(pooled[row, col].item(), rel=1e-12, abs=1e-12)
        traced = pool_trace(image, row, col, **common, **rest)
        assert tuple(map(tuple, winners)) == traced.winners
        rows, cols = pool_readers(size, 3, 4, **common)
        assert readers == len(rows) * len(cols)

    same()


def test_keys_move_and_pin_the_point_and_a_setting_changes_map_words_and_link(page: Page) -> None:
    opened(page, f"{PAGE}?pool_part=16")
    page.locator("figure[data-role=output] .frame").focus()
    sentence = page.locator(f"{VIEW} .sentence")
    for key, place in [("ArrowDown", "out[5, 4]"), ("ArrowRight", "out[5, 5]"), ("Shift+ArrowUp", "out[0, 5]")]:
        page.keyboard.press(key)
        expect(sentence).to_contain_text(place)
    expect(sentence).to_contain_text("Pinned")
    page.keyboard.press("Escape")
    expect(sentence).not_to_contain_text("Pinned")
    page.locator("figure[data-role=input] .frame").focus()
    page.keyboard.press("ArrowLeft")
    expect(sentence).to_contain_text("in[8, 7]")

    before = token(page)
    page.locator(".st-key-pool_stride").get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    redrawn(page, before)
    page.wait_for_url(re.compile("pool_stride=3"))
    expect(page.locator("figure[data-role=output] figcaption")).to_contain_text("5 × 5")
    expect(page.get_by_text(re.compile(r"/ 3⌋ \+ 1 = 5 rows"))).to_be_visible()
    expect(page.get_by_text(re.compile("156 cells are read by no window"))).to_be_visible()
    chart = page.locator(".st-key-pool_chart .js-plotly-plot")  # of the shift test
    expect(chart).to_be_visible()
    expect(chart.locator(".legendtext")).to_have_count(4)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844)])
def test_both_maps_are_on_the_first_screen(open_page: Callable[..., Page], width: int, height: int) -> None:
    page = opened(open_page(width, height), PAGE)
    for scheme in ("light", "dark"):
        if scheme == "dark":
            darkened(page)
        for role in ("input", "output"):
            box = page.locator(f"figure[data-role={role}] canvas").first.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] < height
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
