"""Which layers does a text in torch mean? It is read as text, and nothing of it is ever run.

The text is parsed to Python's syntax tree, and of that only calls of known layers with literal arguments are taken.
Size and nesting are bounded before Python's own parser sees the text.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from cnnviz.errors import SettingsError
from cnnviz.network.builder_blocks import BLOCKS
from cnnviz.network.builder_calls import NAMES, Call, nearest, spec_of
from cnnviz.network.specs import MOST_LAYERS, LayerSpec

LONGEST = 100_000
"""Bytes of a text that is read at all."""
DEEPEST = 20
"""Brackets within brackets."""
_WORKS = "paste one nn.Sequential(…) of layers such as nn.Conv2d(3, 16, 3), with numbers for arguments"
_LARGEST = 2**53  # a number beyond it is no setting
_PRINTED = re.compile(r"^\s*\(\w+\): (?=[A-Z])")
_CLASS = re.compile(r"^\s*(?=[A-Z]\w*\()")
_BARE = re.compile(r"=([a-z]\w*)")  # torch prints padding=same without quotes
_IMPORTS = ("import torch", "from torch import nn", "import torch.nn as nn")


@dataclass(frozen=True)
class Parsed:
    """The layers that a text means. `stated` is what it says arrives at each (None where it says nothing);
    `input_shape` is (channels, height, width) where the text is a whole program that says so."""

    specs: tuple[LayerSpec, ...]
    stated: tuple[Any, ...]
    input_shape: tuple[int, int, int] | None = None


def parse_layers(text: str) -> Parsed:
    """The layers of a pasted ``nn.Sequential(…)``, of one that is given a name, or of one as torch prints it.

    Raises SettingsError, with the line and what would work, for anything else: imports, other calls, arguments that are
    no literals, text over 100 kB or nested deeper than 20 brackets.
    """
    statements = _statements(text)
    if len(statements) != 1:
        stray = next((one for one in statements if not _is_list(one)), None)
        if stray is None:
            raise SettingsError(f"There are {len(statements)} lists of layers in the text; {_WORKS}.")
        raise _refusal(stray, _what(stray))
    return _parsed(statements[0])


def parse_source(text: str) -> Parsed:
    """The layers of a program that :func:`cnnviz.network.builder.source` wrote, read back.

    Everything in it besides the list has to be exactly what is written there; errors are those of `parse_layers`.
    """
    shape: tuple[int, int, int] | None = None
    found: ast.stmt | None = None
    for statement in _statements(text):
        if isinstance(statement, ast.Assign) and _target(statement) == "INPUT_SHAPE":
            shape = _shape(statement)
        elif _is_list(statement) and found is None:
            found = statement
        elif not _is_frame(statement):
            raise _refusal(statement, f"{_what(statement)}, which no program taken home from here has")
    if found is None:
        raise SettingsError(f"There is no list of layers in this program; {_WORKS}.")
    parsed = _parsed(found)
    return Parsed(parsed.specs, parsed.stated, shape)


def _statements(text: str) -> list[ast.stmt]:
    """The text as statements, checked for size and nesting first."""
    if len(text) > LONGEST or len(text.encode("utf-8", "replace")) > LONGEST:
        raise SettingsError(
            f"The text is longer than {LONGEST // 1000} kB, far more than a list of layers takes; {_WORKS}."
        )
    text = _as_written(text)
    _check_nesting(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in the text
            statements = ast.parse(textwrap.dedent(text).strip()).body
    except SyntaxError as error:
        raise SettingsError(f"Line {error.lineno or 1}: this is no Python ({error.msg}); {_WORKS}.") from None
    except (RecursionError, MemoryError, ValueError):  # operators nest without brackets; a null byte is no text
        raise SettingsError(f"The text is nested too deep or holds what no program has; {_WORKS}.") from None
    if not statements:
        raise SettingsError(f"There is nothing to read; {_WORKS}.")
    return statements


def _as_written(text: str) -> str:
    """A network as torch prints it, ``(0): Linear(in_features=3, …)`` line by line, as one writes it; else the text."""
    lines = text.strip().splitlines()
    if not any(_PRINTED.match(line) for line in lines):
        return text
    written = [_BARE.sub(r"='\1'", _CLASS.sub("nn.", _PRINTED.sub("", line))) for line in lines]
    return "\n".join(f"{line}," if line.endswith(")") else line for line in written).rstrip(",")


def _check_nesting(text: str) -> None:
    depth = 0
    for number, line in enumerate(text.splitlines(), start=1):
        for character in line:
            depth += (character in "([{") - (character in ")]}")
            if depth > DEEPEST:
                raise SettingsError(f"Line {number}: brackets are nested deeper than {DEEPEST}; {_WORKS}.")


def _parsed(statement: ast.stmt) -> Parsed:
    if not isinstance(statement, ast.Assign | ast.Expr) or not _is_list(statement):
        raise _refusal(statement, _what(statement))
    read = [spec_at(node) for node in _layers(statement.value)]
    if len(read) > MOST_LAYERS:
        raise SettingsError(f"A stack has at most {MOST_LAYERS} layers, and this text has {len(read)}.")
    return Parsed(tuple(spec for spec, _ in read), tuple(stated for _, stated in read))


def spec_at(node: ast.expr) -> tuple[LayerSpec, Any]:
    """The layer that a call in the text means, and what it says arrives."""
    if not isinstance(node, ast.Call):
        raise _refusal(node, _what(node))
    name = _name(node.func)
    if name not in NAMES:
        raise _refusal(node, f"{_shown(node.func)}(…) is no layer of the builder", nearest(_shown(node.func)))
    if any(keyword.arg is None for keyword in node.keywords):
        raise _refusal(node, "** spreads arguments that are not there")
    args = tuple(map(_literal, node.args))
    kwargs = tuple((str(keyword.arg), _literal(keyword.value)) for keyword in node.keywords)
    try:
        return spec_of(Call(name, args, kwargs))
    except SettingsError as error:
        raise SettingsError(f"Line {node.lineno}: {error}") from None


def _layers(node: ast.expr) -> Iterator[ast.expr]:
    """The layers of a list, those of lists within it among them."""
    assert isinstance(node, ast.Call)
    if node.keywords:
        raise _refusal(node, "nn.Sequential takes layers without names here")
    for one in node.args:
        if isinstance(one, ast.Call) and _name(one.func) == "nn.Sequential":
            yield from _layers(one)
        else:
            yield one


def _literal(node: ast.expr) -> Any:
    """A number, truth value, text, None, or a tuple or list of these."""
    minus = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    plain = node.operand if isinstance(node, ast.UnaryOp) and minus else node
    value = plain.value if isinstance(plain, ast.Constant) else ...
    if isinstance(value, int | float) and abs(value) < _LARGEST:
        return -value if minus else value
    if not minus and isinstance(value, str | None):
        return value
    if isinstance(node, ast.Tuple | ast.List) and len(node.elts) <= 4:
        return tuple(map(_literal, node.elts))
    raise _refusal(node, f"the argument {_shown(node)} is no plain number or text")


def _name(node: ast.expr) -> str:
    """The name of what is called: "nn.Conv2d", also for torch.nn.Conv2d; empty for anything but a plain name."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="nn"), attr=name):
            return f"nn.{name}"
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id="torch"), attr="nn"), attr=name):
            return f"nn.{name}"
    return ""


