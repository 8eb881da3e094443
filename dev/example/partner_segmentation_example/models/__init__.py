from . import customer_visit
from . import segmentation_class
from . import segmentation_dimension
from . import segmentation_profile
