"""Classes of addresses, industries and preferences on a few rows: see test_mutants.py."""

from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL, Query

from ..engine.industries import spoken_for
from ..engine.mapping import MAPPING_FACTS, mapped_values, mapping, unmapped_values, value_classes
from ..engine.rule import ROW
from ..engine.scope import Scope
from .common import AS_OF


class MappingRows(TransactionCase):
    """One mapping dimension with classes of our own, and rows of customers that are nowhere stored."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dimension = cls.env.ref("partner_segmentation.dimension_region")
        cls.dimension.class_ids.active = False
        cls.dimension.write({"undecided": "certain", "fallback_class_id": False})
        cls.home, cls.abroad, cls.far = (cls.env.ref(f"base.{code}") for code in ("de", "fr", "jp"))
        company = cls.env["res.company"].create({"name": "At home", "country_id": cls.home.id})
        cls.scope = Scope(cls.env, company.id, AS_OF)
        cls.states = cls.env["res.country.state"].create(
            [
                {"name": name, "code": name, "country_id": country.id}
                for name, country in (("H1", cls.home), ("H2", cls.home), ("H3", cls.home), ("A1", cls.abroad))
            ]
        )
        names = ("Farms", "Shops", "Mills", "Banks")
        cls.industries = cls.env["res.partner.industry"].create([{"name": name} for name in names])

    def make_class(self, code, **values):
        return self.env["segmentation.class"].create(
            {"dimension_id": self.dimension.id, "code": code, "name": code, **values}
        )

    def rows(self, columns, rows) -> SQL:
        """Subselect of the rows and their ``place``; columns of records end in ``_id``."""
        types = [SQL("int4" if name.endswith("_id") else "text") for name in columns]
        selects = [
            SQL("SELECT %s, %s", place, SQL(", ").join(map(SQL, ["%s::%s"] * len(row), row, types)))
            for place, row in enumerate(rows)
        ]
        names = SQL(", ").join(map(SQL.identifier, ["place", *columns]))
        return SQL("(WITH given(%s) AS (%s) SELECT * FROM given)", names, SQL(" UNION ALL ").join(selects))

    def placed(self, columns, *rows) -> list[tuple]:
        """Code of the class, and missing facts, of rows with these values."""
        query = Query(self.env, ROW, self.rows(columns, rows))
        rule = mapping(self.dimension, self.scope, query)
        query.order = SQL.identifier(ROW, "place")
        found = self.env.execute_query(query.select(rule.class_id, rule.missing))
        return [(self.env["segmentation.class"].browse(class_id).code, missing) for class_id, missing in found]


@tagged("post_install", "-at_install")
class TestAddresses(MappingRows):
    def addresses(self, *addresses) -> list[tuple]:
        """Class and missing facts by postal code, state, country and industry; none has a city."""
        rows = [(zip_, None, *(record and record.id for record in records)) for zip_, *records in addresses]
        return self.placed(tuple(MAPPING_FACTS.values()), *rows)

    def map_states(self):
        h1, h2, _h3, a1 = self.states
        self.make_class("NORTH", state_ids=(h1 | a1).ids)
        self.make_class("SOUTH", state_ids=h2.ids)
        self.make_class("FARMS", industry_ids=self.industries[0].ids)
        self.make_class("SHOPS", industry_ids=self.industries[1].ids)

    def test_missing_state(self):
        """It leaves the class open where states of the country are mapped."""
        self.map_states()
        h1, h2, h3, a1 = self.states
        farms, _shops, mills, _banks = self.industries
        found = self.addresses(
            (None, h1, self.home, None),
            (None, a1, self.abroad, None),
            (None, h2, self.home, None),
            (None, h1, None, farms),
            (None, h3, self.home, None),
            (None, h3, self.home, farms),
            (None, h3, None, farms),
            (None, None, self.home, farms),
            (None, None, self.abroad, farms),
            (None, None, self.far, farms),
            (None, None, None, farms),
            (None, None, self.abroad, mills),
            (None, None, self.far, mills),
        )
        certain = [("NORTH", None), ("NORTH", None), ("SOUTH", None), ("NORTH", None), (False, "industry_id")]
        certain += [("FARMS", None), ("FARMS", None), ("FARMS", "state_id"), ("FARMS", "state_id"), ("FARMS", None)]
        certain += [("FARMS", "country_id"), (False, "state_id"), (False, None)]
        self.assertEqual(found, certain)

    def test_fallback_whatever_else_is_known(self):
        self.map_states()
        self.dimension.undecided = "fallback"
        self.dimension.fallback_class_id = self.make_class("REST")
        farms, shops, _mills, _banks = self.industries
        found = self.addresses(
            (None, self.states[0], self.home, None),
            (None, self.states[1], self.home, None),
            (None, None, self.home, farms),
            (None, None, self.home, shops),
            (None, None, self.far, farms),
            (None, None, self.far, shops),
        )
        expected = [("NORTH", None), ("SOUTH", None), ("REST", "state_id"), ("REST", "state_id")]
        self.assertEqual(found, [*expected, ("FARMS", None), ("SHOPS", None)])

    def test_postal_codes(self):
        self.make_class("SW", zip_prefixes="SW1", country_ids=(self.home | self.abroad).ids)
        self.assertEqual(
            self.addresses(
                ("sw1a 1aa", None, self.home, None),
                ("Sw-19", None, self.abroad, None),
                ("sw1a", None, self.far, None),
                ("SW2", None, self.home, None),
                (None, None, self.home, None),
                (" - ", None, self.abroad, None),
                (None, None, self.far, None),
                ("SW1", None, None, None),
            ),
            [
                *(("SW", None), ("SW", None), (False, None), (False, None)),
                *((False, "zip"), (False, "zip"), (False, None), (False, "country_id")),
            ],
        )

    def test_states_that_count(self):
        h1, h2, _h3, a1 = self.states
        own = self.make_class("OWN", own_country_only=True, state_ids=(h1 | a1).ids)
        every = self.make_class("EVERY", state_ids=(h2 | a1).ids)
        self.assertEqual(mapped_values(own, "state_ids", self.scope), h1)
        self.assertEqual(mapped_values(every, "state_ids", self.scope), h2 | a1)
        self.assertFalse(mapped_values(own, "industry_ids", self.scope))


@tagged("post_install", "-at_install")
class TestParts(MappingRows):
    """Industries that are part of others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.whole, cls.other, cls.split, _banks = cls.industries
        cls.part, cls.gone, cls.left, cls.right, cls.lone = cls.env["res.partner.industry"].create(
            [
                {"name": "Part", "parent_id": cls.whole.id},
                {"name": "Gone", "parent_id": cls.whole.id, "active": False},
                {"name": "Left", "parent_id": cls.split.id},
                {"name": "Right", "parent_id": cls.split.id},
                {"name": "Lone", "parent_id": cls.other.id},
            ]
        )

    def test_spoken_for(self):
        speakers = spoken_for(self.whole | self.left)
        nobody = self.whole.browse()
        self.assertEqual((speakers[self.part], speakers[self.gone]), ({self.whole}, {self.whole}))
        self.assertEqual(speakers[self.split], {self.left, nobody})
        self.assertFalse({self.right, self.lone, self.other} & speakers.keys())
        self.assertEqual(spoken_for(self.left | self.right)[self.split], {self.left, self.right})

    def test_parts_go_with_the_whole(self):
        cls = self.make_class("WHOLE", industry_ids=self.whole.ids)
        self.make_class("OTHER", industry_ids=self.other.ids)
        self.assertEqual(mapped_values(cls, "industry_ids", self.scope), self.whole | self.part | self.gone)

    def test_whole_of_parts_of_two_classes(self):
        left = self.make_class("LEFT", industry_ids=self.left.ids)
        right = self.make_class("RIGHT", industry_ids=self.right.ids)
        self.assertEqual(mapped_values(left, "industry_ids", self.scope), self.left)
        right.active = False
        left.industry_ids |= self.right
        self.assertEqual(mapped_values(left, "industry_ids", self.scope), self.left | self.right | self.split)


