from . import apply_standard
from . import segmentation_comparison
