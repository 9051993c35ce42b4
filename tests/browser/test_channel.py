"""What a channel looks for in a real browser: the film and its curve, the overview, patches, forming, stop, sizes."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import JSHandle, Locator, Page, expect

from app.ui.channel_films import atlas
from cnnviz import analysis, network
from tests.browser.actions import opened
from tests.browser.waiting import settled

PAGE = "/channel"
FILM, OVERVIEW, PATCHES = ".channel-film", ".channel-atlas", ".channel-patches"
LAYER, CHANNEL = "blocks.5.0.bn3.drop", 7


def picture(page: Page) -> str:
    """What the film's picture shows now, as bytes in a text."""
    return page.locator(f"{FILM} .frame canvas").evaluate("(canvas) => canvas.toDataURL()")


def scrub(page: Page, share: float) -> None:
    """Point at this share of the curve's width."""
    box = page.locator(f"{FILM} .scrub").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)


def steps_shown(page: Page) -> JSHandle:
    """A list in the page that gets every step the film shows from now on, too short to be waited for from here."""
    return page.locator(FILM).evaluate_handle(
        """(film) => {
            const steps = [];
            new MutationObserver(() => steps.push(film.dataset.step)).observe(film, { attributeFilter: ["data-step"] });
            return steps;
        }"""
    )


def whole(page: Page) -> Locator:
    """The patches once all pictures are looked through."""
    patches = page.locator(PATCHES)
    expect(patches).to_have_attribute("data-looked", "179", timeout=90_000)
    return patches


def test_film_overview_and_patches_answer_to_pointing_and_keys(page: Page) -> None:
    opened(page, PAGE)
    film = page.locator(FILM)
    expect(film).to_have_attribute("data-state", "recorded")
    expect(film).to_have_attribute("data-step", "64")
    last = picture(page)
    scrub(page, 0.01)
    expect(film).to_have_attribute("data-step", "0")
    expect(film.locator(".sentence")).to_contain_text("noise of low contrast")
    noise = picture(page)
    assert noise != last
    film.locator(".scrub").focus()
    page.keyboard.press("ArrowRight")
    expect(film).to_have_attribute("data-step", "1")
    page.keyboard.press("End")
    expect(film).to_have_attribute("data-step", "64")
    facts = atlas().films[f"{LAYER}_{CHANNEL}"]
    expect(film.locator(".sentence")).to_contain_text(f"is {facts['value']:.3g} in this picture")
    steps = steps_shown(page)
    page.get_by_role("button", name="Watch it form").click()
    page.wait_for_function("(steps) => steps.at(-1) === '64'", arg=steps)
    played = [int(step) for step in steps.json_value()]
    assert played[0] == 0 and played == sorted(played) and len(set(played)) >= 4
    assert picture(page) == last

    patches = whole(page)
    settled(page)
    shown = patches.locator(".tile")
    expect(shown).to_have_count(12)
    name, value, box = (patches.get_attribute("data-pointed") or "").split("|")
    assert f"{float(value):.3g}" == shown.first.locator("b").inner_text()
    shown.nth(8).hover()
    expect(patches).not_to_have_attribute("data-pointed", f"{name}|{value}|{box}")
    expect(patches.locator(".sentence")).to_contain_text("the least of this picture's map")
    patches.locator(".tiles").first.focus()
    page.keyboard.press("End")
    expect(shown.nth(5)).to_have_attribute("aria-selected", "true")
    expect(patches.locator(".comparison")).to_contain_text(f"the picture made for it reaches {facts['value']:.3g}")

    page.locator(f"{OVERVIEW} .cell").first.click()
    first = atlas().layers[0], atlas().channels[0][0]
    expect(film.locator("figcaption")).to_contain_text(f"Channel {first[1]} of {first[0]}")
    page.wait_for_url(re.compile(f"ch_layer={first[0]}&ch_channel={first[1]}"))
    page.locator(f"{OVERVIEW} .grid").focus()
    page.keyboard.press("ArrowRight")
    expect(film.locator("figcaption")).to_contain_text(f"of {atlas().layers[1]}")


def test_a_film_is_watched_while_it_forms_stopped_and_made_anew(open_page: Callable[..., Page]) -> None:
    page = open_page(reduced_motion="reduce")
    opened(page, f"{PAGE}?ch_layer={LAYER}&ch_channel=4&ch_steps=256&ch_size=128")
    film = page.locator(FILM)
    expect(film).to_have_attribute("data-state", "forming")
    before = film.get_attribute("data-step") or ""
    expect(film).not_to_have_attribute("data-step", before)
    expect(film).to_have_attribute("data-state", "forming")
    page.get_by_role("button", name="Stop").click()
    expect(film).to_have_attribute("data-state", "stopped")
    assert int(film.get_attribute("data-step") or 0) < 256
    # A short one is made to its end, and is what the library makes.
    page.goto(f"{PAGE}?ch_layer={LAYER}&ch_channel=3&ch_steps=16&ch_size=64")
    expect(film).to_have_attribute("data-state", "made", timeout=90_000)
    made = analysis.visualise(
        network.load_network("efficientnet_lite0"), LAYER, 3, recipe=analysis.Recipe(steps=16, size=64)
    )
    expect(film.locator(".sentence")).to_contain_text(f"is {made.value[0]:.3g} in this picture")
    for width, height in ((1024, 768), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        box = page.locator(f"{FILM} .frame").bounding_box()
        assert box is not None and box["y"] + box["height"] < height, "the picture is on the first screen"
