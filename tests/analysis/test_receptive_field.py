"""Receptive fields by theory against the brute-force truth, for every family of torchvision."""

import gc
import weakref

import pytest
import torch
import torchvision
from torch import nn
from torchvision.models.convnext import CNBlockConfig
from torchvision.models.efficientnet import FusedMBConvConfig, MBConvConfig
from torchvision.models.swin_transformer import PatchMergingV2, SwinTransformerBlockV2

from cnnviz.analysis import Box, receptive_fields
from cnnviz.errors import LayerError
from cnnviz.network import network_info
from cnnviz.network.construction import skeleton
from tests.analysis.field_oracle import true_extents

# Height and width of a strip: longer than the field of most layers, as narrow as the network allows.
STRIPS = {
    "alexnet": (639, 63),
    "narrow vgg11_bn": (448, 32),
    "resnet18": (900, 1),
    "resnet50": (900, 1),
    "squeezenet1_1": (450, 17),
    "small densenet": (900, 32),
    "googlenet": (1200, 15),
    "inception_v3": (1000, 75),
    "mobilenet_v2": (900, 1),
    "mobilenet_v3_small": (900, 1),
    "shufflenet_v2_x0_5": (900, 1),
    "mnasnet0_5": (900, 1),
    "regnet_y_400mf": (1200, 1),
    "efficientnet_b0": (1200, 1),
    "small efficientnet_v2": (700, 1),
    "small convnext": (700, 32),
}


def untrained(name: str) -> nn.Module:
    """A network whose weights matter to neither side: those of whole networks have no values at all."""
    if name in SMALL:
        return SMALL[name]().eval()
    return skeleton(network_info(name)).eval()


def _vgg() -> nn.Module:
    """VGG-11 without the 124 million numbers of its classifier, behind which nothing has a place any more."""
    with torch.device("meta"):
        module = torchvision.models.vgg11_bn()
    module.classifier = nn.Sequential(nn.Linear(512 * 7 * 7, 8), nn.ReLU(True), nn.Linear(8, 1000))
    for part in module.features:
        if isinstance(part, nn.Conv2d | nn.BatchNorm2d):
            part.to_empty(device="cpu").reset_parameters()
    return module


def _convnext() -> nn.Module:
    sizes = ((8, 16, 1), (16, 24, 1), (24, 32, 2), (32, None, 1))
    return torchvision.models.ConvNeXt([CNBlockConfig(*size) for size in sizes])


# Torchvision's own classes with fewer, narrower blocks: the truth takes a pass back from each layer.
SMALL = {
    "narrow vgg11_bn": _vgg,
    "small densenet": lambda: torchvision.models.DenseNet(8, (2, 3, 3, 2), 16),
    "small convnext": _convnext,
    "small efficientnet_v2": lambda: torchvision.models.EfficientNet(
        [FusedMBConvConfig(1, 3, 1, 8, 8, 1), FusedMBConvConfig(4, 3, 2, 8, 16, 2), MBConvConfig(4, 3, 2, 16, 24, 2)],
        dropout=0.0, last_channel=32,
    ),
    "small swin": lambda: torchvision.models.SwinTransformer([4, 4], 24, [2, 2], [2, 4], [7, 7]),
    "small swin_v2": lambda: torchvision.models.SwinTransformer(
        [4, 4], 24, [2, 2], [2, 4], [7, 7], block=SwinTransformerBlockV2, downsample_layer=PatchMergingV2
    ),
    "small maxvit": lambda: torchvision.models.MaxVit((112, 112), 8, 7, [8, 16], [1, 1], 8, 0.0),
    "small vit": lambda: torchvision.models.VisionTransformer(224, 16, 2, 2, 32, 64),
}  # fmt: skip


def first_middle_last(length: int) -> tuple[int, ...]:
    return 0, length // 2, max(0, length // 2 - 1), length - 1


def only_gates_lack_truth(fields, truth):
    """Every layer with a map was looked at, but for gates, which are constant in the truth."""
    assert all(field.whole_input for path, field in fields.items() if field.map_size and path not in truth)


@pytest.mark.parametrize("name", STRIPS)
def test_every_layer_of_a_family_sees_exactly_what_a_gradient_reaches(name):
    module, shape = untrained(name), (3, *STRIPS[name])
    fields = receptive_fields(module, shape)
    truth = true_extents(module, fields, shape, first_middle_last, narrow=not name.startswith("shufflenet"))
    only_gates_lack_truth(fields, truth)
    inside = 0
    for path, units in truth.items():
        field = fields[path]
        for unit, first, end in units:
            assert tuple(field.seen_rows[unit]) == (first, end), (path, unit)
            start = unit * field.stride[0] - field.padding[0]
            if field.regular and not field.whole_input and start >= 0 and start + field.size[0] <= shape[1]:
                assert (start, start + field.size[0]) == (first, end), (path, unit)
                inside += 1
    assert inside > len(truth)


