"""The published table of Distill's article, and why ours differs where it does."""

from cnnviz.analysis import published_fields


def test_networks_built_alike_have_the_published_numbers():
    lines = [line for line in published_fields() if line.network in ("vgg11", "vgg16", "inception_v3")]
    assert len(lines) == 44
    assert all(line.agrees and not line.explanation for line in lines)


def test_every_difference_is_explained_by_a_network_built_so():
    lines = [line for line in published_fields() if not line.agrees]
    assert {line.network for line in lines} == {"alexnet", "resnet50", "resnet101", "resnet152"}
    assert all(line.explained and line.explanation for line in lines)
    alexnet = next(line for line in lines if line.end_point == "conv5")
    assert alexnet.ours.size == alexnet.published.size == 163 and "pad" in alexnet.explanation
    resnet = next(line for line in lines if line.network == "resnet50" and line.end_point == "block4")
    assert (resnet.published.size, resnet.ours.size) == (483, 427) and "v1.5" in resnet.explanation
