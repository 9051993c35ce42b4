"""The figures of the notes that are history: training settings, years, results. Each beside what its paper says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from torch import nn

from cnnviz.analysis.lecture.entries import Entry, Found
from cnnviz.analysis.lecture.sources import costs, plain
from cnnviz.network.cards import card
from cnnviz.network.published import categories, network_info

SLIDES = 2


def entries() -> tuple[Entry, ...]:
    """In the order of the topics."""
    return (*_settings(), *_years(), *_results(), *_stages())


class Setting(NamedTuple):
    """A setting of a paper: the value in numbers, and where the paper says so."""

    value: float
    said: str
    paper: str


_ALEX, _RES, _BN = (
    "Krizhevsky, Sutskever, Hinton 2012", "He, Zhang, Ren, Sun 2015", "Ioffe, Szegedy 2015",
)  # fmt: skip
ALEXNET = {
    "dropout": Setting(0.5, "section 4.2: hidden neurons are dropped with probability 0.5", _ALEX),
    "batch": Setting(128, "section 5: batch size of 128 examples", _ALEX),
    "momentum": Setting(0.9, "section 5: momentum of 0.9", _ALEX),
    "rate": Setting(0.01, "section 5: learning rate initialized at 0.01", _ALEX),
    "division": Setting(10, "section 5: divided by 10 when the validation error stopped improving", _ALEX),
    "decay": Setting(0.0005, "section 5: weight decay of 0.0005", _ALEX),
    "stored": Setting(256, "section 4.1: patches from pictures of 256 × 256", _ALEX),
    "pictures": Setting(1_281_167, "the training set of ILSVRC 2012: 1,281,167 pictures", "ILSVRC 2012"),
}
RESNET = {
    "momentum": Setting(0.9, "section 3.4: momentum of 0.9", _RES),
    "rate": Setting(0.1, "section 3.4: the learning rate starts from 0.1", _RES),
    "division": Setting(10, "section 3.4: divided by 10 when the error plateaus", _RES),
    "batch": Setting(256, "section 3.4: mini-batch size of 256", _RES),
    "decay": Setting(0.0001, "section 3.4: weight decay of 0.0001", _RES),
}
CHALLENGE = "image-net.org, results of ILSVRC 2015"
DETECTION = (0.620741, 0.535745)
"""Mean average precision of the first and the second."""
LOCALIZATION = (0.090178, 0.122907)
"""Error of the first and the second."""
BATCH_NORM_RATE = Setting(0.0015, "section 4.2.2: the initial learning rate of Inception, 0.0015", _BN)


def _settings() -> Iterator[Entry]:
    retrospective, practice = "AlexNet: details", "ResNet's training"
    for quote, what, given, key in (
        ("dropout 0.5", "dropout", "0.5", "dropout"), ("batch size 128", "batch size", "128", "batch"),
        ("SGD Momentum 0.9", "momentum", "0.9", "momentum"), ("Learning rate 1e-2", "learning rate", "1e-2", "rate"),
        ("reduced by 10 manually", "division of the learning rate", "10", "division"),
        ("L2 weight decay 5e-4", "weight decay", "5e-4", "decay"),
    ):  # fmt: skip
        yield Entry(SLIDES, retrospective, quote, what, given, partial(_said, ALEXNET[key]))
    for number in (1, 2):
        yield Entry(1, "AlexNet", f"Dropout {number}: 0.5", "dropout", "0.5", partial(_said, ALEXNET["dropout"]))
    yield Entry(1, "AlexNet", "Random crop from 256x256x3", "side of the stored pictures", "256x256x3", _stored)
    for quote, what, given, key in (
        ("SGD + Momentum (0.9)", "momentum", "0.9", "momentum"), ("Learning rate: 0.1", "learning rate", "0.1", "rate"),
        ("divided by 10 when validation error plateaus", "division of the learning rate", "10", "division"),
        ("Mini-batch size 256", "batch size", "256", "batch"),
        ("Weight decay of 1e-5", "weight decay", "1e-5", "decay"),
    ):  # fmt: skip
        why = "The paper trains with 0.0001, ten times as much." if key == "decay" else ""
        reference = f"{_RES}, section 3.4" if why else ""
        yield Entry(4, practice, quote, what, given, partial(_said, RESNET[key]), why, reference)
    yield Entry(
        4, practice, "Xavier 2/ initialization from He et al.", "variance of a weight times fan-in, before a ReLU", "2",
        _he_variance, "2 / fan-in is He's rule, for ReLU. Xavier's is another: 2 / (fan-in + fan-out), without ReLU.",
        "He and others 2015, Delving deep into rectifiers, section 2.2; Glorot and Bengio 2010",
    )  # fmt: skip
    for factor, given in ((5, "0.0075"), (30, "0.045")):
        quote = f"BN-x{factor}: Initial learning rate is increased by a factor of {factor} to {given}"
        yield Entry(SLIDES, "Batch Normalization", quote, "learning rate", given, partial(_raised, factor))


def _years() -> Iterator[Entry]:
    known, history = "Well known ConvNet architectures", "CNN architectures"
    for quote, given, name in (
        ("AlexNet (2012)", "2012", "alexnet_paper"), ("GoogLeNet (2014)", "2014", "googlenet"),
        ("VGGNet (2014)", "2014", "vgg16"), ("ResNets (2015)", "2015", "resnet50"),
        ("DenseNet (August 2016)", "2016", "densenet121"),
    ):  # fmt: skip
        yield Entry(SLIDES, known, quote, "year of the first publication", given, partial(_year, name))
    yield Entry(SLIDES, known, "LeNet (1990s)", "decade of the paper", "1990", _decade, "The paper is of 1998.")
    yield Entry(SLIDES, "LeNet", "LeNet Architecture (1998)", "year", "1998", partial(_year, "lenet5"))
    yield Entry(
        SLIDES, "ResNet", "ResNet [He et al., 2016]", "year of the conference paper", "2016", _conference,
        "CVPR 2016; it was on arXiv in December 2015, so both years are seen.",
    )  # fmt: skip
    yield Entry(5, history, "Created by Yann LeCun in the 1990s", "decade of the paper", "1990", _decade)
    yield Entry(5, history, "Created in 2012 for the ImageNet", "year", "2012", partial(_year, "alexnet_paper"))
    yield Entry(5, history, "Szegedy et al 2014", "year", "2014", partial(_year, "googlenet"))
    yield Entry(5, history, "1000 classes", "classes of ImageNet's challenge", "1000",
                _classes)  # fmt: skip
    yield Entry(5, history, "around 1.2 million images", "pictures that it was trained on", "1.2 Million",
                partial(_said, ALEXNET["pictures"]), "1.28 million, cut off; the paper says 1.2.")  # fmt: skip


def _results() -> Iterator[Entry]:
    topic, google = "GoogLeNet", "Szegedy and others 2014"
    yield Entry(
        SLIDES, topic, "(6.7% top 5 error)", "error of its seven networks together", "6.7%",
        partial(_said, Setting(6.67, "section 7, table 2: 6.67 %", google)),
    )  # fmt: skip
    quote = "with auxiliary classifiers achieves an accuracy of 93.6% ... higher than the 89.3%"
    yield Entry(
        SLIDES, "Auxiliary classifiers", quote, "top-5 accuracy of GoogLeNet", "93.6%", _accuracy,
        "The paper's best is an error of 6.67 %, with seven networks: 93.3 %.", f"{google}, section 7",
    )  # fmt: skip
    yield Entry(
        SLIDES, "Auxiliary classifiers", quote, "what they bring, in points (93.6 − 89.3)", "4.3",
        partial(_said, Setting(0.5, "section 5: their effect is around 0.5 %, and one of them is enough", google)),
        "The paper finds an effect of about half a point, and that one of the two gives it; the 89 % is about what one "
        "network reaches on one crop.", f"{google}, section 5",
    )  # fmt: skip
    resnet = "ResNet's competitions"
    tracks = Setting(5, "classification, detection, localization; COCO detection, segmentation", f"{_RES}, abstract")
    yield Entry(
        SLIDES, resnet, "1st places in all five main tracks", "first places in 2015", "5", partial(_said, tracks)
    )
    yield Entry(SLIDES, resnet, "ImageNet Detection: 16% better than 2nd",
                "mean average precision, first over second, %", "16%", _detection)  # fmt: skip
    yield Entry(SLIDES, resnet, "ImageNet Localization: 27% better than 2nd", "error, first below second, %", "27%",
                _localization)  # fmt: skip
    slides = "He, talk at the ILSVRC and COCO workshop, ICCV 2015"
    for task, points in (("Detection", 11), ("Segmentation", 12)):
        stated = Setting(points, f"the authors' own figure for COCO {task.lower()}", slides)
        yield Entry(SLIDES, resnet, f"COCO {task}: {points}% better than 2nd", "first over second, %", f"{points}%",
                    partial(_said, stated))  # fmt: skip
    yield Entry(SLIDES, resnet, '"Ultra-deep" (quote Yann) 152-layer nets',
                "layers of the deepest of the paper's ImageNet nets", "152", _deepest)  # fmt: skip


def _stages() -> Iterator[Entry]:
    """How many convolutions each stage of VGG has, by the design rules of the slides."""
    for stage, rule, given in (
        (1, "conv-conv-pool", "2"), (2, "conv-conv-pool", "2"), (3, "conv-conv-pool", "2"),
        (4, "conv-conv-conv-[conv]-pool", "3"), (5, "conv-conv-conv-[conv]-pool", "3"),
    ):  # fmt: skip
        why, reference = "", ""
        if stage == 3:
            why = "VGG-16 has three here, VGG-19 four; with two, the totals of VGG-16 in the notes come out too small."
            reference = "Simonyan and Zisserman 2014, table 1, columns D and E"
        yield Entry(SLIDES, "VGGNet", f"Stage {stage}: {rule}", f"convolutions of stage {stage} of VGG-16", given,
                    partial(_stage, stage), why, reference)  # fmt: skip


def _said(setting: Setting) -> Found:
    return plain(setting.value, setting.said, setting.paper)


def _he_variance() -> Found:
    gain = nn.init.calculate_gain("relu")
    return plain(gain**2, f"gain² = {gain:.4f}² = {gain**2:.4g}", "torch's nn.init.calculate_gain('relu')")


def _stored() -> Found:
    side = ALEXNET["stored"].value
    return Found((side, side, 3), ALEXNET["stored"].said, _ALEX)


def _classes() -> Found:
    count = len(categories())
    return plain(count, f"{count:,} labels", "the labels of the networks' outputs")


def _detection() -> Found:
    """By how much the first had more than the second, in percent."""
    share = 100 * (DETECTION[0] / DETECTION[1] - 1)
    return plain(share, f"100 · ({DETECTION[0]} / {DETECTION[1]} − 1) = {share:.2f}", CHALLENGE)


def _localization() -> Found:
    """By how much the first had a smaller error than the second, in percent."""
    share = 100 * (1 - LOCALIZATION[0] / LOCALIZATION[1])
    return plain(share, f"100 · (1 − {LOCALIZATION[0]} / {LOCALIZATION[1]}) = {share:.2f}", CHALLENGE)


def _raised(factor: int) -> Found:
    rate = BATCH_NORM_RATE.value * factor
    return plain(rate, f"{factor} · {BATCH_NORM_RATE.value} = {rate:g}", f"{_BN}, {BATCH_NORM_RATE.said}")


def _year(name: str) -> Found:
    found = card(name)
    return plain(found.year, found.paper, f"the card of {found.title}")


def _decade() -> Found:
    found = card("lenet5")
    return plain(found.year // 10 * 10, f"{found.year}: {found.paper}", f"the card of {found.title}")


def _conference() -> Found:
    paper = card("resnet50").paper
    return plain(float(paper.rsplit(" ", 1)[-1]), paper, "the card of ResNet-50")


def _accuracy() -> Found:
    return plain(100 - 6.67, "100 − 6.67 = 93.33", "Szegedy and others 2014, section 7, table 2")


def _deepest() -> Found:
    layers = [path for path, layer in costs("resnet152").items() if layer.kind in ("Conv2d", "Linear")]
    way = [path for path in layers if "downsample" not in path]
    return plain(
        len(way), f"{len(way)} convolutions and linear layers", f"layer_costs of {network_info('resnet152').title}"
    )


def _stage(stage: int) -> Found:
    """Convolutions of VGG-16 between two poolings."""
    counts = [0]
    for layer in costs("vgg16").values():
        if layer.kind == "Conv2d":
            counts[-1] += 1
        elif layer.kind == "MaxPool2d":
            counts.append(0)
    return plain(counts[stage - 1], f"convolutions before each pooling: {counts[:5]}", "layer_costs of VGG-16")
