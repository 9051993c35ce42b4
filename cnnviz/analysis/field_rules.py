"""What does each operation of torch do to what its inputs see of the picture?

One rule for an operation, by its ATen name without the trailing underscore of the in-place one. A forward pass that is
watched at that level is made of a few dozen of them, whatever modules and functions the network is written in.
Elementwise operations carry a tag by which torch knows them; they need no entry of their own.

Two conventions. A gate is held constant: where a map is multiplied by something that sees the whole input and is the
same all over the map. An attention mask of −100 or less stops attention: e⁻¹⁰⁰ is nothing in float32.
"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from cnnviz.analysis import field_rules_mixing as mixing
from cnnviz.analysis import field_rules_shape as shape
from cnnviz.analysis.field_calls import Call, Rule
from cnnviz.analysis.field_reach import Array, Reach, each, lifted, sees_all, union

MASKED = -100.0
"""At and below this, what is added to a logit of attention stops it."""


def known_rule(name: str, elementwise: bool) -> Rule | None:
    """The rule of an operation ("conv", "add", …), or None."""
    return RULES.get(name) or (_elementwise if elementwise else None)


def _elementwise(call: Call) -> Reach:
    found = call.reaches
    if len(found) == 2 and call.name == "mul":
        for (tensor, reach), (gate, its) in (found, found[::-1]):
            if _is_gate(reach, gate, its, tensor.ndim):
                return replace(reach, gated=True)
    reach = found[0][1] if len(found) == 1 else union([reach for _, reach in found])
    ndim = len(call.result)
    if reach.rows.box.ndim - 1 < ndim:
        reach = each(reach, lambda array: lifted(array, ndim))
    mask = _mask(call, ndim)
    return reach if mask is None else replace(reach, blocked=mask)


def _is_gate(reach: Reach, gate: Tensor, its: Reach, ndim: int) -> bool:
    if not (sees_all(its.rows) and sees_all(its.columns)) or (sees_all(reach.rows) and sees_all(reach.columns)):
        return False
    missing = ndim - gate.ndim
    if missing < 0:
        return False
    varies = [
        dim for dim in range(ndim) if max(reach.rows.box.shape[dim], reach.columns.box.shape[dim]) > 1 and dim != 1
    ]
    return all(dim < missing or gate.shape[dim - missing] == 1 or gate.stride(dim - missing) == 0 for dim in varies)


def _mask(call: Call, ndim: int) -> Array | None:
    if call.name == "masked_fill":
        mask, value = call["mask"], call["value"]
        stops = not isinstance(value, Tensor) and value <= MASKED
    elif call.name == "add":
        mask, stops = call["other"], isinstance(call["other"], Tensor) and not call["other"].is_meta
        stops = stops and call.reach_of(mask) is None and mask.ndim > 1 and mask.is_floating_point()
        mask = mask <= MASKED if stops else mask
    else:
        return None
    if not stops or mask.is_meta or not mask.any():
        return None
    return lifted(mask.cpu().numpy()[..., None], ndim)


_TABLE: tuple[tuple[Rule, str], ...] = (
    (_elementwise, "add sub mul div where masked_fill clamp copy relu prelu _prelu_kernel rrelu hardswish mish"),
    (_elementwise, "log_sigmoid_forward rsub"),
    (shape.same, "clone _to_copy detach alias as_strided lift_fresh positive native_dropout dropout bernoulli"),
    (shape.viewed, "view _unsafe_view reshape _reshape_alias squeeze unsqueeze flatten unflatten"),
    (shape.permuted, "permute transpose t"),
    (shape.expanded, "expand"),
    (shape.repeated, "repeat"),
    (shape.cut, "slice"),
    (shape.picked, "select"),
    (shape.parted, "split split_with_sizes chunk unbind unsafe_split unsafe_chunk unsafe_split_with_sizes"),
    (shape.put_together, "cat stack"),
    (shape.rolled, "roll"),
    (shape.flipped, "flip"),
    (shape.indexed, "index"),
    (shape.index_selected, "index_select"),
    (shape.any_along, "gather glu"),
    (shape.unfolded, "unfold"),
    (shape.pixels_shuffled, "pixel_shuffle pixel_unshuffle"),
    (shape.padded, "constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d"),
    (shape.padded, "replication_pad1d replication_pad2d replication_pad3d"),
    (mixing.convolution, "convolution _convolution"),
    (mixing.pooling, "max_pool2d_with_indices max_pool3d_with_indices max_pool2d avg_pool1d avg_pool2d avg_pool3d"),
    (mixing.adaptive_pooling, "_adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_max_pool2d adaptive_max_pool3d"),
    (mixing.interpolation, "upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_linear1d"),
    (mixing.interpolation, "upsample_bilinear2d upsample_trilinear3d upsample_bicubic2d"),
    (mixing.interpolation, "_upsample_bilinear2d_aa _upsample_bicubic2d_aa"),
    (mixing.interpolation, "_upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d"),
    (mixing.reduction, "mean sum amax amin max min prod var std var_mean std_mean linalg_vector_norm norm"),
    (mixing.reduction, "logsumexp any all argmax argmin median"),
    (mixing.along, "cumsum cumprod sort topk _log_softmax"),
    (mixing.softmax, "_softmax _safe_softmax"),
    (mixing.product, " ".join(mixing.FACTORS)),
    (mixing.attention, "_scaled_dot_product_flash_attention_for_cpu _scaled_dot_product_flash_attention"),
    (mixing.attention, "_scaled_dot_product_efficient_attention _scaled_dot_product_cudnn_attention"),
    (mixing.attention, "_scaled_dot_product_attention_math _scaled_dot_product_fused_attention_overrideable"),
    (mixing.tokens_mixed, "_native_multi_head_attention _transformer_encoder_layer_fwd"),
    (mixing.batch_norm, "native_batch_norm cudnn_batch_norm miopen_batch_norm _native_batch_norm_legit"),
    (mixing.batch_norm, "_native_batch_norm_legit_no_training _batch_norm_no_update"),
    (mixing.group_norm, "native_group_norm"),
    (mixing.layer_norm, "native_layer_norm"),
    (mixing.anywhere, "grid_sampler_2d deform_conv2d roi_align roi_pool ps_roi_align"),
)

RULES: dict[str, Rule] = {name: rule for rule, names in _TABLE for name in names.split()}
