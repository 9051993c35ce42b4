"""Which programs go home with a taught network? One asks it, one writes it in other forms, one teaches it again."""

PREDICT = '''"""Ask a taught network what pictures show. Without a picture it checks itself."""

import json
from argparse import ArgumentParser
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import torch
from PIL import Image
from torchvision.transforms import InterpolationMode, v2

HERE = Path(globals().get("__file__", ".")).parent
FACTS = json.loads((HERE / "model.json").read_text(encoding="utf-8"))
WEIGHTS, PROGRAM, ONNX = "model.safetensors", "model.pt2", "model.onnx"
PREPARE = v2.Compose([
    v2.Resize(FACTS["resize"], InterpolationMode(FACTS["interpolation"])),
    v2.CenterCrop(FACTS["crop"]),
    v2.PILToTensor(),
    v2.ToDtype(torch.float32, scale=True),
    v2.Normalize(FACTS["mean"], FACTS["std"]),
])


@cache
def load(model=WEIGHTS):
    """What turns prepared pictures (N, 3, height, width) into logits (N, classes), from one of the files."""
    if model == PROGRAM:
        return torch.export.load(HERE / model).module()
    if model == ONNX:
        import onnxruntime

        session = onnxruntime.InferenceSession(HERE / model, providers=["CPUExecutionProvider"])
        return lambda pictures: torch.from_numpy(session.run(None, {"pictures": pictures.numpy()})[0])
    return build()


def build():
    """The network without its own head, and the head that was taught."""
    from safetensors.torch import load_file

    if FACTS["library"] == "timm":
        from timm.models.efficientnet import tf_efficientnet_lite0

        body = tf_efficientnet_lite0(pretrained=False)
    else:
        from torchvision.models import get_model

        body = get_model(FACTS["network"], weights=None, **FACTS["arguments"])
    parent, _, name = FACTS["head"].rpartition(".")
    setattr(body.get_submodule(parent), name, torch.nn.Identity())
    state = load_file(HERE / WEIGHTS)
    head = torch.nn.Linear(*reversed(state["head.weight"].shape))
    for part, start in ((body, "body."), (head, "head.")):
        part.load_state_dict({key[len(start):]: value for key, value in state.items() if key.startswith(start)})
    return torch.nn.Sequential(body, head).eval()


def shares(paths, model=WEIGHTS):
    """The probability of each class for each picture, all pictures asked about at once."""
    pictures = torch.stack([PREPARE(Image.open(path).convert("RGB")) for path in paths])
    with torch.no_grad():
        return load(model)(pictures).softmax(1).tolist()


def predict(path, model=WEIGHTS):
    """The probability of each class, the most probable first."""
    pairs = zip(FACTS["classes"], shares([path], model)[0])
    return dict(sorted(pairs, key=lambda pair: -pair[1]))


def check(*models):
    """Assert that the pictures beside this file get the answers that they got when it was made, by each model here."""
    paths = [HERE / one["picture"] for one in FACTS["checks"]]
    for model in models or [name for name in (WEIGHTS, PROGRAM, ONNX) if (HERE / name).exists()]:
        if model == ONNX and find_spec("onnxruntime") is None:
            print(f"{model}: not checked, because onnxruntime is not installed.")
            continue
        for answers in ([shares([path], model)[0] for path in paths], shares(paths, model)):
            for one, found in zip(FACTS["checks"], answers):
                for name, share in zip(FACTS["classes"], found):
                    before = one["answers"][name]
                    assert abs(share - before) < 6e-5, (model, one["picture"], name, share, before)
        print(f"{model}: {len(paths)} pictures get the answers they got before.")


if __name__ == "__main__":
    reader = ArgumentParser(description=__doc__)
    reader.add_argument("--model", default=WEIGHTS, choices=(WEIGHTS, PROGRAM, ONNX))
    reader.add_argument("pictures", nargs="*", metavar="PICTURE")
    asked = reader.parse_args()
    if not asked.pictures:
        check()
    for path in asked.pictures:
        for name, share in predict(path, asked.model).items():
            print(f"{path}: {name} {share:.4f}")
'''

EXPORT = '''"""Write the taught network as files that need none of its own code: python export.py model.pt2 model.onnx

model.pt2 is an exported program of PyTorch; model.onnx needs the packages onnx, onnxscript and onnxruntime. Each is
asked about the pictures beside it before this ends, one at a time and all at once, and has to answer as before.
"""

import sys

import torch
from predict import FACTS, HERE, ONNX, PROGRAM, check, load


def export(model):
    """Write one of the files."""
    two = torch.zeros(2, 3, FACTS["crop"], FACTS["crop"])
    program = torch.export.export(load(), (two,), dynamic_shapes=({0: torch.export.Dim("batch", min=1)},))
    if model == PROGRAM:
        torch.export.save(program, HERE / model)
    else:
        names = {"input_names": ["pictures"], "output_names": ["logits"]}
        torch.onnx.export(program, f=HERE / model, external_data=False, verbose=False, **names)


if __name__ == "__main__":
    for name in sys.argv[1:] or [PROGRAM, ONNX]:
        export(name)
        check(name)
'''

TEACH = '''"""Teach the network again as it was taught, and assert that its curve is the same: python teach.py

It needs cnnviz. With own pictures it needs the zip of them, too, my_classes.zip, beside this file.
"""

import json
import math
from pathlib import Path

from cnnviz import compute, learn, network

HERE = Path(__file__).parent
RUN = json.loads((HERE / "run.json").read_text(encoding="utf-8"))


def pictures():
    """The data set, in the order in which it was."""
    if RUN["pictures"] is None:
        return learn.load_dataset(RUN["source"])
    return learn.dataset_from_zip(HERE / "my_classes.zip", RUN["classes"], RUN["pictures"])


def teach():
    """One epoch after the other, of the first split."""
    teaching, dataset = learn.teaching_of(RUN), pictures()
    plan = teaching.plan(network.load_network(RUN["network"]), dataset)
    with compute.fixed_threads(RUN["threads"]):
        for event in learn.Training(plan.network, dataset, plan.parts, plan.settings).run():
            if isinstance(event, learn.Epoch):
                yield event


if __name__ == "__main__":
    for epoch, before in zip(teach(), RUN["curve"], strict=True):
        for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy"):
            found = getattr(epoch, name)
            assert math.isclose(found, before[name], rel_tol=1e-4, abs_tol=1e-6), (epoch.number, name, found, before)
        print(f"epoch {epoch.number}: test accuracy {epoch.test_accuracy:.4f}, test loss {epoch.test_loss:.4f}")
    print("The curve is the same.")
'''
