from . import apply_standard
