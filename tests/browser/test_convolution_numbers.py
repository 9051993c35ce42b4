"""The convolution view shows torch's numbers: mounted on a bare page, for 200 random layers and 5 cells of each."""

from __future__ import annotations

import base64
import re
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page

from app.components.blob import pack
from cnnviz.errors import SettingsError
from cnnviz.layer import unread
from cnnviz.layer.windows import check_padding_mode, placed, window
from tests.browser.convolution_oracle import Setting, random_setting

STOPS = {"signed": ["#9b0d1e", "#ffffff", "#0b3f94"], "grey": ["#000000", "#ffffff"]}

# Mounts the view as Streamlit does, then moves its scrubber to each cell; returns what the view says it shows.
MOUNT = """async (layers) => {
    const { default: mount } = await import('/components/convolution/view.js');
    const parent = document.createElement('div');
    parent.style.cssText = '--st-background-color:#ffffff;--st-text-color:#000;--st-border-color:#ccc;'
        + '--st-primary-color:#b4530a;--st-link-color:#8a3f05;width:900px';
    document.body.append(parent);
    const frame = () => new Promise(requestAnimationFrame);
    const answers = [];
    for (const { blob, cells } of layers) {
        const data = Uint8Array.from(atob(blob), (c) => c.charCodeAt(0));
        mount({ data, parentElement: parent, setTriggerValue: () => {} });
        const root = parent.querySelector('.convolution');
        const shown = [];
        for (const [map, row, col] of cells) {
            const target = root.querySelectorAll('figure[data-role=output] .frame')[map];
            target.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home' }));
            const press = (key, shift) => target.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey: shift }));
            for (let i = 0; i < row; i += 1) press('ArrowDown', false);
            for (let i = 0; i < col; i += 1) press('ArrowRight', false);
            await frame();
            shown.push({ ...root.shown.traced, ...root.shown.painted });
        }
        const sizes = [...root.querySelectorAll('figure[data-role=output] figcaption small')].map((n) => n.textContent);
        answers.push({ shown, sizes });
    }
    parent.remove();
    return answers;
}"""


def blob(setting: Setting) -> str:
    values = setting.values.numpy()
    header = {
        "names": [f"Channel {c}" for c in range(setting.channels)], "settings": setting.told(), "echo": None,
        "divisor": 1, "low": float(values.min()), "high": float(values.max()), "stops": STOPS,
    }  # fmt: skip
    return base64.b64encode(pack(header, input=values)).decode()


def cells_of(setting: Setting) -> list[list[int]]:
    """Five places: two opposite corners and three anywhere."""
    maps, height, width = setting.result(setting.values).shape
    generator = np.random.default_rng(setting.seed)
    anywhere = [[int(generator.integers(n)) for n in (maps, height, width)] for _ in range(3)]
    return [[0, 0, 0], [maps - 1, height - 1, width - 1], *anywhere]


def mounted(page: Page, settings: list[Setting]) -> list[dict[str, Any]]:
    return page.evaluate(MOUNT, [{"blob": blob(setting), "cells": cells_of(setting)} for setting in settings])


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def test_value_patch_and_products_are_torchs_for_200_random_layers(bare: Page) -> None:
    settings = [random_setting(seed) for seed in range(200)]
    assert {s.transposed for s in settings} == {True, False}
    assert {s.mode for s in settings} == {"zeros", "reflect", "replicate", "circular"}
    assert any(1 < s.groups == s.channels for s in settings)
    for start in range(0, 200, 25):
        part = settings[start : start + 25]
        for setting, answer in zip(part, mounted(bare, part), strict=True):
            expected = setting.result(setting.values)
            assert answer["sizes"] == [f"{expected.shape[1]} × {expected.shape[2]}"] * expected.shape[0], setting
            for (map_, row, col), shown in zip(cells_of(setting), answer["shown"], strict=True):
                assert (shown["map"], shown["row"], shown["col"]) == (map_, row, col), setting
                check_value(setting, shown, expected[map_, row, col].item())
                check_terms(setting, shown, map_, row, col, expected.shape[2])


def check_value(setting: Setting, shown: dict[str, Any], expected: float) -> None:
    assert shown["value"] == pytest.approx(expected, rel=1e-9, abs=1e-9), setting
    total = shown["total"].rpartition("=\N{NO-BREAK SPACE}")[2]
    assert number(total) == pytest.approx(expected, rel=6e-3, abs=1e-9)  # three significant digits
    assert f"] = {total} is the sum" in shown["sentence"]
    for term, text in zip(shown["terms"], shown["sums"], strict=True):
        assert number(text) == pytest.approx(sum(term["products"]), rel=6e-3, abs=1e-9)


