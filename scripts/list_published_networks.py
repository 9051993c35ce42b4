"""Make ``assets/weights/networks.json``: torchvision's published facts about its classification networks.

A page lists the networks before torch is loaded, so the facts are copied once; a test compares them with torchvision.
Run from anywhere: ``python scripts/list_published_networks.py``.
"""

import json
import re
from pathlib import Path
from typing import Any

import torchvision
from torchvision.models import get_model_builder, get_model_weights, list_models

TARGET = Path(__file__).resolve().parent.parent / "assets" / "weights" / "networks.json"
FAMILIES = {
    "alexnet": "AlexNet", "convnext": "ConvNeXt", "densenet": "DenseNet", "efficientnet": "EfficientNet",
    "googlenet": "GoogLeNet", "inception": "Inception", "maxvit": "MaxViT", "mnasnet": "MnasNet",
    "mobilenetv2": "MobileNet", "mobilenetv3": "MobileNet", "regnet": "RegNet", "resnet": "ResNet",
    "shufflenetv2": "ShuffleNet", "squeezenet": "SqueezeNet", "swin_transformer": "Swin Transformer", "vgg": "VGG",
    "vision_transformer": "Vision Transformer",
}  # fmt: skip


def main() -> None:
    table = {
        "torchvision": torchvision.__version__.split("+")[0],
        "categories": get_model_weights("alexnet").DEFAULT.meta["categories"],
        "networks": [facts(name) for name in list_models(module=torchvision.models)],
    }
    TARGET.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(table['networks'])} networks: {TARGET}")


def facts(name: str) -> dict[str, Any]:
    """What torchvision publishes about one network and its default weights; sizes in pixels, download in bytes."""
    weights = get_model_weights(name).DEFAULT
    seen = weights.transforms()
    accuracy = weights.meta["_metrics"]["ImageNet-1K"]
    return {
        "name": name,
        "title": title(type(weights).__name__.removesuffix("_Weights")),
        "family": FAMILIES[get_model_builder(name).__module__.rsplit(".", 1)[-1]],
        "parameters": weights.meta["num_params"],
        "top1": accuracy["acc@1"],
        "top5": accuracy["acc@5"],
        "url": weights.url,
        "megabytes": weights.meta["_file_size"],
        "resize": seen.resize_size[0],
        "crop": seen.crop_size[0],
        "interpolation": seen.interpolation.value,
        "mean": list(seen.mean),
        "std": list(seen.std),
    }


def title(enum_name: str) -> str:
    """The network's name as papers print it: ``ResNet50`` → ``ResNet-50``, ``ViT_B_16`` → ``ViT-B/16``."""
    if enum_name.startswith("ViT_"):
        return enum_name.replace("_", "-", 1).replace("_", "/")
    if enum_name.startswith("Wide_ResNet"):
        return enum_name.replace("_ResNet", " ResNet-").replace("_2", "-2")
    text = re.sub(r"(\d)_(\d+GF|\d+$)", r"\1.\2", enum_name).replace("_", " ")
    text = re.sub(r"(ResNet|ResNeXt|DenseNet|VGG)(\d)", r"\1-\2", text).replace("EfficientNet B", "EfficientNet-B")
    text = re.sub(r"(MNASNet|SqueezeNet)(\d)", r"\1 \2", text).replace("MNASNet", "MnasNet")
    return re.sub(r"V2 X(\d)", r"V2 ×\1", text).replace("MaxVit ", "MaxViT-")


if __name__ == "__main__":
    main()
