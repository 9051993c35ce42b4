"""Questions about a network: what did each layer put out, and in what form?"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
