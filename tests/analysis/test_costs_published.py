"""Published counts of all classification networks of torchvision against ours."""

import pytest

from cnnviz.analysis.cost_published import HEADS, PublishedCost, published_cost
from cnnviz.network import list_networks
from cnnviz.network.published import SHIPPED

NAMES = [info.name for info in list_networks() if info.url is not None]


@pytest.fixture(scope="module")
def table() -> dict[str, PublishedCost]:
    return {name: published_cost(name) for name in NAMES}


def test_parameters_of_all_networks_are_the_published_ones(table):
    assert len(table) == 80
    assert {
        name: (line.parameters, line.published_parameters) for name, line in table.items() if not line.parameters_agree
    } == {}


def test_multiply_adds_of_all_networks_are_the_published_ones_to_their_last_digit(table):
    assert all(line.published_multiply_adds for line in table.values())
    assert all(line.multiply_adds_agree for line in table.values())
    rounded = {
        name: (round(line.multiply_adds / 1e9, 3), line.published_multiply_adds / 1e9) for name, line in table.items()
    }
    assert {name: pair for name, pair in rounded.items() if pair[0] != pytest.approx(pair[1], abs=1e-6)} == {}


def test_every_parameter_is_used_but_those_of_auxiliary_heads(table):
    differing = {
        name for name, line in table.items() if not line.used_parameters == line.parameters == line.all_parameters
    }
    assert differing == set(HEADS) == {name for name, line in table.items() if line.explanation}


def test_both_totals_of_networks_with_auxiliary_heads_are_told(table):
    googlenet, inception = table["googlenet"], table["inception_v3"]
    assert (googlenet.used_parameters, googlenet.parameters, googlenet.all_parameters) == (6624904, 6624904, 13004888)
    assert (inception.used_parameters, inception.parameters, inception.all_parameters) == (23834568, 27161264, 27161264)


def test_a_network_without_published_multiply_adds_has_ours_only():
    line = published_cost(SHIPPED)
    assert line.published_multiply_adds is None and line.multiply_adds_agree and line.parameters_agree
    assert 0.35e9 < line.multiply_adds < 0.45e9
