from . import classification_report
from . import customer_file
from . import summary
