"""Method ``mapping``: postal codes, cities, states, countries, industries; and the record a metric gives."""

import unicodedata
from dataclasses import dataclass, replace
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import SQL, Query, mute_logger

from ..engine.rule import ROW
from ..engine.rules import compile_rule
from ..engine.scope import Scope
from .common import AS_OF, SegmentationCommon

# -- the written rules in slow, obvious Python -----------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where a customer is and what it does; None: nobody knows."""

    zip: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    industry: str | None = None


@dataclass(frozen=True)
class Region:
    """A class."""

    code: str
    own: bool = False
    zips: frozenset = frozenset()
    cities: frozenset = frozenset()
    states: frozenset = frozenset()
    countries: frozenset = frozenset()
    industries: frozenset = frozenset()

    @property
    def is_part_of_countries(self):
        return bool(self.zips or self.cities)


FACTS = ("zip", "city", "state", "country", "industry")
NAMES = {"zip": "zip", "city": "city", "state": "state_id", "country": "country_id", "industry": "industry_id"}
OWN_COUNTRY = "XA"


def plain(text):
    return unicodedata.normalize("NFKC", text or "").strip().lower()


def plain_zip(text):
    return plain(text).upper().replace(" ", "").replace("-", "")


def country_of(state):
    return state[:2]


def expected(place, regions, fallback, undecided):
    """Code of the class, and the missing facts, most specific first."""
    missing = []
    for own in (True, False):
        candidates = [region for region in regions if region.own == own]
        for fact in FACTS:
            found, absent = decide(fact, place, candidates)
            if found:
                if missing and undecided == "fallback":
                    found = fallback
                return found, named(missing)
            missing += absent
    if missing and undecided == "certain":
        return None, named(missing)
    return fallback, named(missing)


def named(missing):
    return ",".join(NAMES[fact] for fact in FACTS if fact in missing) or None


def decide(fact, place, regions):
    """Class that the fact leads to, and what must be known to say so."""
    if fact in ("zip", "city"):
        return decide_part_of_country(fact, place, regions)
    value = getattr(place, fact)
    mapped = {}
    for region in regions:
        if fact == "state":
            values = [state for state in region.states if not region.own or country_of(state) == OWN_COUNTRY]
        elif fact == "country":
            values = [] if region.is_part_of_countries else countries(region)
        else:
            values = region.industries
        mapped |= dict.fromkeys(values, region.code)
    if value:
        return mapped.get(value), []
    if fact == "state" and mapped:
        if not place.country:
            return None, ["country"]
        return None, ["state"] if place.country in map(country_of, mapped) else []
    return None, [fact] if mapped else []


def decide_part_of_country(fact, place, regions):
    entries = []  # country, entry, class
    for region in regions:
        for entry in region.zips if fact == "zip" else region.cities:
            entries += [(country, entry, region.code) for country in countries(region)]
    if entries and not place.country:
        return None, ["country"]
    entries = [(entry, code) for country, entry, code in entries if country == place.country]
    if fact == "city":
        matching = [code for entry, code in entries if plain(entry) == plain(place.city)]
    else:
        entries.sort(key=lambda item: len(item[0]), reverse=True)
        matching = [code for entry, code in entries if plain_zip(place.zip).startswith(entry)]
    if matching:
        return matching[0], []
    known = plain_zip(place.zip) if fact == "zip" else plain(place.city)
    return None, [fact] if entries and not known else []


def countries(region):
    return region.countries & {OWN_COUNTRY} if region.own else region.countries


# -- random worlds ---------------------------------------------------------------------------------

pick = st.sampled_from
ZIPS = [None, None, "", " - ", "200120", "20-01 20", "２００", "210000", "sw1a 1aa", "SW19", "2", "9_", "%"]
CITIES = [None, None, "", "上海", " Shanghai ", "SHANGHAI", "Xi\u0301an", "%", "S_zhou", "Suzhou"]
places = st.builds(
    lambda address, **values: Place(country=address[:2] or None, state=address if len(address) > 2 else None, **values),
    pick(["", "XA", "XA", "XB", "XC", "XA-1", "XA-2", "XB-1"]),
    zip=pick(ZIPS),
    city=pick(CITIES),
    industry=pick([None, "Farms", "Shops"]),
)


