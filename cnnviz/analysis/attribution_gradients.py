"""How does the answer react to each pixel? Saliency, input × gradient and integrated gradients, by Captum."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from cnnviz.analysis.attribution_question import Question
from cnnviz.analysis.progress import Watch

BATCH = 5
"""Points of integrated gradients that are computed at once. Captum's own choice is all of them, which takes so much
memory that it is slower too."""


def saliency(question: Question) -> Tensor:
    """|∂score/∂pixel| (C, H, W)."""
    from captum.attr import Saliency

    found: Tensor = Saliency(question.score).attribute(_leaf(question), target=0)
    return found[0].detach()


def input_x_gradient(question: Question) -> Tensor:
    """Pixel · ∂score/∂pixel (C, H, W)."""
    from captum.attr import InputXGradient

    found: Tensor = InputXGradient(question.score).attribute(_leaf(question), target=0)
    return found[0].detach()


def integrated_gradients(question: Question, watch: Watch, steps: int, baseline: str) -> Tensor:
    """(Pixel − baseline) · mean of ∂score/∂pixel on the straight way between them (C, H, W), by Gauss–Legendre."""
    from captum.attr import IntegratedGradients

    done = 0

    def watched(pictures: Tensor, *rest: Any) -> Tensor:
        nonlocal done
        watch.tell(done, steps)
        done += len(pictures)
        answer: Tensor = question.score(pictures)
        return answer

    found: Tensor = IntegratedGradients(watched).attribute(
        question.picture, question.baseline(baseline), target=0, n_steps=steps, internal_batch_size=BATCH
    )
    return found[0].detach().to(torch.float32)


def _leaf(question: Question) -> Tensor:
    """The picture as Captum wants it, so that it changes and warns of nothing."""
    return question.picture.clone().requires_grad_()
