"""Architectures in a real browser: open blocks, point, walk, zoom, two networks; and where the boxes stand."""

from __future__ import annotations

import re
from dataclasses import asdict

from playwright.sync_api import Locator, Page, expect

from app.ui.architectures_facts import architecture
from app.ui.architectures_scene import every_block
from tests.browser.actions import opened, pinch

VIEW = ".network-graph"
# The middle of a box's name in the coordinates of the window, brought into sight.
PLACE = """async ([root, key]) => {
    const { planOf } = await import('/components/network_graph/view.js');
    const plan = planOf(root);
    const box = plan.boxes.find((one) => plan.keyOf(one.item) === key);
    const scroll = root.querySelector('.scroll');
    const zoom = Number(root.dataset.zoom);
    scroll.scrollTop = Math.max(0, box.y * zoom - 60);
    const at = scroll.getBoundingClientRect();
    const [x, y] = [(box.x + box.width / 2) * zoom - scroll.scrollLeft, (box.y + 14) * zoom - scroll.scrollTop];
    return { x: at.left + x, y: at.top + y };
}"""
# Boxes of one group that lie on each other, boxes outside of their group, wires that do not go down.
FAULTS = """async ([header, open]) => {
    const { layOut, prepare } = await import('/components/network_graph/layout.js');
    const plan = layOut(prepare(header), new Set(open), 800, 1);
    const right = (box) => box.x + box.width, foot = (box) => box.y + box.height;
    const inside = (a, b) => a.x >= b.x && a.y >= b.y && right(a) <= right(b) + 0.01 && foot(a) <= foot(b) + 0.01;
    const apart = (a, b) => right(a) <= b.x || right(b) <= a.x || foot(a) <= b.y || foot(b) <= a.y;
    const faults = [];
    plan.boxes.forEach((a, i) => plan.boxes.slice(i + 1).forEach((b) => {
        if (a.parent === b.parent && !apart(a, b)) faults.push(`${a.item} lies on ${b.item}`);
    }));
    for (const box of plan.boxes) {
        const frame = plan.byItem.get(box.parent) ?? { x: 0, y: 0, width: plan.width, height: plan.height };
        if (!inside(box, frame)) faults.push(`${box.item} is not in ${box.parent}`);
    }
    for (const { points } of plan.wires) if (points[0].y >= points.at(-1).y) faults.push('a wire goes up');
    return { faults, boxes: plan.boxes.length, wires: plan.wires.length };
}"""


def test_open_point_walk_and_compare(page: Page) -> None:
    opened(page, "/architectures?arch_network_a=resnet18")
    view = page.locator(VIEW)
    expect(view).to_have_attribute("data-boxes", "7")
    _click(page, view, "layer2")
    expect(view).to_have_attribute("data-open", "layer2")
    expect(page).to_have_url(re.compile("arch_open_a=layer2"))
    _move(page, view, "layer2.0")
    expect(view).to_have_attribute("data-pointed", "layer2.0")
    sentence = view.locator(".sentence")
    expect(sentence).to_contain_text("Block 1 (layer2.0): BasicBlock")
    expect(sentence).to_contain_text("230,144 parameters")
    expect(sentence).to_contain_text("Reads the input of Stage 2. Read by Block 2.")
    scroll = view.locator(".scroll")
    scroll.press("Enter")
    expect(view).to_have_attribute("data-open", "layer2 layer2.0")
    scroll.press("ArrowDown")
    expect(view).to_have_attribute("data-pointed", re.compile(r"layer2\.0\..*:0"))
    scroll.press("Escape")
    expect(view).to_have_attribute("data-open", "layer2")
    scroll.press("+")
    expect(view).to_have_attribute("data-zoom", "1.300")
    pinch(scroll, 2)
    expect(view).to_have_attribute("data-zoom", "2.600")
    scroll.press("0")
    view.get_by_role("button", name="Open all").click()
    expect(view).to_have_attribute("data-open", re.compile("layer4.1"))
    expect(page).to_have_url(re.compile("arch_open_a=all"))
    with page.expect_download() as saved:
        view.get_by_role("button", name="Save").click()
    assert saved.value.suggested_filename == "cnnviz graph of ResNet-18.png"
    page.get_by_role("radio", name="Two side by side").click()
    expect(page.locator(VIEW)).to_have_count(2)
    first, second = (page.locator(VIEW).nth(number) for number in (0, 1))
    first.get_by_role("radio", name="Parameters").click()
    expect(second.get_by_role("radio", name="Parameters")).to_have_attribute("aria-checked", "true")
    expect(first).to_have_attribute("data-open", re.compile("layer4.1"))


def test_boxes_stand_apart_and_within_their_groups(bare: Page) -> None:
    for name in ("googlenet", "densenet121", "shufflenet_v2_x1_0"):
        scene = architecture(name).scene
        header = {"items": [asdict(item) for item in scene.items], "edges": [list(edge) for edge in scene.edges]}
        numbers = {item.key: item.item for item in scene.items}
        for keys in ([], every_block(scene)):
            found = bare.evaluate(FAULTS, [header, [numbers[key] for key in keys]])
            assert found["faults"] == [], name
        assert found["boxes"] > 100


def _move(page: Page, view: Locator, key: str) -> None:
    place = view.evaluate(f"(root, key) => ({PLACE})([root, key])", key)
    page.mouse.move(place["x"], place["y"])


def _click(page: Page, view: Locator, key: str) -> None:
    place = view.evaluate(f"(root, key) => ({PLACE})([root, key])", key)
    page.mouse.click(place["x"], place["y"])
