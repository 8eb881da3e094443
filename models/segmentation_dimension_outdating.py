from contextlib import contextmanager

from odoo import models


class Outdated:
    """Dimensions whose rules a change of many records has touched so far; a client cannot send one in a context."""

    def __init__(self):
        self.ids = set()
        self.is_complete = False  # records may keep the context when the change is over


class SegmentationDimension(models.Model):
    """Changes of many records that outdate their dimensions once, when all is in place."""

    _inherit = "segmentation.dimension"

    @contextmanager
    def _outdating_once(self):
        """Give a context under which changed rules are noted only; what they touched is outdated at the end.

        :return: these dimensions under that context
        """
        outdated = Outdated()
        yield self.with_context(segmentation_outdated=outdated)
        outdated.is_complete = True
        self.with_context(active_test=False).browse(outdated.ids).exists()._outdate()

    def _outdate(self):
        outdated = self.env.context.get("segmentation_outdated")
        if isinstance(outdated, Outdated) and not outdated.is_complete:
            outdated.ids.update(self.ids)
            return None
        return super()._outdate()
