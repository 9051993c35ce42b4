"""Which pages are there? One entry each: the navigation, *Home* and every link between pages read this table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PageEntry:
    """One page: its group in the navigation, its title, its file under `app`, a sentence on what one does there."""

    group: str
    title: str
    file: str
    sentence: str

    @property
    def address(self) -> str:
        """The last part of the page's address, as Streamlit makes it from the file."""
        return self.file.rsplit("/", 1)[-1].removesuffix(".py")


HOME = PageEntry("", "Home", "pages/home.py", "One picture on its way through a kernel, a layer and a network.")
PIXELS_TO_WEIGHTS = PageEntry(
    "Foundations", "Pixels to weights", "pages/layer/pixels_to_weights.py",
    "The picture as numbers, one unit connected in three ways, and what each answers when the picture moves.",
)  # fmt: skip
CONVOLUTION = PageEntry(
    "Foundations", "Convolution", "pages/layer/convolution.py",
    "Every value of a map, number by number: window, weights, products, sum; and what each setting changes.",
)  # fmt: skip
CLASSIC_KERNELS = PageEntry(
    "Foundations", "Classic kernels", "pages/layer/classic_kernels.py",
    "Sharpen, blur and find edges with a few weights; change them by hand, or paint a result and find its kernel.",
)  # fmt: skip
POOLING = PageEntry(
    "Foundations", "Pooling", "pages/layer/pooling.py",
    "What a window leaves of a map, who wins it, and what one pixel of shift changes.",
)  # fmt: skip
ACTIVATION_FUNCTIONS = PageEntry(
    "Foundations", "Activation functions", "pages/layer/activation_functions.py",
    "One curve for every value: what it does to a feature map, and to a gradient on its way through 20 layers.",
)  # fmt: skip
NORMALIZATION = PageEntry(
    "Foundations", "Normalization", "pages/layer/normalization.py",
    "Whose mean is taken, what other pictures in the batch change, and what LRN divides by.",
)  # fmt: skip
BUILD_A_NETWORK = PageEntry(
    "Networks", "Build a network", "pages/network/build_a_network.py",
    "Stack layers, and see at once what each makes of your picture, what it costs and what it sees.",
)  # fmt: skip
RECEPTIVE_FIELDS = PageEntry(
    "Networks", "Receptive fields", "pages/network/receptive_fields.py",
    "What a unit of any layer sees of the picture, what it listens to, and which units notice a nudged pixel.",
)  # fmt: skip
ARCHITECTURES = PageEntry(
    "Networks", "Architectures", "pages/network/architectures.py",
    "Famous networks taken apart: what reads what, what each block costs, and what it replaced.",
)  # fmt: skip
LECTURE_NUMBERS = PageEntry(
    "Networks", "Lecture numbers", "pages/network/lecture_numbers.py",
    "Every figure of the lecture notes computed anew, with its working: which hold, which do not, and why.",
)  # fmt: skip
FEATURE_MAPS = PageEntry(
    "Look inside", "Feature maps", "pages/analysis/feature_maps.py",
    "What every layer of a network makes of the picture, all channels at once, and the network's answer.",
)  # fmt: skip
WHY_THIS_ANSWER = PageEntry(
    "Look inside", "Why this answer", "pages/analysis/why_this_answer.py",
    "Which pixels spoke for an answer, by several methods side by side, and tests of how far to trust them.",
)  # fmt: skip
CHANNEL = PageEntry(
    "Look inside", "What a channel looks for", "pages/analysis/channel.py",
    "A picture made from noise until it excites one channel, beside the pictures at hand that do so most.",
)  # fmt: skip
TRANSFER_LEARNING = PageEntry(
    "Teach it", "Transfer learning", "pages/learn/transfer_learning.py",
    "Classes of your own from one picture each, then four ways to teach them, measured on the same split.",
)  # fmt: skip

PAGES = (
    HOME,
    PIXELS_TO_WEIGHTS,
    CONVOLUTION,
    CLASSIC_KERNELS,
    ACTIVATION_FUNCTIONS,
    POOLING,
    NORMALIZATION,
    BUILD_A_NETWORK,
    RECEPTIVE_FIELDS,
    ARCHITECTURES,
    LECTURE_NUMBERS,
    FEATURE_MAPS,
    WHY_THIS_ANSWER,
    CHANNEL,
    TRANSFER_LEARNING,
)
