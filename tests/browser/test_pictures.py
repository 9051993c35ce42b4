"""One's own picture, in a real browser: every format a phone or a studio gives, and everything that is refused."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pillow_heif
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.actions import canvas_size, drop, opened, picture_button, pixel, redrawn, token, upload
from tests.browser.conftest import Watch
from tests.browser.waiting import settled

PAGE = "/classic_kernels?stages=identity"
WORD_JOINER = "\N{WORD JOINER}"
HEIGHT, WIDTH = 40, 60
# Quarters of the upright picture, far enough from grey and from each other that a wrong turn or channel is seen.
QUARTERS = {(8, 8): (200, 30, 30), (8, 50): (30, 160, 40), (30, 8): (40, 60, 200), (30, 50): (230, 220, 60)}


def upright() -> Image.Image:
    pixels = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
    for (row, col), colour in QUARTERS.items():
        pixels[(row // 20) * 20 : (row // 20) * 20 + 20, (col // 30) * 30 : (col // 30) * 30 + 30] = colour
    return Image.fromarray(pixels)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def phone_photo() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by 90° clockwise to see it so
    return saved(upright().transpose(Image.Transpose.ROTATE_90), "JPEG", quality=95, subsampling=0, exif=exif)


def sixteen_bit_png() -> bytes:
    values = np.asarray(upright()).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    return png_of(WIDTH, HEIGHT, 16, zlib.compress(rows))


def png_of(width: int, height: int, depth: int, data: bytes) -> bytes:
    """A PNG in RGB by hand (Pillow writes no 16-bit colour)."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def cmyk_jpeg() -> bytes:
    return saved(upright().convert("CMYK"), "JPEG", quality=98, subsampling=0)


def heic() -> bytes:
    buffer = BytesIO()
    pillow_heif.from_pillow(upright()).save(buffer, quality=95)
    return buffer.getvalue()


def palette_with_alpha() -> bytes:
    quarters = list(QUARTERS.values())
    index = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    for number, (row, col) in enumerate(QUARTERS):
        index[(row // 20) * 20 : (row // 20) * 20 + 20, (col // 30) * 30 : (col // 30) * 30 + 30] = number
    picture = Image.fromarray(index)
    picture.putpalette(bytes(value for colour in quarters for value in colour))
    return saved(picture, "PNG", transparency=0)  # the first quarter becomes transparent: white on the page


def animated_gif() -> bytes:
    return saved(upright(), "GIF", save_all=True, append_images=[Image.new("RGB", (WIDTH, HEIGHT))], duration=100)


FILES: dict[str, Callable[[], bytes]] = {
    "phone.jpg": phone_photo,
    "deep.png": sixteen_bit_png,
    "print.jpg": cmyk_jpeg,
    "phone.heic": heic,
    "palette.png": palette_with_alpha,
    "moving.gif": animated_gif,
}


def test_uploaded_pictures_stand_upright_in_their_own_colours(page: Page) -> None:
    opened(page, PAGE)
    for name, make in FILES.items():
        before = token(page)
        upload(page, name, make())
        redrawn(page, before)
        assert picture_button(page).endswith(name)
        assert canvas_size(page, "input") == (HEIGHT, WIDTH), name
        expected = np.array(list(QUARTERS.values()))
        if name == "palette.png":
            expected[0] = 255
        tolerance = 30 if name in ("print.jpg", "phone.heic") else 8
        for role in ("input", "result"):
            assert np.abs(np.array(pixel(page, role, QUARTERS)) - expected).max() <= tolerance, (name, role)

    # A file's name is shown as it is, and not read as Markdown.
    name = "*my* :smile: :red[photo] $x$ a--b www.a.b_c_.png"
    before = token(page)
    upload(page, name, saved(upright(), "PNG"))
    redrawn(page, before)
    assert picture_button(page).replace(WORD_JOINER, "").endswith(name)


def hundred_megapixels() -> bytes:
    row = b"\0" + bytes(3 * 10_000)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(10_000)) + packer.flush()
    return png_of(10_000, 10_000, 8, data)


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "huge.png": (hundred_megapixels, "megapixels"),
    "cut.jpg": (lambda: phone_photo()[:-300], "cut off|incomplete|truncated|end"),
    "words.jpg": (lambda: b"These are words and no picture.\n" * 20, "picture"),
    "drawing.svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "SVG"),
}