@st.composite
def region_lists(draw):
    """Classes that claim nothing twice."""
    regions, claimed = [], set()
    for number in range(draw(st.integers(2, 4))):
        own = draw(pick([False, False, True]))
        drawn = {
            "countries": draw(st.frozensets(pick(["XA", "XB", "XC"]))),
            "states": draw(st.frozensets(pick(["XA-1", "XA-2", "XB-1"]))),
            "industries": frozenset() if own else draw(st.frozensets(pick(["Farms", "Shops"]))),
            "zips": draw(st.frozensets(pick(["2", "20", "200", "21", "SW1", "SW1A", "9"]))),
            "cities": draw(st.frozensets(pick(["上海", "shanghai", "X\u00edan", "%", "S_zhou"]))),
        }
        if draw(pick([True, True, False])):  # parts of countries
            drawn["countries"] |= {"XA"}
        else:
            drawn["zips"] = drawn["cities"] = frozenset()
        kept = {}
        for name in ("zips", "cities", "states", "countries", "industries"):
            if name == "countries" and (kept["zips"] or kept["cities"]):
                kept[name] = drawn[name]
                continue
            within = drawn["countries"] if name in ("zips", "cities") else [None]
            kept[name] = frozenset(
                value for value in drawn[name] if not any((own, name, value, where) in claimed for where in within)
            )
            claimed |= {(own, name, value, where) for value in kept[name] for where in within}
        regions.append(Region(f"R{number}", own, **kept))
    return tuple(regions)


