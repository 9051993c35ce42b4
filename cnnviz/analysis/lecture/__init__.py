"""The five lecture notes and their figures: every one recomputed from a network, a layer or a paper.

``entries`` says what a figure is, ``sources`` where numbers come from; ``layers``, ``examples``, ``tables``,
``networks``, ``modules`` and ``history`` list the figures; ``figures`` computes them all; ``statements`` are the
sentences that do not hold.
"""
