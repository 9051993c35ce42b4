"""Which classic kernels are there, what does each do, and why do its numbers do that?

Matrices are cross-correlation kernels, as torch applies them: laid on the picture as they stand, multiplied and summed.
Sobel x answers with a positive number where brightness rises to the right, Sobel y where it rises downwards.
``KERNELS`` is the catalogue; a kernel with settings gives its matrix for any of them through ``build``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.errors import SettingsError
from cnnviz.layer import kernel_formulas as formulas
from cnnviz.layer.separation import Factors, separate

NOTES = "Lecture notes, table of kernels"


@dataclass(frozen=True)
class Setting:
    """One number a learner may turn: its range, step and default. ``whole`` says that it counts pixels."""

    name: str
    title: str
    default: float
    minimum: float
    maximum: float
    step: float
    what: str

    @property
    def whole(self) -> bool:
        """True where only whole numbers in steps of ``step`` are allowed."""
        return all(float(value).is_integer() for value in (self.default, self.minimum, self.step))

    def checked(self, value: float) -> float:
        """``value`` itself (an int where ``whole``), or SettingsError where it is out of range or between steps."""
        ok = isinstance(value, (int, float, np.integer, np.floating)) and self.minimum <= value <= self.maximum
        if not ok or (self.whole and (value - self.minimum) % self.step):
            odd = "odd " if self.whole and self.step == 2 and self.minimum % 2 else ""
            kind = f"an {odd}whole number" if odd else "a whole number" if self.whole else "a number"
            raise SettingsError(
                f"{self.title} cannot be {value!r}: use {kind} from {self.minimum:g} to {self.maximum:g}."
            )
        return int(value) if self.whole else float(value)


@dataclass(frozen=True, eq=False)
class Kernel:
    """A kernel of the catalogue. ``matrix`` is (k, k), float64, read-only: with its settings, that of the defaults.

    ``scale`` is the fraction one writes before the matrix, such as 1/16, where the rest is then whole numbers.
    """

    name: str
    title: str
    group: str
    matrix: NDArray[np.float64]
    what: str
    why: str
    source: str
    scale: Fraction = Fraction(1)
    settings: tuple[Setting, ...] = ()
    formula: Callable[..., NDArray[np.float64]] | None = field(default=None, repr=False)

    @property
    def total(self) -> float:
        """The sum of all weights: what a flat area of brightness 1 becomes."""
        return float(self.matrix.sum())

    @property
    def sums_to(self) -> Literal["zero", "one"] | None:
        """Says "zero" where flat areas vanish, "one" where brightness is kept, else None."""
        return sums_to(self.matrix)

    @property
    def separable(self) -> bool:
        """True where the matrix has rank 1: a column pass and a row pass do the same."""
        return self.factors is not None

    @property
    def factors(self) -> Factors | None:
        """(column, row) whose outer product is the matrix, or None where it is not separable."""
        return separate(self.matrix)

    @property
    def integers(self) -> NDArray[np.int64] | None:
        """The whole numbers behind ``scale``, so that matrix = scale · integers, or None where they are not whole."""
        whole = self.matrix / float(self.scale)
        nearest = np.rint(whole)
        return nearest.astype(np.int64) if np.allclose(whole, nearest, rtol=0, atol=1e-9) else None

    def build(self, **settings: float) -> NDArray[np.float64]:
        """The (k, k) float64 matrix for ``settings``; those not named keep their defaults.

        Raises SettingsError for a setting the kernel does not have or a value out of its range.
        """
        known = {setting.name: setting for setting in self.settings}
        for name in settings:
            if name not in known:
                has = f"it has {', '.join(known)}" if known else "it has none"
                raise SettingsError(f"{self.title} has no setting {name!r}: {has}.")
        if self.formula is None:
            return self.matrix.copy()
        return self.formula(
            **{name: setting.checked(settings.get(name, setting.default)) for name, setting in known.items()}
        )


def sums_to(matrix: ArrayLike) -> Literal["zero", "one"] | None:
    """Says "zero" or "one" where the weights sum to that (to within 1e-9 of their size), else None."""
    matrix = np.asarray(matrix, dtype=np.float64)
    tolerance = 1e-9 * max(1.0, float(np.abs(matrix).sum()))
    total = float(matrix.sum())
    if abs(total) <= tolerance:
        return "zero"
    return "one" if abs(total - 1.0) <= tolerance else None


def _written(name: str, title: str, group: str, integers: ArrayLike, what: str, why: str, source: str,
             scale: Fraction = Fraction(1)) -> Kernel:  # fmt: skip
    """A kernel written down as whole numbers times ``scale``."""
    matrix = np.asarray(integers, dtype=np.float64) * scale.numerator / scale.denominator
    matrix.setflags(write=False)
    return Kernel(name, title, group, matrix, what, why, source, scale)


def _computed(name: str, title: str, group: str, formula: Callable[..., NDArray[np.float64]],
              settings: tuple[Setting, ...], what: str, why: str, source: str,
              scale: Fraction = Fraction(1)) -> Kernel:  # fmt: skip
    """A kernel given by a formula; its matrix is that of the default settings."""
    matrix = formula(**{setting.name: setting.checked(setting.default) for setting in settings})
    matrix.setflags(write=False)
    return Kernel(name, title, group, matrix, what, why, source, scale, settings, formula)


def _size(default: int, minimum: int = 3) -> Setting:
    return Setting("size", "Size", default, minimum, 15, 2, "Pixels along each side of the matrix.")


def _sigma(default: float) -> Setting:
    return Setting("sigma", "Sigma", default, 0.3, 5.0, 0.1, "Width of the bell curve in pixels.")


_CATALOGUE = (
    _written(
        "identity", "Identity", "Basics", [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
        what="Leaves the picture as it is.",
        why="Only the centre has a weight, and it is 1, so every pixel is copied.",
        source=NOTES,
    ),
    _written(
        "edge_corner", "Edge detection 1 (diagonal)", "Edges", [[1, 0, -1], [0, 0, 0], [-1, 0, 1]],
        what="Marks corners and diagonal edges, and is blind to upright and level ones.",
        why="It takes the difference of a difference, once across and once down: a change along only one of the "
            "two cancels.",
        source=NOTES,
    ),
    _written(
        "laplacian_4", "Edge detection 2 (Laplacian, 4 neighbours)", "Edges", [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
        what="Marks edges in all directions, with a change of sign at each.",
        why="Four neighbours minus four times the centre is the discrete second derivative: zero on flat areas "
            "and even slopes, large where the slope changes.",
        source=NOTES,
    ),
    _written(
        "laplacian_8", "Edge detection 3 (outline, 8 neighbours)", "Edges",
        [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
        what="Draws outlines and single bright dots.",
        why="Eight times the centre minus its eight neighbours leaves only what differs from its surroundings; "
            "the diagonals count too.",
        source=NOTES,
    ),
    _written(
        "sharpen", "Sharpen", "Sharpen", [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
        what="Makes edges crisper and keeps the brightness of flat areas.",
        why="It is the identity minus the 4-neighbour Laplacian, so the picture gets its own edges added; the "
            "weights sum to 1.",
        source=NOTES,
    ),
    _computed(
        "box_blur", "Box blur", "Blur", formulas.box, (_size(3, minimum=1),),
        what="Blurs: every pixel becomes the mean of its neighbourhood.",
        why="All weights are equal and sum to 1, so detail averages out while flat areas stay as they are.",
        source=NOTES, scale=Fraction(1, 9),
    ),
    _written(
        "gaussian_blur", "Gaussian blur (approximation)", "Blur", [[1, 2, 1], [2, 4, 2], [1, 2, 1]],
        what="Blurs softly, without the box blur's square traces.",
        why="Near pixels count more than far ones: [1, 2, 1] across times [1, 2, 1] down is a small bell curve, "
            "and 1/16 makes it sum to 1.",
        source=NOTES, scale=Fraction(1, 16),
    ),
    _computed(
        "gaussian", "Gaussian blur of any width", "Blur", formulas.gaussian, (_size(7), _sigma(1.5)),
        what="Blurs as softly and as widely as you set it.",
        why="The weights follow a bell curve of width sigma; they are divided by their sum, so brightness is kept.",
        source="Gonzalez and Woods, Digital Image Processing, section 3.5",
    ),
    _computed(
        "motion_blur", "Motion blur", "Blur", formulas.motion_blur,
        (
            Setting("length", "Length", 9, 3, 15, 2, "How many pixels the camera moved."),
            Setting("angle", "Angle", 0.0, 0.0, 179.5, 0.5, "Direction in degrees, anticlockwise from level."),
        ),
        what="Smears the picture along one line, as a moved camera does.",
        why="Only the pixels on a line have a weight, all the same; across the line nothing is mixed, so edges "
            "along it stay sharp.",
        source="Gonzalez and Woods, Digital Image Processing, section 5.6",
    ),
    _written(
        "sobel_x", "Sobel x", "Edges", [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
        what="Finds upright edges: positive where brightness rises to the right.",
        why="Right minus left is a slope; [1, 2, 1] downwards averages three rows, so that noise counts less.",
        source="Sobel and Feldman, 1968",
    ),
    _written(
        "sobel_y", "Sobel y", "Edges", [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
        what="Finds level edges: positive where brightness rises downwards.",
        why="Below minus above is a slope; [1, 2, 1] across averages three columns, so that noise counts less.",
        source="Sobel and Feldman, 1968",
    ),
    _written(
        "prewitt_x", "Prewitt x", "Edges", [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
        what="Finds upright edges, as Sobel x does, with a plain mean of three rows.",
        why="Right minus left in each row, all rows counting the same: simpler than Sobel, a little more blur "
            "along the edge.",
        source="Prewitt, Object enhancement and extraction, 1970",
    ),
    _written(
        "prewitt_y", "Prewitt y", "Edges", [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
        what="Finds level edges, as Sobel y does, with a plain mean of three columns.",
        why="Below minus above in each column, all columns counting the same.",
        source="Prewitt, Object enhancement and extraction, 1970",
    ),
    _written(
        "scharr_x", "Scharr x", "Edges", [[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]],
        what="Finds upright edges and measures the direction of slanted ones more truly than Sobel.",
        why="The averaging weights 3, 10, 3 are chosen so that x and y together answer almost equally in every "
            "direction.",
        source="Scharr, Optimale Operatoren in der digitalen Bildverarbeitung, 2000",
    ),
    _written(
        "scharr_y", "Scharr y", "Edges", [[-3, -10, -3], [0, 0, 0], [3, 10, 3]],
        what="Finds level edges and measures the direction of slanted ones more truly than Sobel.",
        why="The averaging weights 3, 10, 3 are chosen so that x and y together answer almost equally in every "
            "direction.",
        source="Scharr, Optimale Operatoren in der digitalen Bildverarbeitung, 2000",
    ),
    _computed(
        "laplacian_of_gaussian", "Laplacian of Gaussian", "Edges", formulas.laplacian_of_gaussian,
        (_size(9), _sigma(1.4)),
        what="Marks edges and blobs of about one size, and overlooks finer noise.",
        why="It blurs with a bell curve and takes the second derivative in one step: a pit in the centre, a ring "
            "around it, and a sum of 0.",
        source="Marr and Hildreth, Theory of edge detection, 1980",
    ),
    _written(
        "emboss", "Emboss", "Relief", [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
        what="Makes the picture look like a relief lit from one corner.",
        why="Lower right minus upper left is a slope along the diagonal; the 1 in the centre adds the picture "
            "itself, so flat areas keep their brightness.",
        source="Common in photo editors",
    ),
    _computed(
        "unsharp_mask", "Unsharp mask", "Sharpen", formulas.unsharp_mask,
        (
            Setting("amount", "Amount", 1.0, 0.0, 5.0, 0.1, "How much of the removed detail is added back."),
            _size(5),
            _sigma(1.0),
        ),
        what="Sharpens by adding back what a blur takes away.",
        why="Picture minus blur is the fine detail; adding it once more lifts it, and the sum stays 1.",
        source="Gonzalez and Woods, Digital Image Processing, section 3.6",
    ),
    _computed(
        "high_boost", "High boost", "Sharpen", formulas.high_boost,
        (Setting("boost", "A", 2.0, 1.0, 5.0, 0.1, "How many times the picture counts before its blur is taken off."),),
        what="Sharpens, and brightens as A grows.",
        why="A times the picture minus its box blur: with A = 1 only the detail is left, with A = 2 the picture "
            "plus its detail.",
        source="Gonzalez and Woods, Digital Image Processing, section 3.6", scale=Fraction(1, 9),
    ),
)  # fmt: skip

KERNELS: Mapping[str, Kernel] = MappingProxyType({kernel.name: kernel for kernel in _CATALOGUE})