def test_rows_and_columns_are_not_mixed_up():
    """Inception's 1×7 and 7×1 convolutions see other rows than columns; what is true of rows is so of columns."""
    module, shape = untrained("inception_v3"), (3, 107, 450)
    fields = {path: field for path, field in receptive_fields(module, shape).items() if path.startswith("Mixed_6b")}
    assert any(field.size[0] != field.size[1] for field in fields.values())
    for path, units in true_extents(module, fields, shape, first_middle_last, axis=1).items():
        for unit, first, end in units:
            assert tuple(fields[path].seen_columns[unit]) == (first, end), path


@pytest.mark.parametrize(
    ("name", "shape", "uneven"),
    [("small swin", (3, 112, 56), "features.1.1.attn"), ("small swin_v2", (3, 112, 56), "features.1.1.attn"),
     ("small maxvit", (3, 112, 112), "blocks.0.layers.0.layers.window_attention.departition_op")],
)  # fmt: skip
def test_attention_in_windows_sees_what_windows_and_masks_leave_it(name, shape, uneven):
    module = untrained(name)
    fields = receptive_fields(module, shape)
    truth = true_extents(module, fields, shape, first_middle_last, narrow=False)
    only_gates_lack_truth(fields, truth)
    for path, units in truth.items():
        for unit, first, end in units:
            assert tuple(fields[path].seen_rows[unit]) == (first, end), path
    assert not fields[uneven].regular and not fields[uneven].whole_input


def test_a_vision_transformer_sees_everything_from_its_first_attention_on():
    torch.manual_seed(0)
    module = untrained("small vit")
    fields = receptive_fields(module)
    patches = fields["conv_proj"]
    assert (patches.map_size, patches.size, patches.stride) == ((14, 14), (16, 16), (16, 16))
    assert not patches.whole_input
    attention = fields["encoder.layers.encoder_layer_0.self_attention"]
    assert attention.whole_input and attention.region(3, 5) == Box(0, 0, 224, 224)
    assert "whole input" in attention.note
    for path, seen in (("conv_proj", 16 * 16), ("encoder.layers.encoder_layer_0", 224 * 224)):
        kept = []
        hook = module.get_submodule(path).register_forward_hook(lambda *call, kept=kept: kept.append(call[2]))
        module(picture := torch.rand(1, 3, 224, 224, requires_grad=True))
        hook.remove()
        unit = kept[0][0, :, 3, 5] if path == "conv_proj" else kept[0][0, 1 + 3 * 14 + 5]
        (gradient,) = torch.autograd.grad((unit * torch.rand_like(unit)).sum(), picture)
        assert int((gradient[0] != 0).any(0).sum()) == seen, path


def test_a_gate_is_named_and_held_constant():
    fields = receptive_fields(untrained("mobilenet_v3_small"))
    gate, gated = fields["features.1.block.1.fc1"], fields["features.1.block.2.0"]
    assert gate.whole_input and not gate.gated
    assert gated.gated and not gated.whole_input and gated.size == fields["features.1.block.0.0"].size
    assert "gate" in gated.note and "whole input" in gated.note
    assert not fields["features.1.block.0.0"].gated


class Unet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down, self.pool = nn.Conv2d(3, 4, 3, padding=1), nn.MaxPool2d(2)
        self.bottom = nn.Conv2d(4, 4, 3, padding=1)
        self.up, self.up2 = nn.ConvTranspose2d(4, 4, 2, 2), nn.Upsample(scale_factor=2, mode="bilinear")
        self.last = nn.Conv2d(12, 2, 3, padding=1)

    def forward(self, x):
        skip = self.down(x)
        deep = self.bottom(self.pool(skip))
        return self.last(torch.cat([skip, self.up(deep), self.up2(deep)], 1))


def test_a_unet_joins_its_skips_exactly():
    fields = receptive_fields(Unet().eval(), (3, 20, 20))
    last = fields["last"]
    assert not last.regular and "exact" in last.note
    assert fields["bottom"].regular and fields["bottom"].size == (8, 8) and fields["bottom"].stride == (2, 2)
    truth = true_extents(Unet(), fields, (3, 20, 20), lambda length: tuple(min(i, length - 1) for i in range(20)))
    for path in ("up", "up2", "last"):
        assert [tuple(rows) for rows in fields[path].seen_rows] == [unit[1:] for unit in truth[path]], path


def test_a_generator_sees_its_whole_latent():
    generator = nn.Sequential(nn.ConvTranspose2d(10, 8, 4), nn.ReLU(True), nn.ConvTranspose2d(8, 3, 4, 2, 1)).eval()
    dense = nn.Sequential(nn.Linear(10, 64), nn.Unflatten(1, (4, 4, 4)), nn.ConvTranspose2d(4, 3, 4, 2, 1)).eval()
    for module, shape in ((generator, (10, 1, 1)), (dense, (10,))):
        last = receptive_fields(module, shape)["2"]
        assert last.map_size == (8, 8) and last.whole_input and last.input_size == (1, 1)
        assert "single position" in last.note