def _is_list(statement: ast.stmt) -> bool:
    """Whether the statement is nn.Sequential(…), with or without a name for it."""
    if isinstance(statement, ast.Assign):
        if not _target(statement):
            return False
    elif not isinstance(statement, ast.Expr):
        return False
    return isinstance(statement.value, ast.Call) and _name(statement.value.func) == "nn.Sequential"


def _target(statement: ast.Assign) -> str:
    (target,) = statement.targets[:1]
    return target.id if len(statement.targets) == 1 and isinstance(target, ast.Name) else ""


def _is_frame(statement: ast.stmt) -> bool:
    """Whether this is one of the lines that stand round the list in a program taken home."""
    if isinstance(statement, ast.ClassDef):
        return statement.name in BLOCKS and ast.dump(statement) == _block(statement.name)
    match statement:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="torch"), attr="manual_seed"))):
            return ast.unparse(statement).removeprefix("torch.manual_seed(").removesuffix(")").isdigit()
    return ast.unparse(statement) in _IMPORTS


@cache
def _block(name: str) -> str:
    return ast.dump(ast.parse(inspect.getsource(BLOCKS[name])).body[0])


def _shape(statement: ast.Assign) -> tuple[int, int, int]:
    value = _literal(statement.value)
    if isinstance(value, tuple) and len(value) == 3 and all(type(one) is int and 0 < one <= 4096 for one in value):
        return value[0], value[1], value[2]
    raise _refusal(statement, "INPUT_SHAPE is not three whole numbers")


def _what(node: ast.AST) -> str:
    """What stands there instead of a list of layers."""
    named = {
        ast.Import: "an import", ast.ImportFrom: "an import", ast.ClassDef: "a class", ast.FunctionDef: "a function",
        ast.Attribute: "access to an attribute", ast.Lambda: "a function", ast.Starred: "a spread list",
        ast.ListComp: "a loop", ast.GeneratorExp: "a loop", ast.For: "a loop",
    }  # fmt: skip
    inner = node.value if isinstance(node, ast.Expr | ast.Assign) else node
    if isinstance(inner, ast.Call):
        return f"{_shown(inner.func)}(…) is no list of layers"
    return f"here stands {named.get(type(inner), _shown(inner))}"


def _shown(node: ast.AST) -> str:
    """What stands in the text, shortened."""
    try:
        return ast.unparse(node)[:60]
    except ValueError:  # Python does not write numbers of thousands of digits
        return "that is far too long"


def _refusal(node: ast.AST, what: str, works: str = _WORKS) -> SettingsError:
    return SettingsError(f"Line {getattr(node, 'lineno', 1)}: {what}; {works}.")
