from . import segmentation_comparison
