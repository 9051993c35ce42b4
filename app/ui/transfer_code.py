"""Which few lines give the first answer that is on the screen?"""

from __future__ import annotations

from app.ui.code import network_line, picture_line
from app.ui.picture import ChosenPicture
from app.ui.transfer_data import TransferData
from app.ui.transfer_state import Form


def transfer_code(form: Form, data: TransferData, chosen: ChosenPicture) -> str:
    """The program: nearest class mean in the network's feature space, for the picture in use."""
    paths = "from pathlib import Path\n\n" if data.own else ""
    return f"""{paths}from cnnviz import image, learn, network

{network_line(form.choice)}
{_pictures(form, data)}
features = learn.picture_features(net, [data.examples[number] for number in numbers])
means = learn.class_means(features, data.labels[list(numbers)], data.classes)

{picture_line(chosen)}
answer = means.ask(learn.picture_features(net, [learn.Example(picture, 0)])[0])
print(answer.class_name or "none of these")
for name, distance in zip(means.classes, answer.distances):
    print(f"{{name}}: {{distance:.3g}} from the mean")
for reason in answer.reasons:
    print(f"{{data.examples[numbers[reason.picture]].name}} ({{reason.class_name}}): {{reason.distance:.3g}}")
print(f"near: up to {{answer.limit:.3g}}")
"""


def _pictures(form: Form, data: TransferData) -> str:
    if data.own:
        return (
            "# a folder for each class beside this program, each with at least one picture\n"
            'files = sorted(path for path in Path("pictures").glob("*/*") if path.is_file())\n'
            "data = learn.own_dataset([(path, path.parent.name) for path in files]).dataset\n"
            "numbers = learn.few_of(data, 400)"
        )
    return f"data = learn.load_dataset({form.source!r})\nnumbers = learn.few_of(data)"