class MappingCase(SegmentationCommon):
    """A mapping dimension of our own, the only one, and customers of our own, the only ones."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.segmentation_population = "[('ref', '=', 'mapping')]"
        cls.env["segmentation.dimension"].search([]).active = False
        cls.dimension = cls.region
        cls.dimension.active = True
        cls.records = {None: None}
        for code in ("XA", "XB", "XC"):
            cls.records[code] = cls.env["res.country"].create({"name": code, "code": code}).id
        for code in ("XA-1", "XA-2", "XB-1"):
            values = {"name": code, "code": code, "country_id": cls.records[code[:2]]}
            cls.records[code] = cls.env["res.country.state"].create(values).id
        for name in ("Farms", "Shops"):
            cls.records[name] = cls.env["res.partner.industry"].create({"name": name}).id
        cls.company.country_id = cls.records["XA"]
        cls.dimension.class_ids.active = False

    def region_class(self, region: Region):
        return self.make_class(
            self.dimension,
            region.code,
            own_country_only=region.own,
            zip_prefixes="\n".join(region.zips),
            cities=", ".join(region.cities),
            state_ids=[self.records[name] for name in region.states],
            country_ids=[self.records[name] for name in region.countries],
            industry_ids=[self.records[name] for name in region.industries],
        )

    @classmethod
    def values(cls, place: Place) -> dict:
        return {
            "zip": place.zip,
            "city": place.city,
            **{f"{fact}_id": cls.records[getattr(place, fact)] for fact in ("state", "country", "industry")},
        }

    @classmethod
    def customers(cls, *places):
        return cls.env["res.partner"].create(
            [{"name": str(place), "is_company": True, "ref": "mapping", **cls.values(place)} for place in places]
        )

    def explanation(self, partner):
        [found] = [line for line in self.profile(partner)._explain() if line.dimension == self.dimension]
        return found


@tagged("post_install", "-at_install")
class TestMappingOracle(MappingCase):
    @settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def test_random_regions(self, data):
        regions = data.draw(region_lists())
        fallback = data.draw(pick([None, *(region.code for region in regions)]))
        undecided = data.draw(pick(["certain", "fallback"]))
        before = data.draw(st.lists(places, min_size=4, max_size=10))
        after = [data.draw(st.none() | places) or place for place in before]
        with self.env.cr.savepoint() as savepoint:
            classes = {region.code: self.region_class(region) for region in regions}
            self.dimension.write({"undecided": undecided, "fallback_class_id": fallback and classes[fallback].id})
            partners = self.customers(*before)
            self.assertEqual(self.classify().state, "done")
            self.assert_agrees(partners, before, regions, fallback, undecided)
            changed = partners.browse()
            for partner, old, new in zip(partners, before, after, strict=True):
                if old != new:
                    partner.write(self.values(new))
                    changed += partner
            self.classify(changed)
            self.assert_agrees(partners, after, regions, fallback, undecided)
            self.assertFalse(self.classify().changed)
            savepoint.rollback()
            self.env.invalidate_all()

    def assert_agrees(self, partners, known, regions, fallback, undecided):
        for partner, place in zip(partners, known, strict=True):
            profile = self.profile(partner)
            stored = (profile[self.dimension.field_name].code or None, profile.missing_facts or None)
            self.assertEqual(stored, expected(place, regions, fallback, undecided), f"{place} {regions}")


@tagged("post_install", "-at_install")
class TestPlaces(MappingCase):
    """Postal codes and cities."""

    def region_of(self, place: Place):
        partner = self.customers(place)
        self.classify(partner)
        return self.code(partner, self.dimension)

    def test_longest_beginning_wins(self):
        self.region_class(Region("SHORT", zips={"20"}, countries={"XA"}))
        self.region_class(Region("LONG", zips={"2001"}, countries={"XA"}))
        self.assertEqual(self.region_of(Place(zip="200-120", country="XA")), "LONG")
        self.assertEqual(self.region_of(Place(zip="200 999", country="XA")), "SHORT")
        self.assertIsNone(self.region_of(Place(zip="200120", country="XB")))

    def test_same_beginning_in_two_countries(self):
        self.region_class(Region("A", zips={"20"}, countries={"XA"}))
        self.region_class(Region("B", zips={"20"}, countries={"XB"}))
        self.assertEqual(self.region_of(Place(zip="20", country="XB")), "B")

    def test_postal_code_beats_city_beats_state(self):
        self.region_class(Region("ZIP", zips={"20"}, countries={"XA"}))
        self.region_class(Region("CITY", cities={"上海"}, countries={"XA"}))
        self.region_class(Region("STATE", states={"XA-1"}))
        place = Place(zip="2000", city="上海", state="XA-1", country="XA")
        self.assertEqual(self.region_of(place), "ZIP")
        self.assertEqual(self.region_of(replace(place, zip="3000")), "CITY")
        self.assertEqual(self.region_of(replace(place, zip="3000", city="苏州")), "STATE")

    def test_countries_of_places_are_not_mapped_as_a_whole(self):
        self.region_class(Region("PART", zips={"20"}, countries={"XA"}))
        self.region_class(Region("WHOLE", countries={"XA", "XB"}))
        self.assertEqual(self.region_of(Place(zip="30", country="XA")), "WHOLE")

    def test_missing_only_where_it_matters(self):
        self.region_class(Region("A", zips={"20"}, countries={"XA"}))
        partners = self.customers(Place(country="XA"), Place(country="XB"), Place(zip="20"))
        self.classify()
        self.assertEqual([self.profile(partner).missing_facts for partner in partners], ["zip", False, "country_id"])
        self.assertEqual(self.profile(partners[0]).missing_fact_names, "Zip")

    def test_special_characters_stand_for_themselves(self):
        self.region_class(Region("WILD", cities={"S_zhou", "%"}, countries={"XA"}))
        self.assertIsNone(self.region_of(Place(city="Suzhou", country="XA")))
        self.assertEqual(self.region_of(Place(city="s_zhou", country="XA")), "WILD")
        self.assertEqual(self.region_of(Place(city="%", country="XA")), "WILD")

    def test_own_country_only(self):
        self.region_class(Region("OWN", own=True, zips={"20"}, countries={"XA", "XB"}))
        self.region_class(Region("REST", countries={"XA", "XB"}))
        self.assertEqual(self.region_of(Place(zip="20", country="XA")), "OWN")
        self.assertEqual(self.region_of(Place(zip="20", country="XB")), "REST")

    def test_entries_are_tidied(self):
        cls = self.region_class(Region("A", zips={"sw1a", " 20-1；20 1", "-"}, countries={"XA"}))
        self.assertEqual(cls.zip_prefixes, "201, SW1A")
        cls.cities = " 上海、Suzhou\nSUZHOU ，\n"
        self.assertEqual(cls.cities.split(", "), ["上海", "Suzhou"])
        self.assertEqual(cls.rule, "XA: 201, SW1A, 上海, Suzhou")

    def test_claimed_twice(self):
        self.region_class(Region("A", zips={"20"}, cities={"Xi'an"}, countries={"XA"}))
        for values in ({"zips": {"2 0"}}, {"cities": {"XI'AN"}}):
            # with a savepoint, unlike assertRaisesRegex
            with self.subTest(values), self.assertRaises(ValidationError) as caught:
                self.region_class(Region("B", countries={"XA"}, **values))
            self.assertRegex(str(caught.exception), r"\(XA\).* is mapped to class “B” and to class “A”")
        self.region_class(Region("B", zips={"201"}, countries={"XA"}))
        self.region_class(Region("C", zips={"20"}, countries={"XB"}))

    def test_places_need_a_country(self):
        with self.assertRaisesRegex(ValidationError, "Choose in Countries"):
            self.region_class(Region("A", zips={"20"}))
        with self.assertRaisesRegex(ValidationError, "“20\\*” is not how a postal code begins"):
            self.region_class(Region("B", zips={"20*"}, countries={"XA"}))

    def test_explanation_and_evidence(self):
        self.region_class(Region("A", zips={"20"}, countries={"XA"}))
        self.region_class(Region("B", cities={"Suzhou"}, countries={"XA"}))
        partner = self.customers(Place(zip="200120", country="XA"))
        self.classify()
        self.assertEqual(self.explanation(partner).reason, "Zip 200120 begins with 20")
        partner.write({"zip": "3", "city": " suzhou"})
        self.classify(partner)
        self.assertEqual(self.explanation(partner).reason, "City: suzhou")
        change = self.env["segmentation.change"].search([("partner_id", "=", partner.id)])
        self.assertEqual(
            change.evidence, {"partner_zip": "3", "partner_city": " suzhou", "partner_country_id": self.records["XA"]}
        )
        partner.city = "Nowhere"
        self.classify(partner)
        self.assertEqual(self.explanation(partner).reason, "no class is mapped to 3, Nowhere, XA")

    def test_new_address_touches_the_customer(self):
        partner = self.customers(Place())
        self.env.cr.precommit.run()
        Touch = self.env["segmentation.touch"].sudo()
        for values in ({"zip": "1"}, {"city": "X"}):
            Touch.search([]).unlink()
            partner.write(values)
            self.env.cr.precommit.run()
            self.assertEqual(Touch.search([]).partner_id, partner)

    def test_nothing_is_computed_from_what_no_class_uses(self):
        scope = Scope(self.env, self.company.id, AS_OF)
        cls = self.region_class(Region("A", countries={"XA"}))

        def sql():
            query = Query(scope.env, ROW)
            rule = compile_rule(self.dimension, scope, query)
            return query.select(rule.class_id, rule.missing).code

        self.assertNotIn("partner_zip", sql())
        cls.zip_prefixes = "20"
        self.assertIn("partner_zip", sql())
        self.assertNotIn("partner_city", sql())


@tagged("post_install", "-at_install")
class TestPreference(MappingCase):
    """Classes for the records that a metric gives: here a lead's colour is the number of a category."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.model.fields"].create(
            {
                "name": "x_favourite_id",
                "model_id": cls.env["ir.model"]._get_id("segmentation.profile"),
                "ttype": "many2one",
                "relation": "product.category",
                "on_delete": "set null",
                "state": "manual",
            }
        )
        cls.metric = cls.env["segmentation.metric"].create(
            {
                "name": "Favourite",
                "code": "FAVOURITE",
                "model_id": cls.env["ir.model"]._get_id("crm.lead"),
                "partner_path": "partner_id.commercial_partner_id",
                "aggregate": "max",
                "measure_field_id": cls.env["ir.model.fields"]._get("crm.lead", "color").id,
                "domain": "[('color', '>', 0)]",
            }
        )
        cls.set_metric(field_name="x_favourite_id")
        cls.dimension.metric_id = cls.metric
        cls.goods = cls.env["product.category"].create({"name": "Goods"})
        cls.phones, cls.tools = cls.env["product.category"].create(
            [{"name": "Phones", "parent_id": cls.goods.id}, {"name": "Tools & Co."}]
        )

    @classmethod
    def set_metric(cls, **values):
        """Write what no administrator may."""
        [(name, value)] = values.items()
        cls.env.flush_all()
        cls.env.cr.execute(
            SQL("UPDATE segmentation_metric SET %s = %s WHERE id = %s", SQL.identifier(name), value, cls.metric.id)
        )
        cls.env.invalidate_all()

    def favouring(self, *categories):
        """Customers of these favourite categories."""
        partners = self.customers(*[Place() for _category in categories])
        for partner, category in zip(partners, categories, strict=True):
            if category:
                self.env["crm.lead"].create(
                    {"name": "Lead", "partner_id": partner.id, "color": category.id, "company_id": self.company.id}
                )
        return partners

    def classes(self):
        return self.dimension.with_context(active_test=False).class_ids.filtered("res_id")

    def classes_of(self, partners):
        return [self.profile(partner)[self.dimension.field_name] for partner in partners]

    def test_classes_are_made_as_needed(self):
        partners = self.favouring(self.tools, self.phones, None, self.tools)
        self.assertEqual(self.classify().state, "done")
        self.assertEqual(
            [(cls.code, cls.name, cls.res_id) for cls in self.classes()],
            [("PHONES", "Goods / Phones", self.phones.id), ("TOOLS_CO", "Tools & Co.", self.tools.id)],
        )
        codes = [cls.code for cls in self.classes_of(partners)]
        self.assertEqual(codes, ["TOOLS_CO", "PHONES", False, "TOOLS_CO"])
        self.assertFalse(self.classify().changed)
        self.assertEqual(self.classes()[0].rule, "Favourite: Goods / Phones")

    def test_no_preference_is_no_missing_fact(self):
        self.dimension.fallback_class_id = self.make_class(self.dimension, "NONE")
        [partner] = self.favouring(None)
        self.classify()
        self.assertClass(partner, self.dimension, "NONE")
        self.assertFalse(self.profile(partner).missing_facts)
        self.assertEqual(self.explanation(partner).reason, "Favourite: none")

    def test_evaluation_of_one_customer_makes_classes_too(self):
        first, second = self.favouring(self.tools, self.phones)
        self.classify(first)
        self.assertEqual(self.classes().mapped("code"), ["TOOLS_CO"])
        self.classify(second)
        self.assertClass(second, self.dimension, "PHONES")
        self.assertFalse(self.classify().changed)

    def test_salesperson_makes_classes_by_reclassifying(self):
        [partner] = self.favouring(self.tools)
        run = self.env["segmentation.run"].with_user(self.salesperson)._classify(self.company, "manual", partner, AS_OF)
        self.assertEqual(run.state, "done", run.error)
        self.assertClass(partner, self.dimension, "TOOLS_CO")

    def test_new_classes_outdate_nothing(self):
        self.favouring(self.tools)
        version = self.dimension.rule_version
        waiting = self.env["segmentation.run"].search_count([("state", "=", "queued")])
        self.classify()
        self.assertEqual(self.dimension.rule_version, version)
        self.assertFalse(self.dimension.with_company(self.company).is_outdated)
        self.assertEqual(self.env["segmentation.run"].search_count([("state", "=", "queued")]), waiting)
        self.classes().active = False
        self.assertGreater(self.dimension.rule_version, version)

    def test_part_of_the_parent_s_class(self):
        self.favouring(self.phones, self.goods)
        self.classify()
        goods, phones = self.classes()
        self.assertEqual((goods.res_id, phones.parent_id), (self.goods.id, goods))

    def test_parent_without_a_class(self):
        self.favouring(self.phones)
        self.classify()
        self.assertFalse(self.classes().parent_id)

    def test_archived_class_has_no_customers(self):
        rest = self.make_class(self.dimension, "REST")
        self.dimension.fallback_class_id = rest
        partners = self.favouring(self.tools)
        self.classify()
        self.classes().active = False
        self.classify()
        self.assertEqual(self.classes_of(partners), [rest])
        self.assertEqual(len(self.classes()), 1)
        self.assertEqual(self.explanation(partners).reason, "no class is mapped to Favourite: Tools & Co.")

    def test_deleted_category(self):
        [partner] = self.favouring(self.tools)
        self.classify()
        cls = self.classes()
        self.env["crm.lead"].search([("partner_id", "=", partner.id)]).color = 0
        self.tools.unlink()
        self.classify()
        self.assertFalse(self.classes_of(partner)[0])
        self.assertEqual(cls.rule, "Nobody: the record it stands for was deleted")
        change = self.env["segmentation.change"].search([("partner_id", "=", partner.id)])
        self.assertEqual(change.from_class_id, cls)

    def test_same_name_other_code(self):
        other = self.env["product.category"].create({"name": "tools & co"})
        self.make_class(self.dimension, "PHONES")
        self.favouring(self.tools, other, self.phones)
        self.classify()
        codes = {cls.res_id: cls.code for cls in self.classes()}
        self.assertEqual(
            [codes[category.id] for category in (self.tools, other, self.phones)],
            ["TOOLS_CO", f"TOOLS_CO_{other.id}", f"PHONES_{self.phones.id}"],
        )

    def test_names_in_every_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        country = self.env.ref("base.de")
        country.with_context(lang="zh_CN").name = "德国"
        cls = self.make_class(self.dimension, "X")
        cls._name_after(country, "name")
        self.assertEqual((cls.name, cls.with_context(lang="zh_CN").name), ("Germany", "德国"))

    def test_evidence_and_explanation(self):
        [partner] = self.favouring(self.tools)
        self.classify()
        self.assertEqual(self.explanation(partner).reason, "Favourite: Tools & Co.")
        self.env["crm.lead"].search([("partner_id", "=", partner.id)]).color = self.phones.id
        self.classify()
        change = self.env["segmentation.change"].search([("partner_id", "=", partner.id)])
        self.assertEqual(change.evidence, {"x_favourite_id": self.phones.id})

    @mute_logger("odoo.addons.partner_segmentation.engine.evaluate")
    def test_metric_that_cannot_be_computed(self):
        """The dimension keeps its classes, and the others get theirs."""
        [partner] = self.favouring(self.tools)
        self.classify()
        self.set_metric(domain="[('no', '=', 1)]")
        self.assertEqual(self.classify().state, "partial")
        self.assertClass(partner, self.dimension, "TOOLS_CO")

    @mute_logger("odoo.addons.partner_segmentation.engine.evaluate")
    def test_classes_that_cannot_be_made(self):
        """Whatever is raised: the dimension keeps its classes and says why, and the others get theirs."""
        self.stage.active = True
        [partner, other] = self.favouring(self.tools, None)
        self.classify()
        self.assertClass(partner, self.dimension, "TOOLS_CO")
        for error in (ValidationError("No name"), TypeError("No name"), None):
            self.env["crm.lead"].search([("partner_id", "=", partner.id)]).color = self.phones.id
            self.invoice(other, 100)
            with patch.object(type(self.dimension), "_create_value_classes", autospec=True) as make:
                make.side_effect = error or (lambda dimension, _ids: self.env.cr.execute("SELECT no_such_column"))
                with mute_logger("odoo.sql_db"):
                    run = self.classify()
            self.assertEqual(run.state, "partial")
            self.assertIn("No name" if error else "no_such_column", run.error)
            self.assertClass(partner, self.dimension, "TOOLS_CO")
            self.assertClass(other, self.stage, "CLOSED")
        self.assertEqual(self.classify().state, "done")
        self.assertClass(partner, self.dimension, "PHONES")

    def test_metric_must_give_a_record(self):
        with self.assertRaisesRegex(ValidationError, "gives no record"):
            self.dimension.metric_id = self.env.ref("partner_segmentation.metric_revenue_12m")

    def test_other_model_other_classes(self):
        """Classes made for a metric's records do not stand for the records of another model."""
        partners = self.favouring(self.tools)
        self.classify()
        self.classes().res_model = "product.template"
        self.classify()
        self.assertEqual([cls.code for cls in self.classes_of(partners)], [f"TOOLS_CO_{self.tools.id}"])


