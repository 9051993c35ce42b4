"""Which networks does one start building from? Small ones, each of one famous idea."""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.network.specs import LayerSpec
from cnnviz.network.specs_text import parse_specs


@dataclass(frozen=True)
class Preset:
    """A stack in its short form, see :mod:`cnnviz.network.specs_text`, for input of `input_shape`."""

    name: str
    title: str
    sentence: str
    text: str
    input_shape: tuple[int, int, int]

    @property
    def specs(self) -> tuple[LayerSpec, ...]:
        """The layers."""
        return parse_specs(self.text)


_VGG = " ".join(f"c_n{n}_p1 b f c_n{n}_p1 b f m" for n in (16, 32, 64))
_RES = "c_n16_p1_b0 b f rb rb rb_n32_s2 rb_n32 rb_n64_s2 rb_n64 g l h"
_INCEPTION = "c_n32_p1 f m im im_n32_r24_t40_q8_f16_p16 m im_n48_r32_t64_q8_f16_p16 g l o_p0.4 h"
_MOBILE = "c_n16_s2_p1_b0 b f ds ds_n64_s2 ds_n64 ds_n128_s2 ds_n128 ds_n128 g l h"

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "lenet5",
            "LeNet-5",
            "LeCun and others, 1998, with today's full connections: convolve, pool, twice, then three linear layers.",
            "c_n6_k5 f_ftanh a c_n16_k5 f_ftanh a c_n120_k5 f_ftanh l h_n84 f_ftanh h",
            (1, 32, 32),
        ),
        Preset(
            "vgg", "Small VGG", "Nothing but 3 × 3 convolutions, two before each pooling; then linear layers.",
            f"{_VGG} l h_n128 f o h", (3, 32, 32),
        ),
        Preset(
            "resnet", "Small ResNet", "Each block adds to what arrives: six blocks in three stages.",
            _RES, (3, 32, 32),
        ),
        Preset(
            "inception", "Small Inception", "Kernels of several sizes side by side, with 1 × 1 before the dear ones.",
            _INCEPTION, (3, 32, 32),
        ),
        Preset(
            "mobilenet", "MobileNet-like", "Each map by itself, then 1 × 1 across: a fraction of the multiply-adds.",
            _MOBILE, (3, 64, 64),
        ),
    )
}  # fmt: skip
"""By name."""
