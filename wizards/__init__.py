from . import apply_standard
from . import number_codes
from . import segmentation_comparison
from . import segmentation_preview