@tagged("post_install", "-at_install")
class TestCategoryBoughtMost(MappingCase):
    """The product category of which a customer orders most."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.registry.reset_changes)

    def test_category_bought_most(self):
        Metric = self.env["segmentation.metric"]
        self.dimension.metric_id = Metric.create(
            {
                "name": "Category bought most",
                "code": "CATEGORY",
                "aggregate": "argmax",
                "model_id": self.env["ir.model"]._get_id("sale.order.line"),
                "partner_path": "order_id.partner_id.commercial_partner_id",
                "group_path": "product_id.categ_id",
                "measure_field_id": self.env["ir.model.fields"]._get("sale.order.line", "product_uom_qty").id,
                "domain": "[('state', '=', 'sale')]",
            }
        )
        phones, tools = self.env["product.category"].create([{"name": "Phones"}, {"name": "Tools"}])
        self.product_a.categ_id = phones
        self.product_b.categ_id = tools
        [partner, other] = self.customers(Place(), Place())
        for product, quantity in ((self.product_a, 6), (self.product_a, 5), (self.product_b, 10)):
            line = Command.create({"product_id": product.id, "product_uom_qty": quantity})
            values = {"partner_id": partner.id, "company_id": self.company.id, "order_line": [line]}
            self.env["sale.order"].create(values).action_confirm()
        self.classify()
        self.assertClass(partner, self.dimension, "PHONES")
        self.assertClass(other, self.dimension, None)
        self.product_a.categ_id = tools
        self.classify(partner)
        self.assertClass(partner, self.dimension, "TOOLS")
        self.assertFalse(self.classify().changed)


@tagged("post_install", "-at_install")
class TestFormViews(MappingCase):
    def test_fields_of_the_class_form(self):
        arch = self.env["segmentation.class"].get_view(view_type="form")["arch"]
        for name in ("zip_prefixes", "cities", "res_id"):
            self.assertIn(f'name="{name}"', arch)
