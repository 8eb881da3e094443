from . import apply_standard
from . import export_xlsx
from . import guess
from . import number_codes
from . import segmentation_comparison
from . import segmentation_export
from . import segmentation_preview
from . import suggestion
