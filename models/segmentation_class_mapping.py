import unicodedata

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine.mapping import (
    MAPPING_FACTS,
    TEXT_FACTS,
    has_text_rules,
    normalized_city,
    normalized_zip,
    split_entries,
)

SHOWN = 6  # values of a fact in the rule of a class


class SegmentationClass(models.Model):
    """What a class of the method “mapping” is mapped from."""

    _inherit = "segmentation.class"

    zip_prefixes = fields.Text(
        string="Postal codes beginning with",
        help="In the countries below: 20, 21 stands for all postal codes that begin with 20 or with 21. "
        "The longest beginning wins. Separate them by commas; capitals, spaces and hyphens make no difference.",
    )
    cities = fields.Text(
        help="In the countries below. Separate the cities by commas, and enter each name as contacts have it; "
        "capitals make no difference."
    )
    state_ids = fields.Many2many("res.country.state", string="States")
    country_ids = fields.Many2many(
        "res.country",
        string="Countries",
        help="A class with postal codes or cities is for these in its countries; another one for whole countries.",
    )
    industry_ids = fields.Many2many("res.partner.industry", string="Industries")
    own_country_only = fields.Boolean(
        string="Only in the company's own country",
        help="The class is used by companies of the same country; others see the customer in a wider region.",
    )
    metric_id = fields.Many2one(related="dimension_id.metric_id")
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(
        string="Stands for",
        model_field="res_model",
        readonly=True,
        help="The class has the customers for whom the metric of the dimension gives this record.",
    )

    _res_id_unique = models.UniqueIndex(
        "(dimension_id, res_model, res_id) WHERE res_id > 0", "Another class of this dimension stands for this record."
    )

    # -- rule ----------------------------------------------------------------------------------

    @api.depends(*MAPPING_FACTS, "res_id", "dimension_id.metric_id.name")
    def _compute_rule(self):
        return super()._compute_rule()

    def _mapping_rule(self) -> str:
        """What the class is mapped from, shortened."""
        if self.metric_id:
            return self._preference_rule()
        names, total = [], 0
        for fact in MAPPING_FACTS:
            if fact == "country_ids" and has_text_rules(self):
                continue
            values = split_entries(self[fact]) if fact in TEXT_FACTS else self[fact].mapped("name")
            total += len(values)
            names += values[:SHOWN]
        more = self.env._(" and %s more", total - len(names)) if total > len(names) else ""
        rule = ", ".join(names) + more
        return f"{', '.join(self.country_ids.mapped('name'))}: {rule}" if has_text_rules(self) else rule

    def _preference_rule(self) -> str:
        if not self.res_id:
            return self.env._("Nobody: it stands for no record")
        # The class is named after the record, so its name is no secret to those who see the class.
        record = self.env[self.res_model].sudo().browse(self.res_id).exists() if self.res_model in self.env else None
        if not record:
            return self.env._("Nobody: the record it stands for was deleted")
        return self.env._("%(metric)s: %(value)s", metric=self.metric_id.name, value=record.display_name)

    # -- entries -------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_tidy_entries(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._with_tidy_entries(vals))

    def _with_tidy_entries(self, vals) -> dict:
        """Values in which postal codes and cities are written as they are compared and shown."""
        tidy = {}
        if vals.get("zip_prefixes"):
            zips = {normalized_zip(entry) for entry in split_entries(vals["zip_prefixes"])} - {""}
            tidy["zip_prefixes"] = ", ".join(sorted(zips))
        if vals.get("cities"):
            cities = {}
            for entry in split_entries(vals["cities"]):
                cities.setdefault(normalized_city(entry), unicodedata.normalize("NFKC", entry).strip())
            tidy["cities"] = ", ".join(cities.values())
        return {**vals, **tidy}

    def _name_after(self, records, name_field: str):
        """Name each class as the record it stands for is named, in every installed language."""
        for lang, _name in self.env["res.lang"].get_installed():
            for cls, record in zip(self.with_context(lang=lang), records, strict=True):
                if cls.name != (name := record.with_context(lang=lang)[name_field]):
                    cls.name = name

    # -- checks --------------------------------------------------------------------------------

    @api.constrains(*MAPPING_FACTS, "own_country_only", "dimension_id", "active")
    def _check_mapping(self):
        """One fact must not lead to two classes of a dimension."""
        for cls in self:
            cls._check_countries()
            cls._check_zip_prefixes()
        for dimension in self.dimension_id:
            owner = {}
            for cls in dimension.class_ids:
                for fact, key, name in cls._mapped_facts():
                    other = owner.setdefault((fact, key, cls.own_country_only), cls)
                    if other != cls:
                        raise ValidationError(self._message_mapped_twice(fact, name, cls, other))

    def _check_countries(self):
        if self.own_country_only and self.industry_ids:
            raise ValidationError(
                self.env._(
                    "Class “%s” is used in the company's own country only, which its Industries do not have. "
                    "Remove the Industries, or switch off “Only in the company's own country”.",
                    self.name,
                )
            )
        if has_text_rules(self) and not self.country_ids:
            raise ValidationError(
                self.env._(
                    "Class “%s” has postal codes or cities, which mean different places in different countries. "
                    "Choose in Countries where they are.",
                    self.name,
                )
            )

    def _check_zip_prefixes(self):
        for entry in split_entries(self.zip_prefixes):
            if not entry.isalnum():
                raise ValidationError(
                    self.env._(
                        "Class “%(class)s”: “%(entry)s” is not how a postal code begins. Enter letters and digits "
                        "only in “%(field)s”; 20 stands for everything that begins with 20.",
                        **{"class": self.name, "entry": entry, "field": self._label("zip_prefixes")},
                    )
                )

    def _mapped_facts(self):
        """Each fact that leads to the class: field, what identifies it, name."""
        self.ensure_one()
        for fact in MAPPING_FACTS:
            if fact in TEXT_FACTS:
                normalized = normalized_zip if fact == "zip_prefixes" else normalized_city
                for entry in split_entries(self[fact]):
                    for country in self.country_ids:
                        yield fact, (country, normalized(entry)), f"{entry} ({country.name})"
            elif fact != "country_ids" or not has_text_rules(self):
                for value in self[fact]:
                    yield fact, value, value.name

    def _message_mapped_twice(self, fact, name, cls, other) -> str:
        return self.env._(
            "“%(value)s” in %(field)s is mapped to class “%(class)s” and to class “%(other)s”. "
            "Remove it from one of the two.",
            **{"value": name, "field": self._label(fact), "class": cls.name, "other": other.name},
        )

    def _label(self, name: str) -> str:
        """A field of the form, as the user sees it."""
        return self._fields[name].get_description(self.env, ["string"])["string"]
