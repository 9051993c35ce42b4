"""What is to be known of a network besides its numbers: when, by whom, the idea, what it brought, how well it did?

One record for each paper (``WORKS``); a network of the zoo takes the record whose beginning of a name is the longest
that fits. Accuracies are those published with the weights, and blank where none were.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cnnviz.network.published import NetworkInfo, network_info


@dataclass(frozen=True)
class NetworkCard:
    """One network of the zoo, in words.

    Attributes:
        name, title, family: as in ``network_info``.
        year: of the paper's first publication.
        paper: authors, title, where it appeared.
        idea: what it does, in one sentence.
        introduced: what was new, in a few words.
        builds_on: the networks of the zoo that it goes on from, by name; for a family tree.
        top1, top5: published ImageNet accuracy in percent; None where none was published with the weights.
        accuracy_source: who published it; empty where nobody did.
        weights: where the weights come from, in a few words.
        remark: what tells this network from the paper's, or from its namesake; empty where nothing does.
    """

    name: str
    title: str
    family: str
    year: int
    paper: str
    idea: str
    introduced: str
    builds_on: tuple[str, ...]
    top1: float | None
    top5: float | None
    accuracy_source: str
    weights: str
    remark: str


@dataclass(frozen=True)
class Work:
    """A paper and the networks that come from it: all whose name begins with ``begins``."""

    begins: str
    year: int
    paper: str
    idea: str
    introduced: str
    builds_on: tuple[str, ...] = ()


@cache
def card(name: str) -> NetworkCard:
    """The card of a network of the zoo; NetworkError where there is none of that name."""
    info = network_info(name)
    work = work_of(info)
    return NetworkCard(
        name=info.name,
        title=info.title,
        family=info.family,
        year=work.year,
        paper=work.paper,
        idea=work.idea,
        introduced=work.introduced,
        builds_on=work.builds_on,
        top1=info.top1,
        top5=info.top5,
        accuracy_source="torchvision, with the weights" if info.top1 is not None else "",
        weights=info.weights,
        remark=REMARKS.get(info.name, ""),
    )


def work_of(info: NetworkInfo) -> Work:
    """The paper that a network comes from."""
    return max((work for work in WORKS if info.name.startswith(work.begins)), key=lambda work: len(work.begins))


WORKS = (
    Work(
        "lenet5", 1998,
        "LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition, Proc. IEEE 86(11)",
        "Small kernels shared over the whole picture, taking turns with subsampling, learn to read digits.",
        "the convolutional network as it is today: convolution, subsampling, fully connected layers, one training",
    ),
    Work(
        "alexnet_paper", 2012,
        "Krizhevsky, Sutskever, Hinton: ImageNet classification with deep convolutional neural networks, NIPS 2012",
        "A LeNet of eight layers, large enough for a million photographs and trained on two graphics cards.",
        "ReLU, dropout and training on GPUs at the scale of ImageNet; convolutions in groups",
        ("lenet5",),
    ),
    Work(
        "alexnet", 2014,
        "Krizhevsky: One weird trick for parallelizing convolutional neural networks, arXiv 1404.5997",
        "AlexNet in one column: no groups, no response normalization, 64 filters at the picture.",
        "splitting convolutions by data and fully connected layers by model when training on several GPUs",
        ("alexnet_paper",),
    ),
    Work(
        "zfnet", 2013,
        "Zeiler, Fergus: Visualizing and understanding convolutional networks, ECCV 2014",
        "Looking at what AlexNet's layers respond to shows what is wrong with them: smaller kernels and strides help.",
        "pictures of what a channel responds to, by a deconvolutional network; maps of what matters by occlusion",
        ("alexnet_paper",),
    ),
    Work(
        "vgg", 2014,
        "Simonyan, Zisserman: Very deep convolutional networks for large-scale image recognition, ICLR 2015",
        "Nothing but 3×3 convolutions, two to four of them between poolings, and up to 19 layers.",
        "stacks of 3×3 convolutions in place of large kernels",
        ("alexnet_paper",),
    ),
    Work(
        "googlenet", 2014,
        "Szegedy and others: Going deeper with convolutions, CVPR 2015",
        "Kernels of several sizes work side by side, made affordable by 1×1 convolutions before them.",
        "Inception module, 1×1 bottlenecks, no large fully connected layers, auxiliary classifiers",
        ("alexnet_paper",),
    ),
    Work(
        "inception_v3", 2015,
        "Szegedy and others: Rethinking the Inception architecture for computer vision, CVPR 2016",
        "Inception modules whose large kernels are split: 5×5 into two 3×3, n×n into 1×n and n×1.",
        "factorized convolutions, label smoothing, batch normalization in the auxiliary classifier",
        ("googlenet",),
    ),
    Work(
        "plain", 2015,
        "He, Zhang, Ren, Sun: Deep residual learning for image recognition, CVPR 2016",
        "The layers of a ResNet without its shortcuts, to show what the shortcuts are for.",
        "the comparison that shows degradation: of two plain networks the deeper one has the larger training error",
        ("vgg16",),
    ),
    Work(
        "resnet", 2015,
        "He, Zhang, Ren, Sun: Deep residual learning for image recognition, CVPR 2016",
        "A block learns only what is to be added to its input, so that many blocks can follow one another.",
        "residual connection, bottleneck block",
        ("vgg16",),
    ),
    Work(
        "squeezenet", 2016,
        "Iandola and others: SqueezeNet: AlexNet-level accuracy with 50x fewer parameters, arXiv 1602.07360",
        "1×1 convolutions squeeze the channels before a few 3×3 convolutions expand them again.",
        "fire module",
        ("googlenet",),
    ),
    Work(
        "wide_resnet", 2016,
        "Zagoruyko, Komodakis: Wide residual networks, BMVC 2016",
        "Fewer but wider residual blocks do as well as very many narrow ones, and run faster.",
        "width in place of depth",
        ("resnet50",),
    ),
    Work(
        "densenet", 2016,
        "Huang, Liu, van der Maaten, Weinberger: Densely connected convolutional networks, CVPR 2017",
        "Every layer reads the maps of all layers before it in its block, put side by side.",
        "concatenation in place of addition, growth rate",
        ("resnet50",),
    ),
    Work(
        "resnext", 2016,
        "Xie, Girshick, Dollár, Tu, He: Aggregated residual transformations for deep neural networks, CVPR 2017",
        "The 3×3 convolution of a bottleneck works in groups, like many small branches side by side.",
        "cardinality: the number of groups as a dimension beside depth and width",
        ("resnet50",),
    ),
    Work(
        "mobilenet_v1", 2017,
        "Howard and others: MobileNets: efficient CNNs for mobile vision applications, arXiv 1704.04861",
        "A convolution is done in two steps: in space for each channel by itself, then across channels at each place.",
        "depthwise separable convolution as the only building block; width multiplier",
        ("vgg16",),
    ),
    Work(
        "seresnet", 2017,
        "Hu, Shen, Albanie, Sun, Wu: Squeeze-and-excitation networks, CVPR 2018",
        "A residual block weighs its channels by what all of them have seen in the whole picture.",
        "squeeze-and-excitation: a gate for each channel, from global averages",
        ("resnet50",),
    ),
    Work(
        "mobilenet_v2", 2018,
        "Sandler, Howard, Zhu, Zhmoginov, Chen: MobileNetV2: inverted residuals and linear bottlenecks, CVPR 2018",
        "Narrow maps are joined by shortcuts; between them a block widens, filters each channel, and narrows again.",
        "inverted residual, linear bottleneck",
        ("mobilenet_v1", "resnet50"),
    ),
    Work(
        "shufflenet_v2", 2018,
        "Ma, Zhang, Zheng, Sun: ShuffleNet V2: practical guidelines for efficient CNN architecture design, ECCV 2018",
        "Half of the channels pass by each block untouched, then all are shuffled.",
        "channel split; rules from measured speed and not from counted operations",
        ("mobilenet_v1",),
    ),
    Work(
        "mnasnet", 2018,
        "Tan and others: MnasNet: platform-aware neural architecture search for mobile, CVPR 2019",
        "A search finds the blocks, with the speed measured on a telephone as part of the goal.",
        "architecture search for measured latency",
        ("mobilenet_v2",),
    ),
    Work(
        "mobilenet_v3", 2019,
        "Howard and others: Searching for MobileNetV3, ICCV 2019",
        "MobileNetV2's blocks chosen by search, with channel gates and cheaper ends.",
        "hard swish, search and handwork together",
        ("mobilenet_v2", "mnasnet1_0", "seresnet50"),
    ),
    Work(
        "efficientnet_b", 2019,
        "Tan, Le: EfficientNet: rethinking model scaling for convolutional neural networks, ICML 2019",
        "Depth, width and picture size grow together, each by a fixed factor from one network to the next.",
        "compound scaling",
        ("mnasnet1_0", "seresnet50"),
    ),
    Work(
        "efficientnet_lite", 2020,
        "Liu: Higher accuracy on vision models with EfficientNet-Lite, TensorFlow blog, 2020",
        "EfficientNet without channel gates and with ReLU6, for small devices that count in whole numbers.",
        "EfficientNet made fit for quantization",
        ("efficientnet_b0",),
    ),
    Work(
        "regnet", 2020,
        "Radosavovic, Kosaraju, Girshick, He, Dollár: Designing network design spaces, CVPR 2020",
        "The widths of all blocks follow one straight line, found by comparing whole families of networks.",
        "design of a space of networks in place of one network",
        ("resnext50_32x4d",),
    ),
    Work(
        "vit", 2020,
        "Dosovitskiy and others: An image is worth 16x16 words, ICLR 2021",
        "The picture is cut into patches, and attention lets every patch read every other.",
        "a transformer on patches of a picture",
    ),
    Work(
        "efficientnet_v2", 2021,
        "Tan, Le: EfficientNetV2: smaller models and faster training, ICML 2021",
        "Plain 3×3 convolutions return in the early blocks; the pictures grow while it learns.",
        "fused blocks, progressive learning",
        ("efficientnet_b0",),
    ),
    Work(
        "swin", 2021,
        "Liu and others: Swin transformer: hierarchical vision transformer using shifted windows, ICCV 2021",
        "Attention stays within small windows that shift from layer to layer, and maps shrink as in a CNN.",
        "shifted windows, stages of falling resolution in a transformer",
        ("vit_b_16",),
    ),
    Work(
        "swin_v2", 2021,
        "Liu and others: Swin transformer V2: scaling up capacity and resolution, CVPR 2022",
        "Swin with attention by angle and normalization after each layer, steady at large size.",
        "cosine attention, positions on a logarithmic scale",
        ("swin_t",),
    ),
    Work(
        "convnext", 2022,
        "Liu, Mao, Wu, Feichtenhofer, Darrell, Xie: A ConvNet for the 2020s, CVPR 2022",
        "A ResNet redone with what transformers brought: large depthwise kernels, fewer norms, GELU.",
        "a pure CNN as good as a transformer of its size",
        ("resnet50", "swin_t"),
    ),
    Work(
        "maxvit", 2022,
        "Tu and others: MaxViT: multi-axis vision transformer, ECCV 2022",
        "Each block has a convolution, attention within windows, and attention across a wide grid.",
        "grid attention: far pixels at linear cost",
        ("mobilenet_v2", "swin_t"),
    ),
)  # fmt: skip
"""Every paper, in the order of its networks' families; a test sees that each network of the zoo has one."""

