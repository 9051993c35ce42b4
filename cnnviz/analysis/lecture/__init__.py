"""The five lecture notes and their figures: every one recomputed from a network, a layer or a paper.

``entries`` says what a figure is, ``sources`` where numbers come from; ``layers``, ``tables``, ``networks``,
``modules`` and ``history`` list the figures; ``figures`` computes them; ``statements`` are sentences that do not hold.
"""
