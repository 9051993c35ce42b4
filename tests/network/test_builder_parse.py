"""Pasted text is read as text: layers come out of it, and nothing of it is ever run."""

from __future__ import annotations

import builtins
from typing import Any

import pytest
from torch import nn

from cnnviz.errors import SettingsError
from cnnviz.network import PRESETS, build, parse_layers, parse_source, parse_specs, source, spell_specs

ALEXNET_HEAD = """
features = torch.nn.Sequential(
    nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2),  # torchvision's
    nn.ReLU(inplace=True),
    nn.LocalResponseNorm(5, 0.0001, 0.75, 2),
    nn.MaxPool2d(kernel_size=3, stride=2),
    nn.Sequential(nn.Conv2d(64, 192, (5, 3), padding=(2, 1), bias=False), nn.ELU()),
    nn.AdaptiveAvgPool2d((6, 6)),
    nn.Flatten(),
    nn.Dropout(),
    nn.Linear(192 , 10),
)
"""


def test_a_list_as_people_write_it_is_read() -> None:
    parsed = parse_layers(ALEXNET_HEAD)
    assert spell_specs(parsed.specs) == ("c_n64_k11_s4_p2 f w_k2.0 m_k3 c_n192_k5x3_p2x1_b0 f_felu d_n6 l o h")
    assert parsed.stated == (3, None, None, None, 64, None, None, None, None, 192)
    assert parsed.input_shape is None


def test_a_network_as_torch_prints_it_is_read() -> None:
    for text in (spell_specs(PRESETS["vgg"].specs), "c_n8_k5x3_psame t_n4 y q_g2 w d_n3 f_fgelu o l h"):
        specs = parse_specs(text)
        printed = str(build(specs, (3, 32, 32), seed=None))
        assert "(0): Conv2d(3, " in printed
        assert parse_layers(f"\n{printed}\n").specs == specs
    nested = nn.Sequential(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), nn.Flatten())
    assert spell_specs(parse_layers(str(nested)).specs) == "c_n8 f l"


@pytest.mark.parametrize(
    "written, means",
    [
        ("nn.AdaptiveAvgPool2d(1)", "g"),
        ("nn.AdaptiveAvgPool2d((1, 1))", "d_n1"),
        ("nn.MaxPool2d(3, 2, ceil_mode=True)", "m_k3_u1"),
        ("nn.MaxPool2d(3)", "m_k3_s3"),
        ("nn.Conv2d(3, 8, 3, padding='same')", "c_n8_psame"),
        ("nn.Conv2d(3, 8, 3, padding='valid')", "c_n8"),
        ("nn.Conv2d(3, 8, [3, 5])", "c_n8_k3x5"),
        ("nn.LeakyReLU(-0.5)", "y_a-0.5"),
        ("nn.Dropout(1)", "o_p1.0"),
        ("nn.BatchNorm1d(8)", "b"),
        ("nn.Softmax(dim=1)", "f_fsoftmax"),
        ("ResidualBlock(8, 16, stride=2)", "rb_s2"),
        ("SqueezeExcite(16, 4)", "se_r4"),
    ],
)  # fmt: skip
def test_ways_of_writing_a_layer(written: str, means: str) -> None:
    assert spell_specs(parse_layers(f"nn.Sequential({written})").specs) == means


