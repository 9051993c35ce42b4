"""Pictures in, pictures out: reading them from anywhere, the ones that ship, and drawing numbers as pixels."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