REMARKS = {
    "lenet5": "The paper's own form: a coefficient and a bias for each subsampling, and C3 connected by its table.",
    "alexnet": "torchvision's, of 2014: 64 filters at the picture. The 96-filter one of 2012 is listed by itself.",
    "alexnet_paper": "96 filters at the picture, and groups, since it ran on two graphics cards.",
    "zfnet": "The paper gives sizes but no paddings; those are taken that give its sizes.",
    **{
        f"vgg{depth}_bn": "Batch normalization (Ioffe and Szegedy 2015) came after the VGG paper; torchvision added it."
        for depth in (11, 13, 16, 19)
    },
    "googlenet": (
        "torchvision's form: batch normalization, and 3×3 kernels where the paper has 5×5. "
        "Its auxiliary classifiers serve training only and are left out. The concatenation at its beginning puts the "
        "three colours together again, each scaled by itself."
    ),
    "googlenet_paper": "As published: 5×5 kernels, no batch normalization, and both auxiliary classifiers counted.",
    "inception_v3": "Its auxiliary classifier serves training only; its parameters are counted, as torchvision does.",
    **{
        f"resnet{depth}": "torchvision halves a map in the 3×3 convolution (v1.5), the paper in the 1×1 before it."
        for depth in (50, 101, 152)
    },
    **{f"seresnet{depth}": "Built by timm." for depth in (18, 34, 50, 101, 152)},
    "mobilenet_v1": "Built by timm.",
}
"""By a network's name."""
