"""A stack, the module it builds and the program that builds the same are one and the same network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.analysis import receptive_fields, stack_report
from cnnviz.errors import SettingsError
from cnnviz.network import PRESETS, build, parse_source, parse_specs, shapes, source, spell_specs
from cnnviz.network.builder_blocks import BLOCKS
from cnnviz.network.builder_calls import FORMS, call_of, module_class, spec_of
from cnnviz.network.specs import KINDS, LayerSpec, settings_of
from cnnviz.network.specs_sizes import fixes, output_shape, possible
from tests.app.programs import run_program
from tests.network.stacks import stacks

Made = tuple[tuple[LayerSpec, ...], tuple[int, int, int]]
ONE_OF_EACH = (
    "c_n8_psame_mreflect f_ftanh m_k3_p1_u1 t_n8_s2_o1 y a_p1_z0 b_a0 q_g2 i_a1 w_n3 o_p0.25_m1 rb_n12_s2 rn_n16 im "
    "ds_n16_k5 se_r4 db_l2_g4 d_n2x3_fmax v g l h_n12_b0 b v_a0 f_fsoftmax h"
)


@settings(max_examples=25, deadline=None)
@given(stacks())
def test_a_report_has_the_shapes_parameters_and_multiply_adds_of_the_module(made: Made) -> None:
    specs, start = made
    network = build(specs, start).eval()
    reports = stack_report(specs, start)
    values = torch.rand(1, *start)
    counter = FlopCounterMode(display=False)
    for layer, report in zip(network, reports, strict=True):
        assert report.input_shape == tuple(values.shape[1:])
        with torch.no_grad():
            values = layer(values)
        assert report.output_shape == tuple(values.shape[1:])
        assert report.parameters == sum(one.numel() for one in layer.parameters())
        assert report.problem == "" and report.fixes == ()
    seen = {int(path.partition(".")[0]): field for path, field in receptive_fields(network, start).items()}
    for place, report in enumerate(reports):
        assert report.field is not None
        assert report.field.size == seen[place].size
        assert (report.field.rows == seen[place].rows).all() and (report.field.columns == seen[place].columns).all()
        assert report.field.note == seen[place].note
    with torch.no_grad(), counter:
        network(torch.rand(1, *start))
    assert sum(report.multiply_adds for report in reports) == counter.get_total_flops() // 2


@settings(max_examples=40, deadline=None)
@given(stacks())
def test_a_stack_comes_back_from_its_program_and_from_its_short_form(made: Made) -> None:
    specs, start = made
    parsed = parse_source(source(specs, start))
    assert parsed.specs == specs
    assert parsed.input_shape == start
    assert parse_specs(spell_specs(specs)) == specs


def test_programs_run_in_a_fresh_process_give_the_same_output(tmp_path: Path) -> None:
    made = [(parse_specs(ONE_OF_EACH), (3, 20, 24)), *((one.specs, one.input_shape) for one in PRESETS.values())]
    for number, (specs, start) in enumerate(made):
        (tmp_path / f"made{number}.py").write_text(source(specs, start, seed=5))
    runner = (
        "import json, runpy, torch\n"
        f"for number in range({len(made)}):\n"
        "    made = runpy.run_path(f'made{number}.py')\n"
        "    start = torch.linspace(0, 1, torch.Size(made['INPUT_SHAPE']).numel())\n"
        "    with torch.inference_mode():\n"
        "        print(json.dumps(made['network'].eval()(start.view(1, *made['INPUT_SHAPE'])).flatten().tolist()))\n"
    )
    for line, (specs, start) in zip(run_program(runner, tmp_path).splitlines(), made, strict=True):
        values = torch.linspace(0, 1, torch.Size(start).numel()).view(1, *start)
        with torch.inference_mode():
            here = build(specs, start, seed=5).eval()(values).flatten()
        torch.testing.assert_close(torch.tensor(json.loads(line)), here, rtol=0, atol=0)


def test_the_seed_alone_decides_the_weights_and_torchs_own_generator_stays() -> None:
    specs = parse_specs("c l h")
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = build(specs, seed=3)
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(2)
    for one, other in zip(first.parameters(), build(specs, seed=3).parameters(), strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(next(first.parameters()), next(build(specs, seed=4).parameters()))


def test_without_a_seed_nothing_is_stored() -> None:
    assert all(one.is_meta for one in build(parse_specs(ONE_OF_EACH), (3, 20, 24), seed=None).parameters())


def test_every_kind_of_layer_can_be_written_and_is_in_the_stack_of_all() -> None:
    assert {form.spec for form in FORMS} == set(KINDS.values())
    assert {spec.code for spec in parse_specs(ONE_OF_EACH)} == set(KINDS)
    assert all(callable(module_class(form.name)) for form in FORMS)
    assert all(block.__doc__ for block in BLOCKS.values())


@pytest.mark.parametrize("code", KINDS)
def test_settings_have_letters_of_their_own_and_defaults_that_are_allowed(code: str) -> None:
    letters = [setting.letter for setting in settings_of(KINDS[code])]
    assert len(set(letters)) == len(letters)
    spec = KINDS[code]()
    assert parse_specs(spell_specs([spec])) == (spec,)
    arrives = (8,) if code == "h" else (8, 16, 16)
    assert spec_of(call_of(spec, arrives))[0] == spec


def test_lenet_has_the_numbers_that_are_published() -> None:
    """61,706 weights of LeNet-5 with full connections, and 416,520 multiply-adds (TensorFlow's and Keras' examples)."""
    preset = PRESETS["lenet5"]
    reports = stack_report(preset.specs, preset.input_shape)
    assert sum(report.parameters for report in reports) == 61_706
    assert [report.parameters for report in reports if report.parameters] == [156, 2_416, 48_120, 10_164, 850]
    assert sum(report.multiply_adds for report in reports) == 416_520
    assert [report.output_shape for report in reports][5] == (16, 5, 5)


@pytest.mark.parametrize(
    "text, arrives, reason, fits",
    [
        ("c_k7", (3, 4, 4), "kernel", "c_k4"),
        ("c_n30_g4", (16, 9, 9), "divide", "c_n28_g4"),
        ("c_n32_g5", (16, 9, 9), "divide", "c_n32_g4"),
        ("c_psame_s2", (3, 9, 9), "stride has to be 1", "c_psame"),
        ("c_p3_mreflect", (3, 3, 3), "lend", "c_p2_mreflect"),
        ("c_n32", (400,), "list of 400 numbers", ""),
        ("m_p2", (3, 9, 9), "half of the kernel", "m_k4_p2"),
        ("m_k5", (3, 4, 4), "kernel", "m_k4"),
        ("t_o1", (3, 4, 4), "output padding", "t_s2_o1"),
        ("t_p4_k2", (3, 4, 4), "takes away", "t_k6_p4"),
        ("q", (6, 4, 4), "divide", "q_g3"),
        ("i", (6, 1, 1), "lone value", ""),
        ("rn_n30", (8, 4, 4), "divide", "rn_n28"),
        ("h", (6, 5, 5), "list of numbers", "l h"),
        ("se", (10,), "maps", ""),
        ("o_m1", (10,), "maps", "o"),
    ],
)
def test_what_is_impossible_says_why_and_what_fits(text: str, arrives: tuple[int, ...], reason: str, fits: str) -> None:
    (spec,) = parse_specs(text)
    with pytest.raises(SettingsError, match=reason):
        output_shape(spec, arrives)
    found = fixes(spec, arrives)
    assert fits in [spell_specs(fix.specs) for fix in found]
    for fix in found:
        shape = arrives
        for one in fix.specs:
            assert possible(one, shape)
            shape = output_shape(one, shape)


def test_an_impossible_layer_lets_those_before_it_have_their_numbers_and_those_after_it_wait() -> None:
    reports = stack_report(parse_specs("c_n6 m c_k20 f l h"), (1, 16, 16))
    assert [report.output_shape for report in reports[:2]] == [(6, 14, 14), (6, 7, 7)]
    assert reports[2].problem and reports[2].fixes and not reports[2].waits
    assert all(report.waits and not report.problem for report in reports[3:])
    with pytest.raises(SettingsError, match="Layer 3 cannot be"):
        shapes(parse_specs("c_n6 m c_k20 f l h"), (1, 16, 16))


def test_the_receptive_field_of_each_layer_is_that_of_the_notes_formula() -> None:
    reports = stack_report(parse_specs("c_k5 m c_k3_s2 rb ds_k5 g"), (3, 64, 64))
    fields = [report.field for report in reports]
    # size + (k − 1) · jump, one convolution after another: 5; +1; +2·2; jump 4: +2·4 +2·4; +4·4; then all.
    assert [field.size[0] for field in fields[:5] if field] == [5, 6, 10, 26, 42]
    assert [field.stride[0] for field in fields[:5] if field] == [1, 2, 4, 4, 4]
    assert fields[5] is not None and fields[5].whole_input


@pytest.mark.parametrize(
    "text, says",
    [
        ("xx", "no layer 'xx'"),
        ("c_z3", "no setting 'z'"),
        ("c_k3x", "cannot be read"),
        ("c_k64", "from 1 to 63"),
        ("c_n0", "from 1 to 4096"),
        ("c_n99999999999", "cannot be read"),
        ("f_fsine", "one of relu"),
        ("o_p1e999", "from 0 to 1"),
        ("o_pnan", "cannot be read"),
        ("c_b2", "0 or 1"),
        ("f " * 65, "at most 64"),
        ("f" * 9000, "at most 8000"),
    ],
)
def test_a_short_form_that_means_nothing_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        parse_specs(text)
