"""Classic kernels in a real browser: pointing, keys, typing, painting; every number on the screen is torch's."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import JSHandle, Page, expect

from app.ui.kernel_stages import parse_stages
from cnnviz.image import fit, load_sample, to_tensor
from cnnviz.layer import convolve
from tests.browser.actions import canvas_size, darkened, opened, pixel, redrawn, token
from tests.browser.waiting import settled

PAGE = "/classic_kernels"
VIEW = ".kernel-view"


def result(stages: str, grey: bool, border: str = "replicate", picture: str = "chelsea") -> torch.Tensor:
    """The whole result in float64, by torch."""
    image = fit(load_sample(picture), 512)
    values = to_tensor(image).double()
    if grey:
        pixels = torch.from_numpy(np.asarray(image).copy()).double()
        values = (pixels @ torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64) / 255)[None]
    else:
        values = torch.from_numpy(np.asarray(image).copy()).double().permute(2, 0, 1) / 255
    for stage in parse_stages(stages):
        if stage.kind == "relu":
            values = values.clamp(min=0)
        elif stage.kind == "kernel":
            values = convolve(values, stage.matrix, padding_mode=border, bias=stage.bias)
        else:
            pool = F.max_pool2d if stage.kind == "max_pool" else F.avg_pool2d
            values = pool(values, 2)
    return values


def point(page: Page, role: str, row: int, col: int) -> None:
    """Move the mouse to the middle of a picture cell."""
    canvas = page.locator(f"figure[data-role={role}] canvas").first
    height, width = canvas.evaluate("(c) => [c.height, c.width]")
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + (col + 0.5) * box["width"] / width, box["y"] + (row + 0.5) * box["height"] / height)


def value_shown(page: Page, row: int, col: int) -> float:
    expect(page.locator(f"{VIEW} .sentence")).to_contain_text(f"{row}, {col}]")
    return float(page.locator(VIEW).get_attribute("data-value") or "nan")


def first_preview(page: Page, places: list[tuple[int, int]]) -> JSHandle:
    """What the view draws next before the server has answered: `pixels` are its result's at these places.

    Noted in the page: the answer may be there before anything could be asked from here.
    """
    return page.locator(VIEW).evaluate_handle(
        """(view, places) => {
            const preview = { pixels: null };
            new MutationObserver(() => {
                if (preview.pixels || !view.dataset.cnnvizDrawn.startsWith("preview")) return;
                const context = view.querySelector("figure[data-role=result] canvas").getContext("2d");
                preview.pixels = places.map(([row, col]) => [...context.getImageData(col, row, 1, 1).data].slice(0, 3));
            }).observe(view, { attributeFilter: ["data-cnnviz-drawn"] });
            return preview;
        }""",
        [list(place) for place in places],
    )


CASES = [
    ("stages=sharpen&border=zeros", "sharpen", False, "zeros", "Size"),
    ("stages=sobel_x&colours=grey&show=signed", "sobel_x", True, "replicate", "Bias"),
    ("stages=gaussian(size%3D7,sigma%3D1.5)>laplacian_8%2B0.25&stage=2&colours=grey&border=reflect",
     "gaussian(size=7,sigma=1.5)>laplacian_8+0.25", True, "reflect", "Bias"),
    ("stages=[1,2,0,-1;0.5,0,1,0]>box_blur(size%3D5)>emboss&stage=3&border=circular",
     "[1,2,0,-1;0.5,0,1,0]>box_blur(size=5)>emboss", False, "circular", ""),
    ("stages=unsharp_mask&border=replicate", "unsharp_mask", False, "replicate", ""),
    ("stages=unsharp_mask&show=signed&channel=blue&border=circular", "unsharp_mask", False, "circular", "Amount"),
    ("stages=gaussian&colours=colour", "gaussian", False, "replicate", "Sigma"),
    ("stages=laplacian_of_gaussian&colours=grey&show=signed&border=reflect",
     "laplacian_of_gaussian", True, "reflect", "Sigma"),
    ("stages=gaussian>motion_blur&stage=2&border=replicate", "gaussian>motion_blur", False, "replicate", "Angle"),
    ("stages=laplacian_8>relu>max_pool>gaussian&stage=4&colours=grey&show=signed",
     "laplacian_8>relu>max_pool>gaussian", True, "replicate", "Sigma"),
    ("stages=sobel_x>relu>max_pool>box_blur(size=5)&stage=4&colours=grey&show=signed&border=reflect",
     "sobel_x>relu>max_pool>box_blur(size=5)", True, "reflect", ""),
    ("stages=gaussian_blur>average_pool>sharpen>max_pool&stage=4&colours=grey&show=signed&border=reflect",
     "gaussian_blur>average_pool>sharpen>max_pool", True, "reflect", ""),
    ("stages=max_pool>average_pool>relu&stage=3&colours=grey&show=signed&border=reflect",
     "max_pool>average_pool>relu", True, "reflect", ""),
]  # fmt: skip
"""The link, its stages, whether they work on grey, the border; and a slider of the stage in hand, if one is tried."""


@pytest.mark.parametrize(("query", "stages", "grey", "border", "slider"), CASES)
def test_values_are_torchs_and_what_is_drawn_while_sliding_is_what_the_server_then_sends(
    page: Page, query: str, stages: str, grey: bool, border: str, slider: str
) -> None:
    opened(page, f"{PAGE}?{query}")
    expected = result(stages, grey, border)[2 if "channel=blue" in query else 0]
    height, width = expected.shape
    for row, col in [(height // 2, width // 2), (0, 0), (height - 1, width - 1), (1, width - 2), (height - 2, 3)]:
        point(page, "result", row, col)
        assert value_shown(page, row, col) == pytest.approx(expected[row, col].item(), rel=1e-12, abs=1e-12)
    if slider:
        slides_as_the_server_draws(page, slider, at_most=3 if "signed" in query else 16)


def slides_as_the_server_draws(page: Page, slider: str, at_most: int) -> None:
    """Move a slider by a step; what the browser draws at once differs from what the server then sends by so much."""
    height, width = canvas_size(page, "result")
    places = [
        (0, 0),
        (20, 30),
        (height // 2, width // 2),
        (height - 40, 100),
        (height - 1, width - 1),
        (100, width - 2),
    ]
    preview = first_preview(page, places)
    page.get_by_role("slider", name=slider).focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("(preview) => preview.pixels", arg=preview)
    at_once = np.array(preview.json_value()["pixels"])
    expect(page.locator(VIEW)).not_to_have_attribute("data-cnnviz-drawn", re.compile("preview"))
    then = np.array(pixel(page, "result", places))
    assert np.abs(at_once - then).max() <= at_most


def test_the_result_picture_is_the_clamped_result(page: Page) -> None:
    opened(page, f"{PAGE}?stages=sharpen&picture=coffee")
    expected = result("sharpen", False, picture="coffee").clamp(0, 1) * 255
    places = [(20, 30), (100, 200), (200, 400), (300, 100)]
    shown = np.array(pixel(page, "result", places))
    wanted = np.array([[expected[c, r, k].item() for c in range(3)] for r, k in places])
    assert np.abs(shown - wanted).max() <= 16  # a JPEG of quality 95


def test_signed_colours_are_blue_where_positive_and_red_where_negative(page: Page) -> None:
    opened(page, f"{PAGE}?stages=sobel_x&colours=grey&show=signed&border=reflect")
    values = result("sobel_x", True, "reflect")[0]
    high, low = (divmod(int(at), values.shape[1]) for at in (values.argmax(), values.argmin()))
    positive, negative = pixel(page, "result", [high, low])
    assert positive[2] > positive[0] + 60 or float(values.max()) < -float(values.min()) / 2
    assert negative[0] > negative[2] + 60 or -float(values.min()) < float(values.max()) / 2
    zero = (values.abs() < 1e-9).nonzero()
    for row, col in zero[:1].tolist():
        assert pixel(page, "result", [(row, col)]) == [[255, 255, 255]]


def test_keys_alone_move_and_pin_the_point_and_each_channel_has_its_products(page: Page) -> None:
    opened(page, f"{PAGE}?stages=sharpen")
    page.locator("figure[data-role=result] .frame").focus()
    sentence = page.locator(f"{VIEW} .sentence")
    expect(sentence).to_contain_text("150, 225]")
    for key, place in [("ArrowDown", "151, 225]"), ("ArrowRight", "151, 226]"), ("Shift+ArrowUp", "141, 226]")]:
        page.keyboard.press(key)
        expect(sentence).to_contain_text(place)
    expect(sentence).to_contain_text("Pinned")
    page.keyboard.press("Escape")
    expect(sentence).not_to_contain_text("Pinned")

    expected = result("sharpen", False)
    point(page, "result", 150, 225)
    for number, name in enumerate(["red", "green", "blue"]):
        page.locator(f"{VIEW} .channels").get_by_role("button", name=name).click()
        assert value_shown(page, 150, 225) == pytest.approx(expected[number, 150, 225].item(), rel=1e-12)


def test_the_border_is_said_where_the_kernel_reaches_outside(page: Page) -> None:
    opened(page, f"{PAGE}?stages=box_blur(size%3D5)&border=zeros")
    point(page, "result", 0, 0)
    expect(page.locator(f"{VIEW} .sentence")).to_contain_text("16 of the cells lie outside the picture (zeros)")


def test_weights_are_dragged_and_typed_the_picture_follows_and_what_is_no_number_is_marked(page: Page) -> None:
    opened(page, f"{PAGE}?stages=identity&colours=grey")
    field = page.locator(f"{VIEW} .matrix").get_by_label("row 2, column 2")
    box = field.bounding_box()
    assert box is not None
    before, preview = token(page), first_preview(page, [])
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 10, box["y"] - 26, steps=6)
    page.wait_for_function("(preview) => preview.pixels", arg=preview)
    page.mouse.up()
    redrawn(page, before)
    expect(page.locator(VIEW)).not_to_have_attribute("data-cnnviz-drawn", re.compile("preview"))
    point(page, "result", 100, 100)
    assert value_shown(page, 100, 100) == pytest.approx(1.6 * result("identity", True)[0, 100, 100].item())

    before = token(page)
    field.click()
    field.fill("1/2")
    field.press("Enter")
    redrawn(page, before)
    assert "stages=" in page.url
    point(page, "result", 100, 100)
    assert value_shown(page, 100, 100) == pytest.approx(result("[0.5]", True)[0, 100, 100].item())
    expect(page.get_by_text("Your own kernel.")).to_be_visible()

    before = token(page)
    corner = page.locator(f"{VIEW} .matrix").get_by_label("row 1, column 1")
    corner.click()
    corner.fill("two")
    corner.press("Enter")
    expect(corner).to_have_attribute("aria-invalid", "true")
    assert token(page) == before


def test_the_back_button_goes_back_a_setting(page: Page) -> None:
    opened(page, f"{PAGE}?stages=sharpen>emboss&stage=2")
    before = token(page)
    page.locator(".st-key-stage_choice").get_by_role("radio", name="1").click()
    redrawn(page, before)
    second = token(page)
    page.go_back()
    redrawn(page, second)
    assert "stage=2" in page.url
    assert token(page) == before


def test_painting_what_a_kernel_gives_finds_it(page: Page) -> None:
    opened(page, f"{PAGE}?tool=paint")
    page.locator(".st-key-brush_kind").get_by_role("combobox").click()
    page.get_by_role("option", name="what a kernel gives").click()
    page.locator(".st-key-brush_like").get_by_role("combobox").click()
    page.get_by_role("option", name="Emboss").click()
    settled(page)
    before = token(page)
    point(page, "paint", 100, 150)
    page.mouse.down()
    for step in range(10):
        point(page, "paint", 100 + 4 * step, 150 + 12 * step)
    page.mouse.up()
    redrawn(page, before)
    cells = page.locator(f"{VIEW} .matrix input")
    values = [float(cell.get_attribute("title").replace("−", "-")) for cell in cells.all()]
    np.testing.assert_allclose(values, [-2, -1, 0, -1, 1, 1, 0, 1, 2], atol=1e-6)
    expect(page.get_by_text(re.compile("painted pixels for 9 unknown weights"))).to_be_visible()
    expect(page.get_by_text("No other kernel of this size comes as near.")).to_be_visible()


def test_fast_sliding_ends_on_the_last_setting(page: Page) -> None:
    opened(page, f"{PAGE}?stages=gaussian&colours=grey")
    slider = page.get_by_role("slider", name="Sigma")
    slider.focus()
    for _ in range(15):
        page.keyboard.press("ArrowRight")
    expect(slider).to_have_value("3")
    page.wait_for_url(re.compile(r"sigma(%3D|=)3"))
    expected = result("gaussian(size=7,sigma=3.0)", True)[0, 60, 70].item()
    point(page, "result", 60, 70)
    expect(page.locator(f"{VIEW} .sentence")).to_contain_text(f"60, 70] = {expected:.3g} ")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844)])
def test_the_picture_is_on_the_first_screen(open_page: Callable[..., Page], width: int, height: int) -> None:
    page = opened(open_page(width, height), PAGE)
    for scheme in ("light", "dark"):
        if scheme == "dark":
            darkened(page)
        box = page.locator("figure[data-role=input] canvas").first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] / 2 < height
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_committed_answer_brings_the_view_before_the_eyes_and_can_be_taken_again(page: Page) -> None:
    opened(page, f"{PAGE}?stages=identity")
    before = token(page)
    page.get_by_role("tab", name="Predict, then look").click()
    first = page.locator(".st-key-classic_kernels_question_1")
    first.get_by_text("0", exact=True).click()
    page.locator(".st-key-classic_kernels_question_1_commit button").first.click()
    redrawn(page, before)
    expect(page.get_by_text("Right.")).to_be_visible()
    main = page.get_by_test_id("stMain")
    page.wait_for_function("() => document.querySelector('[data-testid=stMain]').scrollTop === 0")
    expect(main.get_by_role("heading", name="Classic kernels")).to_be_in_viewport()
    page.locator(".st-key-classic_kernels_question_1_again button").first.click()
    expect(page.locator(".st-key-classic_kernels_question_1_commit button").first).to_be_visible()
