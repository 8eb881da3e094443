import re

from odoo import models
from odoo.exceptions import UserError

from .segmentation_dimension import CHECK_LATER


class SegmentationDimension(models.Model):
    """Codes that are numbers and show where a class belongs: 01, 0101, 010101."""

    _inherit = "segmentation.dimension"

    def _numbered_codes(self, digits: int, renumber: bool) -> dict:
        """The number of each class: that of what it is part of, and as many digits for its place in it.

        :param renumber: number classes anew, in their order, that have such a code already
        :return: ``segmentation.class`` record → code, in the order of the tree
        :raise UserError: more classes than the digits can tell apart
        """
        self.ensure_one()
        # What is archived keeps its code: the history shows it.
        classes = self.class_ids.sorted(lambda cls: (cls.sequence, cls.id))
        archived = self.with_context(active_test=False).class_ids - classes
        taken = set(archived.mapped("code"))
        codes = {}

        def number(siblings, prefix):
            numbered = re.compile(rf"{prefix}(?!0+$)\d{{{digits}}}", re.ASCII)
            kept = set() if renumber else set(filter(numbered.fullmatch, siblings.mapped("code")))
            free = self._free_numbers(prefix, digits, taken | kept)
            for cls in siblings:
                codes[cls] = cls.code if cls.code in kept else next(free)
                number(classes.filtered(lambda child, cls=cls: child.parent_id == cls), codes[cls])

        number(classes.filtered(lambda cls: cls.parent_id not in classes), "")
        return codes

    def _free_numbers(self, prefix: str, digits: int, taken: set):
        """Codes below a prefix, from the first that is not taken."""
        for number in range(1, 10**digits):
            if (code := f"{prefix}{number:0{digits}}") not in taken:
                yield code
        raise UserError(
            self.env._(
                "Dimension “%(dimension)s” has more classes in one level than %(digits)s digits can number. "
                "Enter more Digits per level.",
                dimension=self.name,
                digits=digits,
            )
        )


class SegmentationClass(models.Model):
    _inherit = "segmentation.class"

    def _set_codes(self, codes: dict):
        """Give classes other codes at once, and rebuild the segmentation codes of the customers once.

        :param codes: class → code; two classes may swap theirs
        """
        later = self.with_context(segmentation_codes_later=CHECK_LATER).env
        changed = {cls.with_env(later): code for cls, code in codes.items() if cls.code != code}
        for cls in changed:
            cls.code = f"{cls.id}_"  # out of the way of the others
        self.flush_model(["code"])
        for cls, code in changed.items():
            cls.code = code
        if changed:
            self.env["segmentation.run"]._update_codes()
