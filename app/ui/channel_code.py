"""The program that makes exactly the picture and finds exactly the patches that are on the page."""

from __future__ import annotations

from app.ui.channel_gallery import SHOWN
from app.ui.channel_state import Asked, Form, recipe_settings
from app.ui.code import network_line, picture_line
from app.ui.picture import ChosenPicture


def channel_code(form: Form, asked: Asked | None, channels: int, chosen: ChosenPicture) -> str:
    """Runs as it stands; for an own picture, with its file beside it. The layer has so many channels."""
    lines = [
        "from PIL import Image",
        "",
        "from cnnviz import analysis, image, network",
        "from cnnviz.paths import ASSETS",
    ]
    lines += ["", network_line(form.choice)]
    if asked is None:
        return (
            "\n".join([*lines, "print(*analysis.receptive_fields(net), sep='\\n')  # the layers to choose from"]) + "\n"
        )
    return "\n".join([*lines, *_film(asked, channels), *_patches(asked, chosen)]) + "\n"


def _film(asked: Asked, channels: int) -> list[str]:
    settings = ", ".join(f"{name}={value!r}" for name, value in recipe_settings(asked).items())
    lines = [f"recipe = analysis.Recipe({settings})"]
    if asked.goal == "class":
        goal = f"target={asked.label}"
    elif asked.goal == "pair":
        both = f"float(channel in {(asked.channel, asked.other)}) for channel in range({channels})"
        lines += [f"direction = tuple({both})"]
        goal = f"{asked.layer!r}, direction=direction"
    else:
        goal = f"{asked.layer!r}, {asked.channel}" + (', unit="centre"' if asked.goal == "unit" else "")
    return [
        *lines,
        f"made = analysis.visualise(net, {goal}, recipe=recipe)",
        "print(made.start_value.mean(), made.value.mean())  # of the noise, of the finished picture",
        'Image.fromarray(made.pictures[0]).save("channel.png")',
        "",
    ]


def _patches(asked: Asked, chosen: ChosenPicture) -> list[str]:
    own = [picture_line(chosen, "pictures['yours']")] if chosen.own else []
    return [
        "pictures = {name: image.load_sample(name) for name in image.SAMPLES}",
        'for path in sorted((ASSETS / "datasets" / "stamps").glob("*/*.webp")):',
        "    pictures[path.stem] = image.load_image(path)",
        *own,
        f"top = analysis.top_patches(net, {asked.layer!r}, {asked.channel}, pictures, count={SHOWN})",
        "for patch in top.most + top.least:",
        "    print(patch.value, patch.unit, patch.picture)",
    ]
