"""The program that gives exactly the numbers of the Normalization page."""

from __future__ import annotations

from app.ui.code import picture_line
from app.ui.normalization_form import SHOWN, Form
from app.ui.picture import ChosenPicture


def normalization_code(form: Form, chosen: ChosenPicture) -> str:
    """Runs as it stands; for an own picture, with the picture's file beside it."""
    body = {"sets": _sets, "company": _company, "neighbours": _neighbours}[form.see](form)
    head = ["import torch", "", "from cnnviz import analysis, image, layer, network", ""]
    load = ['net = network.load_network("efficientnet_lite0")', picture_line(chosen)]
    return "\n".join([*head, *load, *body]) + "\n"


def _tensor(form: Form) -> list[str]:
    return [
        "",
        "def maps(picture):  # channels of the first convolution, (1, C, H, W)",
        '    found = analysis.capture(net, picture, layers=["conv_stem"])["conv_stem"]',
        f"    return found[None, {form.first}:{form.first + SHOWN}]",
        "",
        "def batch(names):  # the picture and its batch-mates, (N, C, H, W)",
        "    return torch.cat([maps(picture), *(maps(image.load_sample(name)) for name in names)])",
        "",
    ]


def _sets(form: Form) -> list[str]:
    groups = f", groups={form.groups}" if form.kind == "group" else ""
    return [
        *_tensor(form),
        f"done = layer.normalize(batch({list(form.mates)!r}), {form.kind!r}{groups}, eps={form.eps:g})",
        "print(tuple(done.values.shape), done.values.mean().item(), done.values.var(correction=0).item())",
        "print(done.mean[0].tolist(), done.variance[0].tolist())  # what the first picture was normalized by",
    ]


def _company(form: Form) -> list[str]:
    span = f"[{form.first}:{form.first + SHOWN}]"
    how = "eps=norm.eps"
    if not form.training:
        how += f", running=(norm.running_mean{span}, norm.running_var{span})"
    return [
        *_tensor(form),
        "norm = net.module.bn1",
        f"first = layer.normalize(batch({list(form.mates)!r}), {how})",
        f"second = layer.normalize(batch({list(form.others)!r}), {how})",
        "print((first.values[0] - second.values[0]).abs().mean().item())",
        "print(first.mean[0].tolist(), second.mean[0].tolist())",
    ]


def _neighbours(form: Form) -> list[str]:
    how = f"{form.size}, k={form.k:g}, alpha={form.alpha:g}, beta={form.beta:g}"
    in_torch = f"{form.size}, alpha=layer.torch_alpha({form.alpha:g}, {form.size}), beta={form.beta:g}, k={form.k:g}"
    return [
        'maps = analysis.capture(net, picture, layers=["bn1.act"])["bn1.act"]  # (C, H, W)',
        f"done = layer.local_response_norm(maps, {how})",
        "print(tuple(done.shape), done.mean().item(), done.max().item())",
        f"same = torch.nn.LocalResponseNorm({in_torch})(maps[None])[0]",
        "print((done - same).abs().max().item())",
    ]
