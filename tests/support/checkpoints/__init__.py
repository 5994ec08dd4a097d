"""Tiny random checkpoints of every native multimodal family, so that tests drive the real engines without weights.

Importing this package lets torchvision be imported beside a CPU build of torch; import it before transformers.
"""

from . import torchvision_shim
from .build import SPEED, build
from .families import FAMILIES, Family
from .text_models import TEMPLATES
from .torchvision_shim import install_shim

__all__ = ["FAMILIES", "SPEED", "TEMPLATES", "Family", "build", "install_shim", "torchvision_shim"]
