"""Transfer learning in the browser: own classes by webcam and upload, the answer and why, and a reload."""

from __future__ import annotations

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.actions import opened
from tests.browser.waiting import settled
from tests.learn.pictures import blobs, png

# A webcam that shows a moving bar on a ground whose colour the test sets.
WEBCAM = """() => {
    window.ground = 0;
    navigator.mediaDevices.getUserMedia = async () => {
        const canvas = Object.assign(document.createElement("canvas"), {width: 320, height: 240});
        const context = canvas.getContext("2d");
        let moved = 0;
        setInterval(() => {
            context.fillStyle = `hsl(${window.ground}, 80%, 50%)`;
            context.fillRect(0, 0, 320, 240);
            context.fillStyle = "#fff";
            context.fillRect((moved += 9) % 280, 60, 40, 90);
        }, 40);
        return canvas.captureStream(25);
    };
}"""
# The page's video comes a moment after the stream: wait until it has this ground, red or blue.
SHOWS = """async (video, colour) => {
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    for (let shown = ""; shown !== colour; await new Promise(requestAnimationFrame)) {
        context.drawImage(video, 0, 0, 8, 8, 0, 0, 1, 1);
        const [red, , blue] = context.getImageData(0, 0, 1, 1).data;
        shown = red > 2 * blue ? "red" : blue > 2 * red ? "blue" : "";
    }
}"""


def test_own_classes_by_webcam_and_upload_answer_at_once_and_survive_a_reload(page: Page) -> None:
    opened(page, "/transfer_learning")
    answer, asked = page.locator(".nearest-view"), page.locator(".nearest-view figure.asked small")
    counts = page.locator(".collect-view")
    expect(answer).to_have_attribute("data-answer", "mammal")
    expect(counts).to_have_attribute("data-counts", "bird:35|flower:25|food:44|mammal:65")
    page.locator(".class[data-name=bird] .tile canvas[data-drawn]").first.click()
    expect(answer).to_have_attribute("data-answer", "bird")
    page.get_by_role("button", name="Ask about Chelsea the cat").click()
    expect(asked).to_have_text("Chelsea the cat")
    expect(answer).to_have_attribute("data-answer", "none of these")
    page.locator(".nearest-view .row").first.focus()
    expect(answer.locator(".sentence")).to_contain_text("bird: 1.08 to the mean of its 25 pictures")

    page.get_by_role("radiogroup", name="Pictures").get_by_text("My own classes").click()
    expect(page.get_by_text("Name two classes")).to_be_visible()
    page.evaluate(WEBCAM)
    page.get_by_role("button", name="Webcam").click()
    expect(page.locator(".webcam-view")).to_have_attribute("data-webcam", "on")
    for number, (name, hue) in enumerate((("red", 0), ("blue", 220))):
        page.get_by_label("A new class").fill(name)
        page.get_by_role("button", name="Add class").dblclick()
        menu = page.get_by_label("Pictures go into")
        expect(menu.and_(page.locator(f'[value="{name}"]'))).to_be_visible()
        expect(menu).to_have_count(1)  # for a moment there are two, until the former is taken away
        page.evaluate(f"() => {{ window.ground = {hue}; }}")
        page.locator(".webcam-view video").evaluate(SHOWS, name)  # else a burst begins with what stood there before
        page.get_by_role("button", name=f"Record a burst into {name}").click()
        expect(counts).to_have_attribute("data-counts", ("red:10", "red:10|blue:10")[number])
    page.get_by_role("button", name="Ask live").click()
    expect(asked).to_have_text("The webcam now")
    expect(answer).to_have_attribute("data-answer", "blue")
    page.evaluate("() => { window.ground = 0; }")
    expect(answer).to_have_attribute("data-answer", "red")
    page.get_by_role("button", name="End live").click()
    expect(asked).to_have_text("Chelsea the cat")

    uploads: list[FilePayload] = [
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        for name, content in (
            ("patches.png", png(blobs(1))),
            ("again.png", png(blobs(1))),
            ("notes.txt", b"no picture"),
        )
    ]
    page.locator(".st-key-bench input[type=file]").first.set_input_files(uploads)
    expect(counts).to_have_attribute("data-counts", "red:10|blue:12")
    expect(page.get_by_text("Left out: notes.txt.")).to_be_visible()
    upload = page.locator(".st-key-bench input[type=file]").first
    upload.set_input_files([{"name": f"{n}.png", "mimeType": "image/png", "buffer": b"."} for n in range(2001)])
    expect(page.locator(".collect-view .refused")).to_contain_text("2,001 files chosen, and there is room for 1,978")
    expect(counts).to_have_attribute("data-counts", "red:10|blue:12")
    page.locator(".class[data-name=blue] .tile.marked[title^=patches]").click()
    expect(counts).to_have_attribute("data-chosen", "1")
    page.get_by_label("Class to move to").select_option(label="red")
    expect(counts).to_have_attribute("data-counts", "red:11|blue:11")
    expect(page.get_by_text("One picture stands in red and in blue").first).to_be_visible()
    remove = page.locator(".class[data-name=blue]").get_by_role("button", name="Delete")
    remove.click()
    expect(remove).to_have_text("Delete 11 pictures, too?")

    page.reload()
    expect(counts).to_have_attribute("data-counts", "red:11|blue:11")
    settled(page)
    page.get_by_role("button", name="Delete all of it").click()
    expect(page.get_by_text("Name two classes")).to_be_visible()
    expect(counts).to_have_attribute("data-counts", "")