@tagged("post_install", "-at_install")
class TestPreferences(MappingRows):
    """Classes that stand for records; here, as no administrator may, for the industry in the customer file."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        metric = cls.env.ref("partner_segmentation.metric_total_assets")
        cls.env.flush_all()
        cls.env.cr.execute("UPDATE segmentation_metric SET field_name = 'industry_id' WHERE id = %s", [metric.id])
        cls.env.invalidate_all()
        cls.dimension.metric_id = metric
        cls.farms, cls.shops, cls.mills, cls.banks = cls.industries

    def setUp(self):
        super().setUp()
        self.dimension.fallback_class_id = self.make_class("REST")
        model = "res.partner.industry"
        self.values = self.make_class("FARMS", res_model=model, res_id=self.farms.id)
        self.values |= self.make_class("SHOPS", res_model=model, res_id=self.shops.id, active=False)
        self.make_class("COUNTRY", res_model="res.country", res_id=self.banks.id)

    def preferring(self, *industries):
        return ("industry_id",), *((industry and industry.id,) for industry in industries)

    def test_classes_that_stand_for_values(self):
        self.assertEqual(value_classes(self.dimension), self.values)

    def test_class_of_a_preference(self):
        preferring = self.preferring(self.farms, self.shops, self.mills, self.banks, None, self.farms)
        found = [code for code, _missing in self.placed(*preferring)]
        self.assertEqual(found, ["FARMS", "REST", "REST", "REST", "REST", "FARMS"])

    def test_values_without_a_class(self):
        columns, *rows = self.preferring(self.farms, self.mills, self.shops, None, self.mills, self.banks)
        table = SQL("%s AS preferred", self.rows(columns, rows))
        found = unmapped_values(self.dimension, self.scope, table)
        self.assertEqual(sorted(found), (self.mills | self.banks).ids)
