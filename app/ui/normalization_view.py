"""What does the Normalization view draw, and what do the numbers say? One scene, one sentence, one table a view."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from app.components.colour_bar import colour_bar
from app.components.norm_tiles.component import Scene
from app.ui.normalization_form import Form
from app.ui.theme import current_theme
from cnnviz.image import palette
from cnnviz.layer import (
    Normalized,
    local_response_norm,
    neighbour_sums,
    normalize,
    shared_axes,
    shared_sets,
    torch_alpha,
)
from cnnviz.network import Prediction

STEP = 2  # every second row and column is drawn; the statistics are those of all
AFTER = 3.0  # standard deviations at the ends of the scale after
Table = dict[str, list[float | str]]

_SHARING = {
    "batch": "All pictures share it, channel by channel.",
    "layer": "All channels of one picture share it.",
    "instance": "Each map stands by itself.",
    "group": "The channels of a group share it, picture by picture.",
}


def sets_scene(form: Form, x: torch.Tensor, names: list[str]) -> Scene:
    """The whole batch before and after, tile by tile."""
    done = normalize(x, form.kind, form.groups, form.eps)
    sets = shared_sets(form.kind, x.shape[0], x.shape[1], form.groups)
    ids = sets.ravel()
    members = (ids[:, None] == ids[None, :]).astype(np.uint8)
    counts = members.sum(1).reshape(sets.shape).astype(np.int32) * (x.shape[2] * x.shape[3])
    return _signed_scene("sets", x, done.mean[None], done.variance[None], members, counts, form, names,
                         ["Before", f"After {form.kind} normalization"], _SHARING[form.kind], form.eps)  # fmt: skip


def sets_words(form: Form, x: torch.Tensor) -> str:
    """Who shares, how many values, and what mean and variance were and are."""
    table = sets_table(form, x)
    pictures, channels, height, width = x.shape
    shared = shared_axes(form.kind)
    among = {"one": 1, "group": channels // form.groups, "all": channels}[shared.channels]
    people = pictures if shared.pictures else 1
    count = people * among * height * width
    sets = len(table["mean"])
    low, high = min(table["mean"]), max(table["mean"])
    spread = f"Means from {short(low)} to {short(high)}" if sets > 1 else f"The mean of {short(low)}"
    least, most = (short(end(table["variance after"])) for end in (min, max))
    return (
        f"**{form.kind.capitalize()} normalization** of {pictures} × {channels} × {height} × {width} "
        f"(pictures × channels × rows × columns): {people} × {among} × {height} × {width} = {count:,} values share one "
        f"mean and one variance; {sets} such {'sets' if sets > 1 else 'set'}. {spread} "
        f"become {_zero(max(abs(float(m)) for m in table['mean after']))}, variances become "
        f"{least if least == most else f'{least} to {most}'}."
    )


def sets_table(form: Form, x: torch.Tensor) -> Table:
    """One row a set: mean and variance before and after."""
    done = normalize(x, form.kind, form.groups, form.eps)
    sets = torch.from_numpy(shared_sets(form.kind, x.shape[0], x.shape[1], form.groups))
    rows: Table = {name: [] for name in ("set", "mean", "variance", "mean after", "variance after")}
    for number in range(int(sets.max()) + 1):
        here = sets == number
        before, after = x[here].double(), done.values[here].double()
        numbers = (before.mean(), before.var(correction=0), after.mean(), after.var(correction=0))
        rows["set"].append(_set_name(here, form.first))
        for name, value in zip(list(rows)[1:], numbers, strict=True):
            rows[name].append(float(value))
    return rows


def company_scene(form: Form, x: torch.Tensor, companies: tuple[Normalized, Normalized], eps: float) -> Scene:
    """One picture before, in either company, and the difference; `x` is (1, 8, H, W)."""
    mean, variance = torch.stack([d.mean for d in companies]), torch.stack([d.variance for d in companies])
    channels = x.shape[1]
    mode = "train mode" if form.training else "eval mode"
    titles = ["Before", f"Normalized in the first company, {mode}", f"In the second company, {mode}", "Difference"]
    counts = np.ones((1, channels), np.int32)
    return _signed_scene(
        "company", x, mean, variance, np.eye(channels, dtype=np.uint8), counts, form, ["your picture"], titles, "", eps
    )


def company_words(
    form: Form, companies: tuple[Normalized, Normalized], answers: tuple[Prediction, Prediction] | None
) -> str:
    """How far the two companies put the same picture apart, and what the network answers in each; None: not yet."""
    first, second = companies
    apart = float((first.values - second.values).abs().mean())
    said = "The whole network is being asked in both companies."
    if answers is not None:
        one, other = (f"“{answer.label}” ({100 * answer.probability:.3g} %)" for answer in answers)
        said = f"The whole network in this mode answers {one} in the first company and {other} in the second."
    if form.training:
        return f"**Train mode.** Same picture, same weights: on average {apart:.3g} standard deviations apart. {said}"
    return f"**Eval mode.** The running statistics stand in for the batch's: difference {apart:.3g}. {said}"


def company_table(form: Form, companies: tuple[Normalized, Normalized]) -> Table:
    """Mean and variance by channel in either company."""
    channels = companies[0].mean.shape[1]
    rows: Table = {"channel": [f"{form.first + c}" for c in range(channels)]}
    for name, company in zip(("first", "second"), companies, strict=True):
        rows[f"mean, {name}"] = [float(v) for v in company.mean[0]]
        rows[f"variance, {name}"] = [float(v) for v in company.variance[0]]
    return rows


def neighbours_scene(form: Form, maps: torch.Tensor) -> Scene:
    """All channels (C, H, W) before and after local response normalization, eight a row."""
    theme = current_theme()
    channels, columns = maps.shape[0], 8
    after = float(local_response_norm(maps, form.size, form.k, form.alpha, form.beta).max())
    place = np.arange(channels)
    below, above = form.size // 2, (form.size - 1) // 2
    away = place[None, :] - place[:, None]
    members = ((away >= -below) & (away <= above)).astype(np.uint8)
    shape = (channels // columns, columns)
    nothing = np.zeros((1, *shape))
    table = palette("magnitude", theme)
    return Scene(
        "neighbours", _drawn(maps[None]).reshape(*shape, *_drawn(maps[None]).shape[2:]), nothing, nothing, members,
        members.sum(1).reshape(shape).astype(np.int32), [], [""] * columns,
        ["Before", "After local response normalization, own scale"],
        colour_bar("magnitude", 0, float(maps.max()), theme), colour_bar("magnitude", 0, max(after, 1e-6), theme),
        (table, table), lrn={"size": form.size, "k": form.k, "alpha": form.alpha, "beta": form.beta},
        step=STEP,
    )  # fmt: skip


def neighbours_words(form: Form, maps: torch.Tensor) -> str:
    """Between what the divisor lies here, and how to say the same in PyTorch."""
    divisors = (form.k + form.alpha * neighbour_sums(maps.double().square(), form.size)).pow(form.beta)
    low, high = float(divisors.min()), float(divisors.max())
    effect = "almost the same everywhere" if high / low < 1.05 else f"up to {high / low:.3g} times as large"
    return (
        f"Each value is divided by (k + α · Σ a²)^β, the sum over {form.size} channels at the same place. "
        f"On these maps the divisor lies between **{low:.4g}** and **{high:.4g}**: {effect}. "
        f"In PyTorch: `LocalResponseNorm({form.size}, alpha={torch_alpha(form.alpha, form.size):g}, "
        f"beta={form.beta:g}, k={form.k:g})`, because PyTorch divides α by n."
    )


def _signed_scene(
    mode: str, x: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor, members: npt.NDArray[np.uint8],
    counts: npt.NDArray[np.int32], form: Form, names: list[str], titles: list[str], sharing: str, eps: float,
) -> Scene:  # fmt: skip
    theme = current_theme()
    limit = max(float(np.quantile(np.abs(_drawn(x)), 0.97)), 1e-6)
    table = palette("signed", theme)
    return Scene(
        "sets" if mode == "sets" else "company", _drawn(x), mean.double().numpy(), variance.double().numpy(), members,
        counts, names, [f"channel {form.first + c}" for c in range(x.shape[1])], titles,
        colour_bar("signed", -limit, limit, theme), colour_bar("signed", -AFTER, AFTER, theme), (table, table),
        sharing, eps, step=STEP,
    )  # fmt: skip


def _drawn(x: torch.Tensor) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(x[..., ::STEP, ::STEP].numpy(), dtype=np.float32)


def _set_name(here: torch.Tensor, first: int) -> str:
    pictures, channels = (sorted({int(i) for i in part}) for part in here.nonzero(as_tuple=True))
    return f"{_span('picture', [p + 1 for p in pictures])}, {_span('channel', [c + first for c in channels])}"


def _span(noun: str, numbers: list[int]) -> str:
    return f"{noun} {numbers[0]}" if len(numbers) == 1 else f"{noun}s {numbers[0]}–{numbers[-1]}"


def short(value: float | str) -> str:
    """Three significant digits, with a true minus."""
    return f"{float(value):.3g}".replace("-", "−")


def _zero(value: float) -> str:
    return "0" if value < 1e-4 else f"at most {value:.3g}"