REFUSED = {
    "an import": ("import os\nnn.Sequential(nn.ReLU())", "Line 1: here stands an import"),
    "an import below": ("nn.Sequential(nn.ReLU())\nfrom os import system", "Line 2: here stands an import"),
    "a call": ("__import__('os').system('touch here')", r"Line 1: __import__"),
    "a call inside": ("nn.Sequential(\n  nn.ReLU(),\n  print('here'),\n)", r"Line 3: print\(…\) is no layer"),
    "a call as argument": ("nn.Sequential(nn.Linear(int('3'), 4))", r"int\('3'\) is no plain number"),
    "a call on the list": ("nn.Sequential(nn.ReLU()).to('cuda')", "is no list of layers"),
    "an attribute": ("nn.Sequential(nn.Linear(self.width, 4))", "self.width is no plain number"),
    "an attribute of a layer": ("nn.Sequential(nn.ReLU().forward)", "access to an attribute"),
    "an attribute elsewhere": ("nn.Sequential(nn.functional.relu())", "is no layer of the builder"),
    "a sum": ("nn.Sequential(nn.Linear(10**9, 4))", "no plain number"),
    "a loop": ("nn.Sequential(*[nn.ReLU() for _ in range(9)])", "a spread list"),
    "a format": ("nn.Sequential(nn.Conv2d(3, 4, 3, padding=f'{print(1)}'))", "no plain number"),
    "another module": ("nn.Sequential(nn.Transformer())", "is no layer of the builder; of those that it knows"),
    "a lambda": ("lambda: nn.Sequential()", "a function"),
    "two lists": ("nn.Sequential()\nnn.Sequential()", "2 lists"),
    "spread names": ("nn.Sequential(nn.Linear(**{'a': 1}))", "spreads"),
    "too few": ("nn.Sequential(nn.Linear(3))", "missing a required argument: 'out_features'"),
    "too much": ("nn.Sequential(nn.Linear(3, 4, True, None, None, 5))", "too many"),
    "unknown setting": ("nn.Sequential(nn.Flatten(2))", "start_dim as 1 only"),
    "out of range": ("nn.Sequential(nn.ReLU(),\nnn.Dropout(2.5))", "Line 2: Dropout"),
    "a truth for a number": ("nn.Sequential(nn.Conv2d(3, 4, True))", "Kernel"),
    "no Python": ("nn.Sequential(nn.ReLU(", "Line 1: this is no Python"),
    "nothing": ("  \n", "nothing to read"),
    "a null byte": ("nn.Sequential(\0)", "no Python|holds what"),
    "half a character": ("nn.Sequential() # \ud800", "holds what no program has"),
    "10 MB": ("nn.Sequential(" + "nn.ReLU()," * 1_000_000 + ")", "longer than 100 kB"),
    "10,000 brackets": ("(" * 10_000 + ")" * 10_000, "nested deeper than 20"),
    "10,000 lists": ("nn.Sequential(" * 7_000, "nested deeper than 20"),
    "90,000 signs": ("-" * 90_000 + "1", "nested too deep"),
    "sums without end": ("1+" * 40_000 + "1", "nested too deep"),
    "attributes without end": ("a" + ".a" * 40_000, "nested too deep"),
    "negations without end": ("not " * 20_000 + "1", "nested too deep"),
    "functions without end": ("lambda:" * 10_000 + "1", "nested too deep"),
    "a number without end": ("nn.Sequential(nn.Linear(3, " + "9" * 9_000 + "))", "no Python"),
    "a hexadecimal one": ("nn.Sequential(nn.Linear(3, 0x" + "f" * 50_000 + "))", "far too long"),
    "an infinite one": ("nn.Sequential(nn.Linear(3, 1e999))", "no plain number"),
    "65 layers": (f"nn.Sequential({'nn.ReLU(), ' * 65})", "at most 64 layers"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_plain_list_is_refused_with_a_sentence_and_runs_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: Any, **__: Any) -> None:
        raise AssertionError("something of the text was run")

    for function in ("eval", "exec", "print"):
        monkeypatch.setattr(builtins, function, run)
    text, says = REFUSED[name]
    with pytest.raises(SettingsError, match=says) as refused:
        parse_layers(text)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 900


def test_a_program_taken_home_is_read_back_whatever_its_blocks() -> None:
    for preset in PRESETS.values():
        parsed = parse_source(source(preset.specs, preset.input_shape))
        assert (parsed.specs, parsed.input_shape) == (preset.specs, preset.input_shape)


@pytest.mark.parametrize(
    "changed, to, says",
    [
        ("import torch\n", "import torch, os\n", "an import, which no program"),
        ("manual_seed(0)", "manual_seed(open('x'))", "is no list of layers, which no program"),
        ("        return x * ", "        open('x'); return x * ", "a class, which no program"),
        ("INPUT_SHAPE = (3, 32, 32)", "INPUT_SHAPE = (3, 32, -1)", "three whole numbers"),
        ("network = ", "del torch\nnetwork = ", "which no program taken home"),
        ("nn.ReLU()", "nn.ReLU(open('x'))", "no plain number"),
        ("network = nn.Sequential", "network = list", "which no program|no list of layers"),
    ],
)
def test_a_program_with_anything_else_in_it_is_refused(changed: str, to: str, says: str) -> None:
    program = source(parse_specs("c f se"))
    assert changed in program
    head, _, tail = program.rpartition(changed)  # the list stands last
    with pytest.raises(SettingsError, match=says):
        parse_source(head + to + tail)
