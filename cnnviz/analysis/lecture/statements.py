"""What do the notes say in words that does not hold, and what holds?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """A sentence of the notes that does not hold: which of the five notes, the quotation, what holds, the reference."""

    note: int
    quote: str
    holds: str
    reference: str


STATEMENTS = (
    Statement(
        1, "VGG Net ... Batch normalization is used.",
        "VGG was published in 2014, batch normalization in 2015. Libraries have added it since (VGG-16 BN).",
        "Ioffe and Szegedy 2015",
    ),
    Statement(
        1, "Max pool 1 ... Response norm 1",
        "In AlexNet the response normalization comes first and the pooling after it.",
        "Krizhevsky and others 2012, section 3.5",
    ),
    Statement(
        1, "Stack of 3 3x3 filters is equivalent to 7x7 filter.",
        "The stack sees as much, but is not the same function: with a ReLU after each layer it is not linear, and even "
        "without, it cannot be every 7×7 kernel.",
        "Simonyan and Zisserman 2014, section 2.3",
    ),
    Statement(
        1, "You average each feature map and get a single number. This is the output of the network.",
        "In GoogLeNet and ResNet a linear layer makes the classes' scores out of the averages; in Network in Network "
        "the averages are the scores.",
        "Lin and others 2013, section 3.2; Szegedy and others 2014, table 1",
    ),
    Statement(
        1, "Deeper networks perform worse ... because of vanishing gradients.",
        "The authors see no vanishing gradients, thanks to batch normalization; deep plain nets are hard to optimize "
        "for another reason.", "He and others 2015, section 4.1",
    ),
    Statement(
        1, "This means that the gradient is at least 1",
        "The gradient through a block is the identity plus that of the branch, and the branch's part may be negative.",
        "He and others 2016, Identity mappings in deep residual networks",
    ),
    Statement(
        2, "AlexNet ... first use of ReLU",
        "ReLU was used before: by Nair and Hinton in 2010, in another form by Jarrett and others in 2009. AlexNet "
        "showed it at large scale.", "Nair and Hinton 2010; Jarrett and others 2009",
    ),
    Statement(
        2, "Fully connected networks do not have the capability learn hierarchical features",
        "Their layers build on one another, too, as the same slides say first. What they lack is locality, and weights "
        "that are shared.", "Goodfellow, Bengio, Courville 2016, sections 6.4 and 9.2",
    ),
    Statement(
        2, "pooling ... Reduces the number of parameters",
        "Pooling has no weights, and a convolution after it has as many as without it. Fewer are needed only where a "
        "fully connected layer reads the maps.", "Goodfellow, Bengio, Courville 2016, section 9.3",
    ),
    Statement(
        2, "GoogLeNet ... No FC layers",
        "It has one, from 1024 averages to 1000 classes; it stands in the slides' own table of GoogLeNet's end.",
        "Szegedy and others 2014, table 1",
    ),
    Statement(
        2, "GoogLeNet ... Batch Normalization is applied to the input of each layer",
        "GoogLeNet of 2014 has none; the Inception of 2015 with batch normalization is another network.",
        "Szegedy and others 2014; Ioffe and Szegedy 2015",
    ),
    Statement(
        2, "Max-pooling [in an Inception module] ... reduces spatial dimensions",
        "Within a module it has stride 1 and padding 1, so that its maps keep their size and can be concatenated with "
        "the others.", "Szegedy and others 2014, section 4 and table 1",
    ),
    Statement(
        2, "auxiliary classifiers are each composed of a global average pooling layer, a fully connected layer",
        "Each has 5×5 average pooling with stride 3, a 1×1 convolution, two fully connected layers, and dropout.",
        "Szegedy and others 2014, section 5",
    ),
    Statement(
        2, "convolutional kernels are applied independently to each channel but share weights across channels",
        "A kernel has weights of its own for every input channel, and the products of all channels are summed.",
        "Goodfellow, Bengio, Courville 2016, section 9.1",
    ),
    Statement(
        2, "the block computes H(x)-x, and the final output is F(x)=H(x)+x",
        "The other way round: the layers learn F(x) = H(x) − x, and the output is H(x) = F(x) + x.",
        "He and others 2015, section 3.1",
    ),
    Statement(
        2, "Once we have Batch Normalization, we can train networks with 10+ layers",
        "VGG-19 and GoogLeNet's 22 layers were trained without it in 2014, the year before it was published.",
        "Simonyan and Zisserman 2014; Szegedy and others 2014",
    ),
    Statement(
        2, "ResNets ... introduced the concept of skip connections",
        "Skips are older, and highway networks had them, with gates, some months before; the paper names both.",
        "He and others 2015, section 2; Srivastava and others 2015",
    ),
    Statement(
        2, "the first block of each stage halves the resolution",
        "That of the first stage does not: the stem's pooling has done it.", "He and others 2015, table 1",
    ),
    Statement(
        2, "After pool, double #channels",
        "After the fourth pooling the channels stay 512.", "Simonyan and Zisserman 2014, table 1",
    ),
    Statement(
        2, "DenseNet is another deep residual neural network",
        "DenseNet concatenates what the layers put out; it adds nothing.", "Huang and others 2016",
    ),
    Statement(
        2, "ViT is a recent CNN architecture",
        "ViT is a transformer: after the picture is cut into patches there is no convolution.",
        "Dosovitskiy and others 2020",
    ),
    Statement(
        2, "rgba (a for alpha a.k.a. brightness)", "Alpha is opacity.", "Porter and Duff 1984",
    ),
    Statement(
        2, "invariant to translation", "A convolution is equivariant: what it finds moves along with the picture. "
        "Pooling makes it invariant to small shifts, roughly.", "Goodfellow, Bengio, Courville 2016, section 9.2",
    ),
    Statement(
        2, "almost scale invariant representation of our image (the exact term is “equivariant”)",
        "Pooling forgives small shifts, and a convolution's maps move along with the picture. To a change of size "
        "neither is invariant or equivariant.", "Goodfellow, Bengio, Courville 2016, section 9.2",
    ),
    Statement(
        3, "LRN ... square-normalizes the pixel values in a feature map within a local neighbourhood",
        "AlexNet's sums the squares of neighbouring channels at the same place, not of neighbouring pixels.",
        "Krizhevsky and others 2012, section 3.3",
    ),
    Statement(
        3, "normalization is used just before the activation function",
        "Batch normalization stands there; AlexNet's response normalization comes after the ReLU.",
        "Krizhevsky and others 2012, section 3.3; Ioffe and Szegedy 2015, section 3.2",
    ),
    Statement(
        3, "The Discriminator is trained ... only forward propagated and no back-propagation is done",
        "Training the discriminator is back-propagation through it; only the generator is left as it is in this part.",
        "Goodfellow and others 2014, algorithm 1",
    ),
    Statement(
        5, "These structures tend to give rise to larger convolutions.",
        "VGG's convolutions are all 3×3; it is their stack that sees as much as a larger one.",
        "Simonyan and Zisserman 2014, section 2.3",
    ),
)  # fmt: skip
"""In the order of the notes."""
