from . import apply_standard
from . import guess
from . import number_codes
from . import segmentation_comparison
from . import suggestion
from . import segmentation_preview
