"""What visitors do on every page, for the browser tests."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from playwright.sync_api import Locator, Page, expect

from tests.browser.waiting import settled

DRAWN = "[data-cnnviz-drawn]"
DARK_GROUND = "rgb(15, 17, 22)"  # #0f1116 in .streamlit/config.toml


def opened(page: Page, address: str) -> Page:
    """Open a page and wait until its view stands."""
    page.goto(address)
    page.locator(DRAWN).first.wait_for()
    return settled(page)


def darkened(page: Page) -> Page:
    """The same page once its visitor's system asks for dark colours."""
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", DARK_GROUND)
    return settled(page)


def token(page: Page) -> str:
    """Which drawing the page's view shows; every change of a setting makes a new one."""
    return page.locator(DRAWN).first.get_attribute("data-cnnviz-drawn") or ""


def redrawn(page: Page, before: str) -> Page:
    """Wait until the view shows another drawing than `before`."""
    expect(page.locator(DRAWN).first).not_to_have_attribute("data-cnnviz-drawn", before)
    return settled(page)


def picture_button(page: Page) -> str:
    """What the button with the picture's name says."""
    return page.locator(".st-key-choose_picture button").first.inner_text()


def upload(page: Page, name: str, content: bytes, mime: str = "application/octet-stream") -> Page:
    """Choose a file in the picture dialog."""
    page.locator(".st-key-choose_picture button").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Upload or paste").click()
    dialog.locator("input[type=file]").set_input_files({"name": name, "mimeType": mime, "buffer": content})
    expect(dialog).to_be_hidden()
    return settled(page)


def drop(page: Page, name: str, content: bytes, event: str = "drop") -> None:
    """Drop a file on the page, or paste it (`event` "paste")."""
    page.evaluate(
        """([name, content, event]) => {
            const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], name));
            const made = event === "paste"
                ? new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})
                : new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true});
            document.body.dispatchEvent(made);
        }""",
        [name, base64.b64encode(content).decode(), event],
    )


def pixel(page: Page, role: str, points: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Red, green, blue of a panel's canvas at (row, col)."""
    canvas = page.locator(f"figure[data-role={role}] canvas").first
    return canvas.evaluate(
        "(canvas, points) => points.map(([row, col]) =>"
        " [...canvas.getContext('2d').getImageData(col, row, 1, 1).data].slice(0, 3))",
        [list(point) for point in points],
    )


def canvas_size(page: Page, role: str) -> tuple[int, int]:
    """(height, width) of a panel's picture in its own pixels."""
    height, width = page.locator(f"figure[data-role={role}] canvas").first.evaluate("(c) => [c.height, c.width]")
    return height, width


def fits_at_all_sizes(page: Page) -> None:
    """Nothing of the page as it stands reaches beyond its window: a phone's, a projector's, a desk's."""
    for width, height in ((390, 844), (1024, 768), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            "width => innerWidth === width && document.documentElement.scrollWidth <= width", arg=width
        )


def pinch(view: Locator, by: float) -> None:
    """Two fingers on a view move apart, to `by` times their distance."""
    view.evaluate(
        """(node, by) => {
            const at = node.getBoundingClientRect();
            const fingers = (apart) => [-1, 1].map((side, identifier) => new Touch(
                { identifier, target: node, clientX: at.left + 150 + side * apart, clientY: at.top + 150 }));
            const say = (name, touches) => node.dispatchEvent(new TouchEvent(name, { touches, cancelable: true }));
            say("touchstart", fingers(30));
            say("touchmove", fingers(30 * by));
            say("touchend", []);
        }""",
        by,
    )
