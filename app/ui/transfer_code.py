"""Which few lines give the first answer that is on the screen?"""

from __future__ import annotations

from app.ui.code import network_line, picture_line
from app.ui.picture import ChosenPicture
from app.ui.transfer_data import TransferData
from app.ui.transfer_state import Form, asked_number


def transfer_code(form: Form, data: TransferData, chosen: ChosenPicture) -> str:
    """The program: nearest class mean in the network's feature space, for the picture that is asked about."""
    number = asked_number(form, data)
    paths = "from pathlib import Path\n\n" if data.own else ""
    image = "image, " if number is None else ""
    return f"""{paths}from cnnviz import {image}learn, network

{network_line(form.choice)}
{_pictures(form, data)}
{_asked(data, chosen, number)}
features = learn.picture_features(net, [data.examples[number] for number in numbers])
means = learn.class_means(features, data.labels[list(numbers)], data.classes)

answer = means.ask(learn.picture_features(net, [asked])[0])
print(answer.class_name or "none of these")
for name, distance in zip(means.classes, answer.distances):
    print(f"{{name}}: {{distance:.3g}} from the mean")
for reason in answer.reasons:
    print(f"{{data.examples[numbers[reason.picture]].name}} ({{reason.class_name}}): {{reason.distance:.3g}}")
print(f"near: up to {{answer.limit:.3g}}")
"""


def _asked(data: TransferData, chosen: ChosenPicture, number: int | None) -> str:
    """What is asked about; a training picture by the others alone."""
    if number is None:
        return f"{picture_line(chosen)}\nasked = learn.Example(picture, 0)"
    if data.own:
        name = data.dataset.examples[number].name
        place = f"next(number for number in numbers if data.examples[number].name == {name!r})  # your file"
    else:
        place = str(number)
    return f"""place = {place}
asked = data.examples[place]
numbers = [number for number in numbers if number != place]"""


def _pictures(form: Form, data: TransferData) -> str:
    if data.own:
        return (
            "# a folder for each class beside this program, each with at least one picture\n"
            'files = sorted(path for path in Path("pictures").glob("*/*") if path.is_file())\n'
            "data = learn.own_dataset([(path, path.parent.name) for path in files]).dataset\n"
            "numbers = learn.few_of(data, 400)"
        )
    return f"data = learn.load_dataset({form.source!r})\nnumbers = learn.few_of(data)"