def check_terms(setting: Setting, shown: dict[str, Any], map_: int, row: int, col: int, width: int) -> None:
    """Patch and products: by unfold; for a transposed convolution, by the derivative by each input cell."""
    assert [term["channel"] for term in shown["terms"]] == setting.read_channels(map_)
    weights = (setting.weights.flip(-2, -1) if setting.flip else setting.weights)[map_].flatten(1)
    if not setting.transposed:
        patches = setting.patches()[setting.read_channels(map_), :, row * width + col]
        np.testing.assert_array_equal([term["patch"] for term in shown["terms"]], patches)
        np.testing.assert_allclose([term["products"] for term in shown["terms"]], patches * weights, rtol=1e-14)
        return
    values = setting.values.requires_grad_()
    (slope,) = torch.autograd.grad(setting.result(values)[map_, row, col], values)
    for local, term in enumerate(shown["terms"]):
        found = torch.zeros(setting.size, dtype=torch.float64)
        for tap, product in enumerate(term["products"]):
            r, c = shown["rows"][tap // setting.kernel[1]], shown["cols"][tap % setting.kernel[1]]
            if r < 0 or c < 0:
                assert product == 0
                continue
            found[r, c] += product
            assert term["patch"][tap] == values[term["channel"], r, c].item()
            assert term["weights"][tap] == weights[local, tap].item()
        torch.testing.assert_close(found, (slope * values)[term["channel"]].detach(), rtol=1e-9, atol=1e-9)


READERS = """async ([blob, cells]) => {
    const { makePlan, readers, unread, weightsOfTaps } = await import('/components/convolution/arithmetic.js');
    const { unpack } = await import('/components/shared/blob.js');
    const { settings, arrays } = unpack(Uint8Array.from(atob(blob), (c) => c.charCodeAt(0)));
    const [channels, height, width] = arrays.input.shape;
    const plan = makePlan(settings, { height, width });
    return {
        rows: unread(plan.rows), cols: unread(plan.cols),
        read: cells.map(([channel, row, col, map]) => readers(plan, { row, col }).map((out) => ({ row: out.row,
            col: out.col, weights: weightsOfTaps(settings, channels, map, channel, out.taps) }))),
    };
}"""


def test_the_readers_of_an_input_cell_are_the_outputs_that_depend_on_it(bare: Page) -> None:
    for setting in map(random_setting, range(300, 340)):
        generator = np.random.default_rng(setting.seed)
        sizes = (setting.channels, *setting.size, setting.maps)
        cells = [[int(generator.integers(n)) for n in sizes] for _ in range(3)]
        answer = bare.evaluate(READERS, [blob(setting), cells])
        for (channel, row, col, map_), found in zip(cells, answer["read"], strict=True):
            one = torch.zeros_like(setting.values)
            one[channel, row, col] = 1
            expected = setting.result(one)[map_] - setting.bias[map_]
            shown = torch.zeros_like(expected)
            for reader in found:
                shown[reader["row"], reader["col"]] = sum(reader["weights"])
            torch.testing.assert_close(shown, expected, rtol=1e-9, atol=1e-9)


def test_what_is_never_read_is_what_the_library_says(bare: Page) -> None:
    settings = [s for s in map(random_setting, range(400, 460)) if not s.transposed]
    for setting in settings:
        answer = bare.evaluate(READERS, [blob(setting), []])
        expected = unread(setting.size, setting.kernel, setting.stride, setting.padding, setting.dilation)
        assert answer["rows"] == expected.rows.tolist(), setting
        assert answer["cols"] == expected.cols.tolist(), setting


PROBLEM = """async ([settings, input]) => {
    const { problem } = await import('/components/convolution/rules.js');
    return problem(settings, input);
}"""


def library_says(size: tuple[int, int], told: dict[str, Any]) -> str | None:
    """The sentence of the library's error, None where there is none."""
    try:
        view = window(told["kernel"], told["stride"], told["padding"], told["dilation"])
        check_padding_mode(size, view, told["mode"])
        placed(size, view)
    except SettingsError as error:
        return str(error)
    return None


def test_what_cannot_be_is_said_in_the_librarys_words(bare: Page) -> None:
    generator = np.random.default_rng(0)
    said = set()
    for _ in range(300):
        size = tuple(int(n) for n in generator.integers(1, 13, size=2))
        told = {
            "kernel": tuple(int(n) for n in generator.integers(1, 12, size=2)), "stride": (1, 1),
            "padding": tuple(int(n) for n in generator.integers(0, 5, size=2)),
            "dilation": tuple(int(n) for n in generator.integers(1, 6, size=2)),
            "mode": str(generator.choice(["zeros", "reflect", "replicate", "circular"])),
            "groups": 1, "maps": 1, "transposed": False,
        }  # fmt: skip
        expected = library_says(size, told)
        shown = bare.evaluate(PROBLEM, [told, {"channels": 1, "height": size[0], "width": size[1]}])
        assert shown == expected
        said.add(expected and re.sub(r"\d+", "", expected)[:30])
    assert len(said) >= 4


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({"groups": 2}, "use 1 or 3 groups"),
        ({"groups": 3, "maps": 2}, "use 3 kernels"),
        ({"transposed": True, "padding": [10, 10]}, "use padding of at most"),
        ({"transposed": True, "mode": "reflect"}, "Use zeros"),
    ],
)
def test_groups_and_transposed_layers_that_cannot_be_say_what_would_help(
    bare: Page, change: dict[str, Any], advice: str
) -> None:
    layer = {
        "kernel": [3, 3], "stride": [1, 1], "padding": [0, 0], "dilation": [1, 1], "mode": "zeros", "groups": 1,
        "maps": 1, "transposed": False,
    }  # fmt: skip
    said = bare.evaluate(PROBLEM, [{**layer, **change}, {"channels": 3, "height": 6, "width": 6}])
    assert advice in said
    assert bare.evaluate(PROBLEM, [layer, {"channels": 3, "height": 6, "width": 6}]) is None
