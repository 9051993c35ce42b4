"""The program that gives exactly the numbers on the Pixels to weights page."""

from __future__ import annotations

from app.ui.code import picture_line
from app.ui.picture import ChosenPicture
from app.ui.weights_form import SHIFT_SIDE, Form


def weights_code(form: Form, chosen: ChosenPicture) -> str:
    """Runs as it stands; for an own picture, with its file beside it."""
    load = picture_line(chosen)
    colour = "grey" if form.grey else "colour"
    layer = f"channels={form.channels}, maps={form.maps}, kernel={form.kernel}"
    return "\n".join(
        [
            "import numpy as np",
            "",
            "from cnnviz import image, layer",
            "",
            load,
            *_numbers(form),
            "",
            'for connection in ("full", "local", "conv"):',
            f"    count = layer.unit_weights(numbers.shape[:2], connection, {layer})",
            '    print(connection, count.per_unit, count.weights, count.biases, "=", count.formula)',
            "",
            f'values = image.to_tensor(image.fit(picture, {SHIFT_SIDE}), "{colour}")',
            f"kernel = layer.KERNELS[{form.detector!r}].matrix",
            f"answer = layer.shift_answer(values, kernel, {form.down}, {form.right})",
            'print("fully connected:", answer.full_before, answer.full_after)',
            'print("convolution, moved along:", answer.difference)',
            'print("convolution, in place:", answer.changed)',
            "",
        ]
    )


def _numbers(form: Form) -> list[str]:
    """The picture as numbers, and those of its middle pixel, as the view shows them."""
    middle = "numbers[numbers.shape[0] // 2, numbers.shape[1] // 2]"
    if form.grey:
        make = 'numbers = 255 * image.to_tensor(picture, "grey")[0].numpy()  # float32, (height, width), 0 to 255'
        return [make, f"print(numbers.shape, {middle})"]
    return ["numbers = np.asarray(picture)  # uint8, (height, width, 3)", f"print(numbers.shape, {middle})"]
