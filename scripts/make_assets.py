"""How is made what ships and can be computed? `make assets`: recorded results, and the app's icon.

Running it again changes nothing, unless the code or the weights behind a result changed.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from app.ui import channel_films
from app.ui.journey import RECORDED, RECORDED_PICTURE, record, shared_network, travel
from cnnviz.image import load_sample
from cnnviz.learn import backgrounds, cell_recording, recorded, recorded_arms, recorded_spaces
from cnnviz.learn.cells import RECORDED_CELLS
from cnnviz.paths import ASSETS

ICON = ASSETS / "icon.png"

# A 3×3 kernel that looks for upright edges: red negative, grey zero, blue positive, the accent in the middle.
_COLUMNS = ("#b2182b", "#c9ced8", "#2166ac")
_ACCENT = "#b4530a"

# By depth, from the first block's output to the last layer with a map; each in numbers that can have either sign.
CHANNELS = {
    "blocks.0.0.bn2.drop": (7, 8, 15),
    "blocks.1.0.bn3.drop": (2, 5, 14),
    "blocks.2.0.bn3.drop": (2, 9, 14),
    "blocks.3.0.bn3.drop": (2, 5, 14),
    "blocks.4.0.bn3.drop": (1, 3, 11),
    "blocks.5.0.bn3.drop": (0, 7, 11),
    "blocks.6.0.bn3.drop": (21, 22, 25),
    "bn2.drop": (100, 200, 400),
}
OPENING = ("blocks.5.0.bn3.drop", 7)


def make_home(folder: Path = RECORDED) -> None:
    """The journey of the sample picture through the kernel, the layer and the network, as *Home* opens with it."""
    record(travel(load_sample(RECORDED_PICTURE), shared_network()), folder)


def make_channels(folder: Path = channel_films.RECORDED) -> None:
    """How pictures for some channels form, as *What a channel looks for* opens with them; minutes on a CPU."""
    channel_films.record(shared_network(), CHANNELS, OPENING, folder)


def make_transfer() -> None:
    """What the network says of pictures that ship, what its arms learn of them, and the cells of the notes' table.

    Minutes on a CPU; the cells go on where they were broken off.
    """
    recorded.record_features()
    recorded_arms.record_arms()
    backgrounds.record_backgrounds()
    cell_recording.record_cells()


def make_icon(path: Path = ICON) -> None:
    """The tab's icon, 128×128 with a transparent ground."""
    icon = Image.new("RGBA", (128, 128), (0, 0, 0, 0))
    draw = ImageDraw.Draw(icon)
    for row in range(3):
        for column, colour in enumerate(_COLUMNS):
            left, top = 6 + 40 * column, 6 + 40 * row
            fill = _ACCENT if row == column == 1 else colour
            draw.rounded_rectangle((left, top, left + 34, top + 34), radius=6, fill=fill)
    icon.save(path, optimize=True)


def main() -> None:
    """Make everything anew and say where it lies."""
    make_home()
    make_channels()
    make_transfer()
    make_icon()
    for path in (
        *sorted(RECORDED.iterdir()),
        *sorted(channel_films.RECORDED.iterdir()),
        recorded.RECORDED,
        recorded_arms.RECORDED_ARMS,
        recorded_spaces.RECORDED_SPACES,
        RECORDED_CELLS,
        ICON,
    ):
        print(f"{path.relative_to(ASSETS.parent)}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