@pytest.mark.parametrize("norm", [nn.InstanceNorm2d(4), nn.GroupNorm(2, 4), nn.LayerNorm((4, 9, 9))])
def test_normalisation_over_space_sees_everything(norm):
    fields = receptive_fields(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), norm).eval(), (3, 9, 9))
    assert fields["1"].whole_input and not fields["0"].whole_input


def test_normalisation_at_one_place_sees_no_further():
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.LocalResponseNorm(3)).eval()
    assert [field.size for field in receptive_fields(module, (3, 9, 9)).values()] == [(3, 3)] * 3


def test_holes_are_said():
    dilated = nn.Sequential(nn.Conv2d(1, 1, 3, dilation=2), nn.Conv2d(1, 1, 2)).eval()
    first, second = receptive_fields(dilated, (1, 20, 20)).values()
    assert first.holes and "never read" in first.note and not second.holes
    sparse = nn.Sequential(nn.Conv2d(1, 1, 1, stride=2), nn.Conv2d(1, 1, 3)).eval()
    assert [field.holes for field in receptive_fields(sparse, (1, 20, 20)).values()] == [False, True]


def test_a_clipped_region_leaves_out_what_a_stride_never_reads():
    module = nn.Sequential(nn.Conv2d(1, 1, 1, stride=2), nn.Conv2d(1, 1, 3, padding=1)).eval()
    field = receptive_fields(module, (1, 8, 8))["1"]
    assert field.region(3, 0, clip=False) == Box(4, -2, 9, 3)
    assert field.region(3, 0) == Box(4, 0, 7, 3)  # row 7 lies in the box, but no unit reads it


def test_a_layer_without_map_has_one_unit():
    field = receptive_fields(nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 5)).eval(), (1, 8, 8))["2"]
    assert field.map_size is None and field.region(0, 0) == Box(0, 0, 8, 8)
    with pytest.raises(LayerError, match="1×1 units"):
        field.region(0, 1)


def test_a_residual_block_stands_under_its_own_path():
    fields = receptive_fields(untrained("mobilenet_v2"))
    assert fields["features.3"].kind == "InvertedResidual"
    assert fields["features.3"].size == fields["features.3.conv.3"].size
    assert "features.1" not in fields  # its output is that of its last layer


def test_written_parts_are_followed():
    """Circular padding writes to parts of a tensor: the first unit sees the last rows."""
    module = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular")).eval()
    field = receptive_fields(module, (1, 9, 9))["0"]
    assert field.region(0, 4) == Box(0, 3, 9, 6) and field.holes and not field.regular and not field.probed


def test_what_is_written_into_a_view_of_the_whole_is_followed():
    class Aliased(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.last = (nn.Conv2d(1, 1, 3, padding=1) for _ in range(3))

        def forward(self, x):
            base = self.first(x)
            whole = base[:, :1, :, :]
            whole += self.second(whole)
            return self.last(base)

    field = receptive_fields(Aliased().eval(), (1, 9, 9))["last"]
    assert field.size == (7, 7) and not field.probed


def test_what_cannot_be_followed_is_probed_and_said():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)

        def forward(self, x):
            parts = nn.functional.unfold(self.first(x), 3, padding=1)
            return self.last(parts.view(1, 4, 9, 16, 16).sum(2))

    torch.manual_seed(0)
    fields = receptive_fields(Odd().eval(), (1, 16, 16))
    assert not fields["first"].probed
    assert fields["last"].probed and "gradient" in fields["last"].note
    assert fields["last"].region(8, 8) == Box(5, 5, 12, 12)


def test_what_was_followed_is_gone_at_once_without_the_garbage_collector():
    alive = weakref.WeakSet()

    class Counted(nn.Conv2d):
        def __new__(cls, *args):
            part = super().__new__(cls)
            alive.add(part)
            return part

    module = nn.Sequential(Counted(3, 4, 3), nn.ReLU()).eval()
    gc.disable()
    try:
        assert len(receptive_fields(module, (3, 9, 9))) == 2
        assert list(alive) == [module[0]]
    finally:
        gc.enable()


def test_the_module_is_left_as_it_was_and_the_answer_kept():
    module = torchvision.models.resnet18().train()
    first = receptive_fields(module, (3, 64, 64))
    assert module.training and not any(part._forward_hooks for part in module.modules())
    assert not any(parameter.is_meta for parameter in module.parameters())
    assert receptive_fields(module, (3, 64, 64))["conv1"] is first["conv1"]
