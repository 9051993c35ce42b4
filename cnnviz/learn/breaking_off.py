"""How is a step of learning that takes seconds broken off in its middle, when nobody wants it any more?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

_PACE = 0.2  # seconds between two questions


@contextmanager
def breaking_off(module: nn.Module, check: Callable[[], None]) -> Iterator[None]:
    """Inside, `check` is called before layers and after gradients, a few times a second; what it raises goes up.
    It is called in this thread alone, whatever others run the same layers.

    `module` has to be the caller's own, for hooks are put on its layers, and taken away at the end.
    """
    asked, here = time.monotonic(), threading.get_ident()

    def ask(*_: Any) -> None:
        nonlocal asked
        if threading.get_ident() == here and time.monotonic() - asked >= _PACE:
            check()
            asked = time.monotonic()

    handles = [part.register_forward_pre_hook(ask) for part in module.modules() if not part._modules]
    handles += [p.register_post_accumulate_grad_hook(ask) for p in module.parameters() if p.requires_grad]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
