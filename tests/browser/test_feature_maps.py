"""Feature maps in a real browser: pointing, the large view, keys, the strip, own pictures; every number is torch's."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect

from cnnviz import network
from cnnviz.analysis import Activations, capture
from cnnviz.image import SAMPLES, colourise, load_sample, palette
from tests.browser.actions import darkened, opened, redrawn, token, upload

PAGE = "/feature_maps?view=layer"
VIEW = ".map-mosaic"
SENTENCE = f"{VIEW} .sentence"
STRIP = ".layer-strip"
MOSAIC = f"{VIEW} .mosaic"


@pytest.fixture(scope="module")
def on_chelsea() -> Activations:
    return capture(network.load_network("efficientnet_lite0"), load_sample("chelsea"))


def tile(page: Page, position: int, columns: int, rows: int) -> tuple[float, float]:
    """The middle of the tile at a position, in page pixels."""
    box = page.locator(f"{MOSAIC} canvas").first.bounding_box()
    assert box is not None
    across, down = position % columns, position // columns
    return box["x"] + (across + 0.5) * box["width"] / columns, box["y"] + (down + 0.5) * box["height"] / rows


def point_cell(page: Page, row: int, col: int, size: int) -> None:
    """Move the mouse to the middle of a cell of the large view."""
    box = page.locator(f"{VIEW} .large .frame canvas").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + (col + 0.5) * box["width"] / size, box["y"] + (row + 0.5) * box["height"] / size)


def value_at(page: Page, row: int, col: int) -> float:
    expect(page.locator(f"{VIEW} .large")).to_have_attribute("data-cell", f"{row},{col}")
    return float(page.locator(f"{VIEW} .large").get_attribute("data-value") or "nan")


def answers(page: Page) -> list[str]:
    return (page.locator(".answers").get_attribute("data-answers") or "").split("|")


def test_the_page_opens_on_trained_maps_that_tell_their_numbers_and_on_answers(
    page: Page, on_chelsea: Activations
) -> None:
    opened(page, PAGE)
    expect(page.locator(f"{VIEW} .untrained")).to_be_hidden()
    maps, bar = page.locator(f"{MOSAIC} canvas").first.bounding_box(), page.locator(f"{VIEW} .bar").bounding_box()
    assert maps is not None
    assert bar is not None
    assert 0 <= bar["y"] - (maps["y"] + maps["height"]) <= 25, "the colour bar stands close below the maps"
    page.mouse.move(*tile(page, 9, 8, 4))
    one = on_chelsea["bn1.act"][9]
    sentence = page.locator(SENTENCE)
    expect(sentence).to_contain_text("Channel 9:")
    expect(sentence).to_contain_text(f"mean {float(one.mean()):.3g}")
    row, col = divmod(int(one.argmax()), 112)
    if int((one == one.max()).sum()) == 1:
        expect(sentence).to_contain_text(f"row {row}, column {col}")

    cut = "(all) => all.filter((one) => one.scrollWidth > one.offsetWidth + 1).map((one) => one.innerText)"
    assert page.locator(".answers li span").evaluate_all(cut) == [], "long labels are not cut"
    assert "window screen" in page.locator(".answers li").last.inner_text().replace("\n", " ")
    with page.expect_download() as download:
        page.locator(".answers button").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert lines[0] == "answer,probability"
    assert lines[1].startswith('"Egyptian cat",0.4')
    assert len(lines) == 6


def test_a_click_opens_the_large_view_with_torchs_values(page: Page, on_chelsea: Activations) -> None:
    opened(page, f"{PAGE}&layer=conv_stem")
    before = token(page)
    page.mouse.click(*tile(page, 13, 8, 4))
    redrawn(page, before)
    assert "map=13" in page.url
    for row, col in [(0, 0), (55, 70), (111, 111), (3, 108)]:
        point_cell(page, row, col, 112)
        assert value_at(page, row, col) == pytest.approx(
            float(on_chelsea["conv_stem"][13, row, col]), rel=1e-4, abs=1e-5
        )
    expect(page.locator(SENTENCE)).to_contain_text("rows 6–7 and columns 216–217")


def test_a_link_opens_strip_and_maps_and_the_large_view_is_walked_and_closed_by_keys(
    page: Page, on_chelsea: Activations
) -> None:
    opened(page, f"{PAGE}&layer=conv_head")
    block = page.locator(f'{STRIP} [data-id="conv_head"]')
    expect(block).to_have_attribute("aria-selected", "true")
    expect(block).to_be_in_viewport()
    before = token(page)
    page.locator(MOSAIC).focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(SENTENCE)).to_contain_text("Channel 1:")
    page.keyboard.press("Enter")
    redrawn(page, before)
    expect(page.locator(f"{VIEW} .large .frame")).to_be_focused()
    one = on_chelsea["conv_head"][1]
    row, col = divmod(int(one.argmax()), 7)
    assert value_at(page, row, col) == pytest.approx(float(one.max()), rel=1e-3)
    to = (row, col - 1) if col else (row, col + 1)
    page.keyboard.press("ArrowLeft" if col else "ArrowRight")
    assert value_at(page, *to) == pytest.approx(float(one[to]), rel=1e-3, abs=1e-4)
    before = token(page)
    page.keyboard.press("PageDown")
    redrawn(page, before)
    assert "map=2" in page.url
    before = token(page)
    page.keyboard.press("Escape")
    redrawn(page, before)
    expect(page.locator(MOSAIC)).to_be_focused()
    assert "map=" not in page.url


def test_the_large_view_opens_in_the_pure_colours_of_its_bar_and_fades_to_the_picture(
    page: Page, on_chelsea: Activations
) -> None:
    opened(page, f"{PAGE}&layer=conv_head&map=3")
    one = on_chelsea["conv_head"]
    reach = float(one.abs().max())
    wanted = colourise(one[3].numpy(), "signed", limits=(-reach, reach)).astype(int)
    shown = page.locator(f"{VIEW} .large .frame canvas").first.evaluate(
        """(c) => Array.from({ length: 49 }, (_, i) => [...c.getContext("2d").getImageData(
            c.width * (i % 7 + 0.1) / 7, c.height * (Math.floor(i / 7) + 0.1) / 7, 1, 1).data].slice(0, 3))"""
    )
    assert np.abs(np.array(shown).reshape(7, 7, 3) - wanted).max() <= 4  # a level of 253 may round to its neighbour

    slider = page.locator(f"{VIEW} .large input[type=range]")

    def middle() -> list[int]:
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return page.locator(f"{VIEW} .large .frame canvas").first.evaluate(
            "(c) => [...c.getContext('2d').getImageData(c.width * 0.3, c.height * 0.22, 1, 1).data]"
        )

    slider.fill("0")
    picture = middle()
    slider.fill("100")
    alone = middle()
    slider.fill("50")
    assert np.abs(np.array(middle()) - (np.array(picture) + np.array(alone)) / 2).max() <= 3
    seen = network.load_network("efficientnet_lite0").crop(load_sample("chelsea"))
    wanted = np.asarray(seen)[int(0.22 * 224), int(0.3 * 224)]
    assert np.abs(np.array(picture[:3]) - wanted).max() <= 40  # enlarged smoothly, from a JPEG


def test_the_large_view_says_nothing_of_receptive_fields(page: Page) -> None:
    opened(page, f"{PAGE}&network=vit_b_16&weights=none&layer=conv_proj&map=3")
    expect(page.locator(SENTENCE)).to_contain_text("Its cell lies over rows")
    expect(page.locator(SENTENCE)).not_to_contain_text("receptive field")


def test_from_a_layer_without_maps_the_strip_leads_on(page: Page) -> None:
    page.goto(f"{PAGE}&network=swin_v2_t&weights=none&layer=features.1.0.attn.cpb_mlp.0")
    expect(page.get_by_test_id("stAlert")).to_contain_text("no rows and columns")
    expect(page.locator(f'{STRIP} [aria-selected="true"]')).to_have_attribute("data-id", "features.1.0.attn.cpb_mlp.0")
    expect(page.locator(".answers li")).to_have_count(5)
    page.locator(f"{STRIP} .scroll").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(f"{VIEW} figcaption b")).to_have_text("features.0.2")


def test_the_strip_opens_a_layer_and_marks_it_by_click_and_key(page: Page) -> None:
    opened(page, PAGE)
    tabs = page.get_by_role("tablist").first
    top, before = tabs.bounding_box(), token(page)
    page.locator(f'{STRIP} [data-id="blocks.0.0.conv_dw"]').click()
    redrawn(page, before)
    assert tabs.bounding_box() == top, "nothing moves when another layer is opened"
    expect(page.locator(f"{VIEW} figcaption b")).to_have_text("blocks.0.0.conv_dw")
    marked = page.locator(f'{STRIP} [aria-selected="true"]')
    expect(marked).to_have_count(1)
    expect(marked).to_have_attribute("data-id", "blocks.0.0.conv_dw")

    page.locator(f"{STRIP} .scroll").focus()
    for key, layer in [("End", "classifier"), ("ArrowLeft", "global_pool.flatten"), ("Home", "conv_stem")]:
        before = token(page)
        page.keyboard.press(key)
        redrawn(page, before)
        expect(page.locator(f"{VIEW} figcaption b")).to_have_text(layer)

    # Who clicks fast stays where they went last.
    for layer in ("blocks.0.0.conv_dw", "conv_stem", "blocks.1.0.conv_pw", "blocks.1.0.conv_dw"):
        page.locator(f'{STRIP} [data-id="{layer}"]').click()
    page.wait_for_url("**layer=blocks.1.0.conv_dw**")
    expect(page.locator(f"{VIEW} figcaption")).to_contain_text("blocks.1.0.conv_dw")
    expect(marked).to_have_attribute("data-id", "blocks.1.0.conv_dw")


def test_where_a_layer_cannot_be_fetched_ahead_the_page_brings_it(page: Page) -> None:
    page.route("**/scenes/**", lambda route: route.fulfill(status=204))
    opened(page, PAGE)
    before = token(page)
    page.locator(f'{STRIP} [data-id="blocks.0.0.conv_dw"]').click()
    redrawn(page, before)
    expect(page.locator(f"{VIEW} figcaption")).to_contain_text("blocks.0.0.conv_dw")


def test_order_and_scale_change_the_mosaic(page: Page, on_chelsea: Activations) -> None:
    opened(page, f"{PAGE}&layer=conv_stem&order=maximum&scale=own")
    strongest = int(on_chelsea["conv_stem"].amax((1, 2)).argmax())
    expect(page.locator(VIEW)).to_have_attribute("data-channel", str(strongest))
    reach = float(on_chelsea["conv_stem"][strongest].abs().max())
    expect(page.locator(f"{VIEW} .bar")).to_contain_text(f"{reach:.3g}")
    page.locator(MOSAIC).focus()
    page.keyboard.press("ArrowRight")
    second = int(on_chelsea["conv_stem"].amax((1, 2)).topk(2).indices[1])
    expect(page.locator(VIEW)).to_have_attribute("data-channel", str(second))
    expect(page.locator(f"{VIEW} .bar")).to_contain_text(f"{float(on_chelsea['conv_stem'][second].abs().max()):.3g}")


def test_an_uploaded_picture_gets_its_answers(page: Page) -> None:
    opened(page, f"{PAGE}&picture=coffee")
    for sample, wanted in (("chelsea", {"tiger cat", "tabby", "Egyptian cat"}), ("coffee", {"espresso"})):
        before = token(page)
        upload(page, Path(SAMPLES[sample].path).name, Path(SAMPLES[sample].path).read_bytes())
        redrawn(page, before)
        expect(page.locator(".answers")).to_have_attribute("data-answers", _starts_with(wanted))
        assert set(answers(page)[: len(wanted)]) == wanted
        assert "picture=" not in page.url


def _starts_with(labels: set[str]) -> re.Pattern[str]:
    return re.compile("^(" + "|".join(re.escape(label) for label in labels) + r")\|")


def test_untrained_stands_wherever_random_weights_are_shown(page: Page) -> None:
    opened(page, f"{PAGE}&network=resnet18&weights=none")
    expect(page.locator(f"{VIEW} .untrained")).to_be_visible()
    expect(page.locator(f"{STRIP} figcaption")).to_contain_text("untrained")
    expect(page.locator(".answers figcaption")).to_contain_text("untrained")
    expect(page.locator(".answers .untrained")).to_have_text(
        "Untrained: random weights. All 1,000 answers are about equally likely and mean nothing."
    )


def test_a_vector_says_its_labels_and_opens_no_large_view(page: Page) -> None:
    opened(page, f"{PAGE}&layer=classifier&order=maximum")
    expect(page.locator(SENTENCE)).to_contain_text("Channel 285, Egyptian cat:")
    page.locator(MOSAIC).focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"{VIEW} .large")).to_be_hidden()


def test_the_mosaic_is_saved_as_it_was_made(page: Page) -> None:
    opened(page, f"{PAGE}&layer=blocks.1.0.bn2.act")
    with page.expect_download() as download:
        page.locator(f"{VIEW} figcaption button", has_text="Save").click()
    with Image.open(download.value.path()) as saved:
        assert saved.size[0] % 57 == 56  # tiles of 56 pixels and gaps of one
        assert saved.format == "PNG"


def test_a_phone_shows_all_maps_without_scrolling_sideways(open_page: Callable[..., Page]) -> None:
    page = opened(open_page(390, 844), PAGE)
    for scheme in ("light", "dark"):
        if scheme == "dark":
            darkened(page)
        box = page.locator(f"{MOSAIC} canvas").first.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


ARITHMETIC = "/components/map_mosaic/arithmetic.js"


def test_tiles_are_laid_out_inside_the_room_and_found_again(bare: Page) -> None:
    problems = bare.evaluate(
        """async (address) => {
            const { layOut, tileBox, positionAt } = await import(address);
            const wrong = [];
            const layers = [[1, 7, 7], [32, 112, 112], [64, 3, 40], [1280, 7, 7], [1000, 1, 1], [7392, 7, 7]];
            for (const [count, height, width] of layers) {
                for (const room of [{ width: 850, height: 440 }, { width: 330, height: 400 }]) {
                    const grid = layOut(count, { height, width }, room, 1);
                    if (grid.width > room.width + 1e-6) wrong.push([count, "too wide"]);
                    if (grid.height > room.height + 1e-6) wrong.push([count, "too high"]);
                    for (const at of [0, Math.floor(count / 2), count - 1]) {
                        const box = tileBox(grid, at);
                        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                        if (positionAt(grid, count, x, y) !== at) wrong.push([count, at]);
                    }
                    if (positionAt(grid, count, grid.width + 50, 1) !== null) wrong.push([count, "beyond"]);
                }
            }
            return wrong;
        }""",
        ARITHMETIC,
    )
    assert problems == []


def test_the_large_views_colours_are_the_mosaics(bare: Page) -> None:
    values = torch.linspace(-3, 3, 61)
    shown = bare.evaluate(
        """async ([address, values, table]) => {
            const { colourise } = await import(address);
            return [...colourise(Float32Array.from(values), Uint8Array.from(table), -2, 2)];
        }""",
        [ARITHMETIC, values.tolist(), palette("signed").ravel().tolist()],
    )
    wanted = colourise(values.reshape(1, -1), "signed", limits=(-2, 2))
    difference = np.abs(np.array(shown).reshape(-1, 4)[:, :3] - wanted.reshape(-1, 3).astype(int))
    assert difference.max() <= 4  # a level of 253 may round to its neighbour