def test_what_is_refused_gets_one_sentence_and_the_page_goes_on(page: Page) -> None:
    opened(page, PAGE + "&picture=coffee")
    alert = page.get_by_test_id("stAlert")
    for name, (make, words) in REFUSED.items():
        upload(page, name, make())
        expect(alert).to_have_count(1)
        expect(alert).to_contain_text(name)
        expect(alert).to_contain_text(re.compile(words, re.IGNORECASE))
        expect(alert.locator("p")).to_have_count(1)
        assert "coffee" in picture_button(page).lower()
        assert canvas_size(page, "input") == (341, 512)


def test_a_picture_can_be_dropped_or_pasted_anywhere(page: Page) -> None:
    opened(page, PAGE)
    turned = upright().transpose(Image.Transpose.ROTATE_180)
    for event, picture in (("drop", upright()), ("paste", turned)):
        before = token(page)
        drop(page, f"{event}.png", saved(picture, "PNG"), event)
        redrawn(page, before)
        colours = [list(colour) for colour in QUARTERS.values()]
        assert pixel(page, "input", QUARTERS) == (colours if event == "drop" else colours[::-1]), event


def test_dropped_words_are_refused_like_uploaded_ones(page: Page, watch: Watch) -> None:
    watch.expect(r"status of 422")
    opened(page, PAGE)
    drop(page, "words.png", b"no picture")
    expect(page.get_by_test_id("stAlert")).to_contain_text("picture")


def test_an_own_picture_stays_over_pages_and_reload_but_not_in_the_link(page: Page) -> None:
    opened(page, PAGE)
    before = token(page)
    drop(page, "mine.png", saved(upright(), "PNG"))
    redrawn(page, before)
    assert "mine" not in page.url and "picture" not in page.url
    page.reload()
    page.locator("figure[data-role=input]").wait_for()
    settled(page)
    assert picture_button(page).endswith("mine.png")
    page.get_by_role("link", name="Home").click()
    expect(page.locator(".st-key-choose_picture button").first).to_contain_text("mine.png")


def test_another_visitor_never_sees_it(page: Page, open_page: Callable[..., Page]) -> None:
    opened(page, PAGE)
    before = token(page)
    drop(page, "mine.png", saved(upright(), "PNG"))
    redrawn(page, before)
    stranger = opened(open_page(), page.url)
    assert "mine" not in picture_button(stranger)


def test_one_click_deletes_all_own_pictures(page: Page) -> None:
    opened(page, PAGE)
    before = token(page)
    drop(page, "mine.png", saved(upright(), "PNG"))
    redrawn(page, before)
    page.locator(".st-key-choose_picture button").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete all my pictures").click()
    expect(page.locator(".st-key-choose_picture button").first).to_contain_text("Chelsea")
    settled(page).reload()
    expect(page.locator(".st-key-choose_picture button").first).to_contain_text("Chelsea")


def test_what_was_deleted_in_one_tab_is_gone_in_the_other_which_says_so(page: Page) -> None:
    opened(page, PAGE)
    before = token(page)
    drop(page, "mine.png", saved(upright(), "PNG"))
    redrawn(page, before)
    other = opened(page.context.new_page(), PAGE)
    assert picture_button(other).endswith("mine.png")
    other.locator(".st-key-choose_picture button").first.click()
    other.get_by_role("dialog").get_by_role("button", name="Delete all my pictures").click()
    expect(other.locator(".st-key-choose_picture button").first).to_contain_text("Chelsea")
    page.get_by_role("link", name="Home").click()
    expect(page.locator(".st-key-choose_picture button").first).to_contain_text("Chelsea")
    expect(page.get_by_test_id("stAlert")).to_contain_text("no longer here")


def test_the_webcam_is_asked_for_when_wanted_and_a_sample_is_two_clicks_away(page: Page) -> None:
    opened(page, PAGE)
    page.locator(".st-key-choose_picture button").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("radio", name="Webcam")).to_be_visible()
    expect(dialog.get_by_test_id("stCameraInput")).to_have_count(0)
    dialog.get_by_role("radio", name="Webcam").click()
    expect(dialog.get_by_test_id("stCameraInput")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    settled(page)

    before = token(page)
    page.locator(".st-key-choose_picture button").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Coffee", exact=False).click()
    redrawn(page, before)
    assert "picture=coffee" in page.url
