"""cnnviz: see what convolutional networks do, layer by layer, on your own pictures.

The rooms follow the learner's way: ``image`` → ``layer`` → ``network`` → ``analysis`` → ``learn``; ``compute`` lies
below all of them. Each loads where it is first needed.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
