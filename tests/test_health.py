from ast import literal_eval
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from lxml import etree

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..health.finding import KINDS
from ..models.segmentation_queued import SegmentationQueued
from .common import AS_OF, SegmentationCommon

STATES = ("BJ", "SH", "GD")


@tagged("post_install", "-at_install")
class TestHealth(SegmentationCommon):
    """Every finding comes with what is wrong, says how many and how much, and goes with its remedy."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.industries = [cls.env.ref(f"base.res_partner_industry_{code}") for code in "CGJ"]
        cls.states = [cls.env.ref(f"base.state_cn_{code}") for code in STATES]
        # Only these, whatever else there is in the database.
        cls.company.segmentation_population = "[('ref', '=like', 'HEALTH-%')]"
        # 30 customers, ten in each class of size, sector and region, so that no dimension follows another one.
        cls.customers = cls.env["res.partner"].create([cls.facts(index) for index in range(30)])
        for partner in cls.customers[:10]:
            cls.invoice(partner, 1000.0)
        for partner in cls.customers[20:]:
            cls.env["crm.lead"].create(
                {"name": "Lead", "type": "opportunity", "partner_id": partner.id, "company_id": cls.company.id}
            )
        cls.env["segmentation.run"].search([]).sudo().unlink()
        cls.classify()
        cls.health = cls.env["segmentation.health"].with_company(cls.company)
        cls.jobs = [
            cls.env.ref(f"partner_segmentation.cron_{name}")
            for name in ("classify", "work", "classify_touched", "health")
        ]
        for job in cls.jobs:
            job.write({"active": True, "failure_count": 0})
        # Days pass in these tests, and nobody works off the jobs of queue_job: see test_elsewhere_queue_job.py.
        cls.classPatch(SegmentationQueued, "_count_late_jobs", lambda _model, _company: 0)
        cls.manager = new_test_user(
            cls.env,
            "segmentation_health",
            "partner_segmentation.group_manager,base.group_partner_manager,account.group_account_readonly",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def facts(cls, index) -> dict:
        return {
            "name": f"Customer {index}",
            "ref": f"HEALTH-{index}",
            "is_company": True,
            "employee_count": (10, 100, 300)[index % 3],
            "annual_turnover": 1.0,
            "industry_id": cls.industries[index // 3 % 3].id,
            "country_id": cls.china.id,
            "state_id": cls.states[index // 9 % 3].id,
        }

    def check(self):
        return self.health._check(self.company)

    def found(self, kind, dimension=None):
        """Findings of a kind in a new check."""
        findings = self.check().finding_ids.filtered(lambda finding: finding.kind == kind)
        return findings.filtered(lambda finding: dimension in finding.dimension_ids) if dimension else findings

    def assertFound(self, finding, customers, revenue=0.0):  # noqa: N802
        self.assertEqual(len(finding), 1)
        self.assertEqual((finding.customers, finding.revenue), (customers, revenue))
        self.assertTrue(finding.name)

    def remedy(self, finding):
        """What the button of the finding answers to a manager without technical rights."""
        return finding.with_user(self.manager).with_company(self.company).action_remedy()

    def assertOpens(self, action, records):  # noqa: N802
        self.assertEqual(action["type"], "ir.actions.act_window")
        self.assertEqual(action["res_model"], records._name)
        if action.get("res_id"):
            self.assertEqual(action["res_id"], records.id)
        else:
            domain = Domain(action["domain"] or Domain.TRUE) & self.filters(action)
            model = self.env[action["res_model"]].with_user(self.manager).with_company(self.company)
            self.assertEqual(set(model.search(domain).ids), set(records.ids))

    def filters(self, action):
        """Domain of the filters that the action switches on."""
        names = [name for name in action["context"] if name.startswith("search_default_")]
        if not names:
            return Domain.TRUE
        view = self.env["ir.ui.view"].browse(action["search_view_id"] and action["search_view_id"][0])
        view = view or self.env.ref("partner_segmentation.segmentation_override_view_search")
        arch = etree.fromstring(view.arch)
        nodes = [arch.find(f".//filter[@name='{name.removeprefix('search_default_')}']") for name in names]
        return Domain.AND(literal_eval(node.get("domain")) for node in nodes)

    # -- the healthy world ---------------------------------------------------------------------

    def test_nothing_is_wrong(self):
        check = self.check()
        self.assertEqual(check.finding_ids.mapped("name"), [])
        self.assertEqual((check.score, check.customers, check.revenue), (100, 30, 10_000.0))

    # -- unclear standard ----------------------------------------------------------------------

    def test_dimension_without_rules(self):
        dimension = self.env["segmentation.dimension"].create({"name": "Empty", "code": "EMPTY", "method": "criteria"})
        self.make_class(dimension, "A")
        self.classify()
        finding = self.found("no_rules", dimension)
        self.assertFound(finding, 30, 10_000.0)
        self.assertEqual(finding.points, 20)
        self.assertIn("Empty", finding.name)
        self.assertOpens(self.remedy(finding), dimension)
        dimension.active = False
        self.classify()
        self.assertFalse(self.found("no_rules"))

    def test_class_nobody_can_reach(self):
        cls = self.make_class(self.size, "XL", sequence=1)
        finding = self.found("unreachable", self.size)
        self.assertFound(finding, 0)
        self.assertEqual(finding.class_ids, cls)
        self.assertOpens(self.remedy(finding), cls)
        cls.active = False
        self.assertFalse(self.found("unreachable"))

    def test_condition_after_one_that_takes_everybody(self):
        late = self.make_class(self.stage, "LATE", domain="[('employee_count', '>', 5)]", sequence=99)
        none = self.make_class(self.stage, "NONE", sequence=1)
        finding = self.found("unreachable", self.stage)
        self.assertEqual(finding.class_ids, late | none)
        self.assertOpens(self.remedy(finding), self.stage)
        (late | none).active = False
        self.assertFalse(self.found("unreachable"))

    def test_class_mapped_from_nothing(self):
        group = self.make_class(self.industry, "GROUP")
        cls = self.make_class(self.industry, "NOTHING", parent_id=group.id)
        finding = self.found("unreachable", self.industry)
        self.assertEqual(finding.class_ids, cls)  # the group is there for its parts
        households = self.env.ref("base.res_partner_industry_T")
        self.env.ref("partner_segmentation.class_industry_other").industry_ids -= households
        cls.industry_ids = households
        self.assertFalse(self.found("unreachable"))

    def test_bound_above_everybody(self):
        large = self.env.ref("partner_segmentation.class_size_large")
        self.bound("large", "employee_count", 5000)
        self.classify()
        finding = self.found("too_high", self.size)
        self.assertFound(finding, 0)
        self.assertEqual(finding.class_ids, large)
        self.assertOpens(self.remedy(finding), large)
        self.bound("large", "employee_count", 300)  # the bound itself belongs to the class
        self.classify()
        self.assertFalse(self.found("too_high"))

    def test_customers_without_class(self):
        self.industry.fallback_class_id = False
        lost = self.customers[9] | self.customers[0]
        lost.industry_id = False
        self.classify()
        finding = self.found("without_class", self.industry)
        self.assertFound(finding, 2, 2000.0)
        self.assertEqual(finding.points, 2.0)  # a fifth of the revenue, of 10 points
        self.assertOpens(self.remedy(finding), lost)
        lost.industry_id = self.industries[0]
        self.classify()
        self.assertFalse(self.found("without_class"))

    def test_customers_outside_a_dimension_are_not_without_class(self):
        self.size.domain = "[('employee_count', '>', 50)]"
        self.classify()
        self.assertEqual(self.profile(self.customers[0]).size_class_id.id, False)
        self.assertFalse(self.found("without_class"))

    def test_customers_without_class_among_those_a_dimension_is_for(self):
        """The remedy opens these, and not those whom the dimension leaves out."""
        self.industry.write({"domain": "[('employee_count', '>', 50)]", "fallback_class_id": False})
        lost = self.customers[1]
        (lost | self.customers[0]).industry_id = False
        self.classify()
        finding = self.found("without_class", self.industry)
        self.assertFound(finding, 1, 1000.0)
        self.assertOpens(self.remedy(finding), self.profile(lost))

    # -- too crude, too fine -------------------------------------------------------------------

    def test_one_class_holds_nearly_all(self):
        self.customers[:24].employee_count = 10
        self.customers[24:].employee_count = 100
        self.classify()
        self.assertFalse(self.found("one_class"))  # 80 % is not more than 80 %
        self.customers[24].employee_count = 10
        self.classify()
        finding = self.found("one_class", self.size)
        self.assertFound(finding, 25, 10_000.0)
        self.assertEqual(finding.number, 83)
        self.assertIn("Small", finding.name)
        self.assertOpens(self.remedy(finding), self.size)

    def test_few_classes(self):
        self.customers.filtered(lambda partner: partner.employee_count == 300).employee_count = 100
        self.classify()
        finding = self.found("few_classes", self.size)
        self.assertFound(finding, 30, 10_000.0)
        self.assertEqual(finding.number, 2)
        self.customers[0].employee_count = 300
        self.classify()
        self.assertFalse(self.found("few_classes"))

    def test_dimensions_that_say_the_same(self):
        dimension = self.env["segmentation.dimension"].create(
            {"name": "Again", "code": "AGAIN", "method": "domain", "sequence": 90}
        )
        for cls in self.size.class_ids:
            self.make_class(dimension, cls.code, domain=f"[('size_class_id', '=', {cls.id})]")
        self.classify()
        finding = self.found("same")
        self.assertFound(finding, 30, 10_000.0)
        self.assertEqual(finding.dimension_ids, self.size | dimension)
        self.assertOpens(self.remedy(finding), self.size | dimension)
        # As many customers in each class, but others.
        self.customers[0].employee_count, self.customers[1].employee_count = 100, 10
        self.env["segmentation.override"].create(
            [
                {
                    "partner_id": partner.id,
                    "dimension_id": dimension.id,
                    "class_id": dimension.class_ids.filtered(lambda cls, code=code: cls.code == code).id,
                    "company_id": self.company.id,
                }
                for partner, code in zip(self.customers[:2], ("S", "M"), strict=True)
            ]
        )
        self.classify()
        self.assertFalse(self.found("same"))

    def test_tiny_classes_are_one_finding(self):
        self.customers[:4].state_id = self.env.ref("base.state_cn_XJ")
        self.customers[9:12].state_id = self.env.ref("base.state_cn_XZ")
        self.classify()
        finding = self.found("tiny", self.region)
        self.assertFound(finding, 7, 5000.0)
        self.assertEqual(finding.number, 2)
        self.assertOpens(self.remedy(finding), self.region)
        (self.customers[:9] | self.customers[27:]).state_id = self.env.ref("base.state_cn_XJ")
        self.customers[9:18].state_id = self.env.ref("base.state_cn_XZ")
        self.classify()
        self.assertFalse(self.found("tiny"))

    # -- out of date ---------------------------------------------------------------------------

    def test_never_evaluated(self):
        self.env["segmentation.run"].sudo().search([("company_id", "=", self.company.id)]).unlink()
        finding = self.found("never_evaluated")
        self.assertFound(finding, 30, 10_000.0)
        action = self.remedy(finding)
        run = self.env["segmentation.run"].browse(action["res_id"])
        self.assertEqual((run.state, run.scope, run.company_id), ("queued", "all", self.company))
        self.classify()
        self.assertFalse(self.found("never_evaluated"))

    def test_evaluated_long_ago(self):
        later = fields.Datetime.now() + timedelta(days=3, hours=1)
        with freeze_time(later):
            finding = self.found("long_ago")
            self.assertFound(finding, 30, 10_000.0)
            self.assertEqual(finding.number, 3)
            self.assertEqual(self.remedy(finding)["res_model"], "segmentation.run")
        self.assertFalse(self.found("long_ago"))

    def test_outdated_rules_are_one_finding(self):
        self.bound("large", "employee_count", 299)
        self.industry.fallback_class_id = False
        finding = self.found("outdated")
        self.assertEqual(finding.dimension_ids, self.size | self.industry)
        self.assertOpens(self.remedy(finding), self.queued())
        self.classify()
        self.assertFalse(self.found("outdated"))

    def queued(self):
        return self.env["segmentation.run"].search(
            [("company_id", "=", self.company.id), ("state", "=", "queued"), ("scope", "=", "all")]
        )

    def test_last_run_failed(self):
        run = self.env["segmentation.run"].search([("company_id", "=", self.company.id)], limit=1)
        for state, kind in (("failed", "run_failed"), ("partial", "run_partial")):
            run.sudo().state = state
            finding = self.found(kind)
            self.assertFound(finding, 30, 10_000.0)
            self.assertOpens(self.remedy(finding), run)
        self.classify()
        self.assertFalse(self.found("run_failed") | self.found("run_partial"))

    def test_job_is_switched_on_by_a_manager(self):
        for job in self.jobs:
            job.active = False
            finding = self.found("job_off")
            self.assertFound(finding, 0)
            self.assertEqual(finding.points, 20)
            action = self.remedy(finding)
            self.assertEqual(action["tag"], "display_notification")
            self.assertTrue(job.active)
            self.assertFalse(self.found("job_off"))

    def test_job_that_fails_is_started(self):
        job = self.jobs[0]
        job.failure_count = 2
        finding = self.found("job_failing")
        self.assertFound(finding, 0)
        self.assertIn("2", finding.name)
        triggers = self.env["ir.cron.trigger"].sudo().search_count([("cron_id", "=", job.id)])
        self.remedy(finding)
        self.assertEqual(self.env["ir.cron.trigger"].sudo().search_count([("cron_id", "=", job.id)]), triggers + 1)
        job.failure_count = 0
        self.assertFalse(self.found("job_failing"))

    def test_deleted_job_says_what_to_do(self):
        self.jobs[1].unlink()
        finding = self.found("job_off")
        with self.assertRaisesRegex(UserError, "Upgrade"):
            self.remedy(finding)

    def test_overrides_that_end(self):
        self.manager.tz = self.company.partner_id.tz  # filters know the day of the user, checks that of the company
        today = self.env["segmentation.run"]._today(self.company)
        override = self.env["segmentation.override"].create(
            {
                "partner_id": self.customers[0].id,
                "dimension_id": self.size.id,
                "class_id": self.size.class_ids[0].id,
                "company_id": self.company.id,
                "until": today + timedelta(days=30),
            }
        )
        finding = self.found("overrides_expiring")
        self.assertFound(finding, 1, 1000.0)
        self.assertOpens(self.remedy(finding), override)
        override.until = today + timedelta(days=31)
        self.assertFalse(self.found("overrides_expiring"))
        override.until = today - timedelta(days=1)
        finding = self.found("overrides_expired")
        self.assertFound(finding, 1, 1000.0)
        self.assertOpens(self.remedy(finding), override)
        override.with_user(self.manager).action_end()
        self.assertFalse(self.found("overrides_expired"))

    # -- incomplete data -----------------------------------------------------------------------

    def test_missing_facts(self):
        for name, partners, revenue in (
            ("employee_count", self.customers[8:12], 2000.0),
            ("annual_turnover", self.customers[9:11], 1000.0),  # the next one is large by its employees
            ("industry_id", self.customers[0:3], 3000.0),
            ("state_id", self.customers[20:21], 0.0),
        ):
            kept = {partner: partner[name] for partner in partners}
            partners[name] = False
            self.classify()
            findings = self.found("missing")
            self.assertEqual(findings.mapped("subject"), [name])
            self.assertFound(findings, len(partners), revenue)
            self.assertOpens(self.remedy(findings), partners)
            for partner, value in kept.items():
                partner[name] = value
            # What is known now is not missing, even before the customer is classified again.
            self.assertFalse(self.found("missing"), name)

    def test_facts_that_no_rule_asks_for_are_not_missing(self):
        self.assertFalse(any(self.customers.mapped("zip")))
        self.assertFalse(any(self.customers.mapped("total_assets")))
        self.assertFalse(self.found("missing"))

    def test_guesses_count_until_confirmed(self):
        self.customers[0].industry_id = False
        self.customers[0]._fill_in_guesses({"industry_id": self.industries[0].id})
        self.classify()
        self.assertFalse(self.found("missing"))
        finding = self.found("guessed")
        self.assertFound(finding, 1, 1000.0)
        self.assertOpens(self.remedy(finding), self.customers[0])
        self.customers[0].with_user(self.manager).action_confirm_guesses()
        self.assertFalse(self.found("guessed"))

    # -- the check -----------------------------------------------------------------------------

    def test_score_is_what_the_findings_leave(self):
        self.customers[:3].industry_id = False
        self.jobs[0].active = False
        self.classify()
        check = self.check()
        self.assertEqual(check.score, round(100 - sum(check.finding_ids.mapped("points"))))
        points = {finding.kind: finding.points for finding in check.finding_ids}
        # Three of ten with revenue: 30 % of the revenue, of 10 points each.
        self.assertEqual(points, {"job_off": 20.0, "missing": 3.0, "without_class": 3.0})
        self.assertEqual(check.finding_ids[0].kind, "job_off")  # the most serious first

    def test_score_is_never_negative(self):
        for index in range(6):
            self.env["segmentation.dimension"].create({"name": f"E{index}", "code": f"E{index}", "method": "criteria"})
        self.assertEqual(self.check().score, 0)

    def test_one_check_a_day(self):
        first = self.check()
        self.jobs[0].active = False
        again = self.check()
        self.assertEqual(first, again)
        self.assertEqual(len(again.finding_ids), 1)
        with freeze_time(fields.Datetime.now() + timedelta(days=1)):
            tomorrow = self.check()
        self.assertNotEqual(tomorrow, first)
        self.assertEqual((tomorrow.has_previous, tomorrow.previous_score, tomorrow.change), (True, 80, 0))

    def test_menu_opens_the_latest_check_and_makes_it(self):
        Health = self.env["segmentation.health"].with_user(self.manager)
        action = Health.action_open_latest()
        check = Health.browse(action["res_id"])
        self.assertEqual((check.company_id, action["views"]), (self.company, [(False, "form")]))
        self.jobs[0].active = False
        self.assertEqual(Health.action_open_latest()["res_id"], check.id)
        self.assertFalse(check.finding_ids)  # nothing was evaluated since
        check.sudo().checked_at -= timedelta(minutes=11)
        Health.action_open_latest()
        self.assertEqual(check.finding_ids.mapped("kind"), ["job_off"])
        self.jobs[1].active = False
        self.assertEqual(check.action_check_again()["res_id"], check.id)
        self.assertEqual(check.finding_ids.mapped("kind"), ["job_off", "job_off"])

    def test_what_was_mended_just_now_shows(self):
        self.industry.fallback_class_id = False
        self.customers[0].industry_id = False
        self.classify()
        check = self.check().with_user(self.manager).with_company(self.company)
        self.assertIn("without_class", check.finding_ids.mapped("kind"))
        self.customers[0].with_user(self.manager).industry_id = self.industries[0]
        self.env.cr.precommit.run()  # the end of that request
        check.action_check_again()
        self.assertNotIn("without_class", check.finding_ids.mapped("kind"))
        self.assertNotIn("missing", check.finding_ids.mapped("kind"))

    def test_texts_are_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.size.with_context(lang="zh_CN").name = "规模"
        self.make_class(self.size, "XL", sequence=1)
        finding = self.found("unreachable")
        self.assertIn("Size", finding.with_context(lang="en_US").name)
        self.assertIn("规模", finding.with_context(lang="zh_CN").name)

    def test_every_kind_has_text_and_remedy(self):
        finding = self.env["segmentation.health.finding"].new({"kind": "job_off", "subject": "cron_work"})
        texts = finding._texts()
        self.assertEqual(set(texts), set(KINDS))
        for kind in KINDS:
            finding.kind = kind
            self.assertTrue(hasattr(finding, f"_remedy_{finding._remedy()}"), kind)

    def test_every_remedy_is_a_valid_action_for_a_manager_without_other_rights(self):
        user = new_test_user(
            self.env, "health_remedies", "partner_segmentation.group_manager", company_id=self.company.id
        )
        run = self.env["segmentation.run"].search([("company_id", "=", self.company.id)], limit=1)
        subjects = dict.fromkeys(("job_off", "job_failing", "queue_late"), "cron_work") | {"missing": "industry_id"}
        for kind, (topic, severity) in KINDS.items():
            finding = (
                self.env["segmentation.health.finding"]
                .sudo()
                .create(
                    {
                        "health_id": self.check().id,
                        "kind": kind,
                        "topic": topic,
                        "severity": severity,
                        "subject": str(run.id) if kind.startswith("run_") else subjects.get(kind),
                        "dimension_ids": [
                            Command.set((self.size | self.region).ids if kind == "same" else self.size.ids)
                        ],
                        "class_ids": [Command.set(self.size.class_ids[:1].ids)],
                    }
                )
            )
            with self.subTest(kind):
                self.assertValid(finding.with_user(user).with_company(self.company).action_remedy(), user)

    def assertValid(self, action, user):  # noqa: N802
        """The client can show the action to the user: views, records and their order."""
        if action["type"] == "ir.actions.client":
            self.assertEqual(action["tag"], "display_notification")
            action = action["params"]["next"]
        self.assertEqual(action["type"], "ir.actions.act_window")
        model = self.env[action["res_model"]].with_user(user).with_company(self.company)
        views = model.get_views([(view_id, view_type) for view_id, view_type in action["views"]])["views"]
        if action.get("res_id"):
            self.assertTrue(model.browse(action["res_id"]).display_name)
            return
        order = etree.fromstring(views["list"]["arch"]).get("default_order")
        model.search(Domain(action["domain"] or Domain.TRUE), order=order, limit=1)

    # -- scheduled -----------------------------------------------------------------------------

    def activities(self):
        domain = [("res_model", "=", "segmentation.health"), ("user_id", "=", self.manager.id)]
        return self.env["mail.activity"].sudo().search(domain)

    def test_one_activity_when_it_gets_worse(self):
        self.check()
        day = fields.Datetime.now()
        with freeze_time(day + timedelta(days=1)):
            self.classify()
            self.check().sudo()._warn()
            self.assertFalse(self.activities())
        with freeze_time(day + timedelta(days=1, hours=23)):
            self.jobs[0].active = False
            check = self.check()
            check.sudo()._warn()
            self.assertEqual(len(self.activities()), 1)
            check.sudo()._warn()
            self.assertEqual(len(self.activities()), 1)
        with freeze_time(day + timedelta(days=2, hours=12)):
            self.jobs[1].active = False
            self.check().sudo()._warn()
            self.assertEqual(len(self.activities()), 1)  # one is open already
            self.activities().with_user(self.manager).action_done()
        with freeze_time(day + timedelta(days=3, hours=12)):
            self.check().sudo()._warn()  # as bad as the day before
        self.assertFalse(self.activities())

    def test_new_serious_finding_is_worth_an_activity_at_the_same_score(self):
        self.jobs[0].active = False
        self.check()
        self.jobs[0].active, self.jobs[1].active = True, False
        with freeze_time(fields.Datetime.now() + timedelta(days=1)):
            check = self.check()
            self.assertEqual(check.change, 0)
            check.sudo()._warn()
        self.assertEqual(len(self.activities()), 1)
        self.assertIn(self.jobs[1].name, self.activities().note)

    def test_first_check_warns_nobody(self):
        self.jobs[0].active = False
        self.check().sudo()._warn()
        self.assertFalse(self.activities())

    def test_job_checks_every_company(self):
        other = self.setup_other_company()["company"]
        self.run_jobs("cron_health")
        for company in (self.company, other):
            self.assertEqual(len(self.health.sudo().search([("company_id", "=", company.id)])), 1)

    @mute_logger("odoo.addons.partner_segmentation.models.segmentation_health")
    def test_a_check_that_fails_leaves_the_other_companies(self):
        other = self.setup_other_company()["company"]
        check = self.env.registry["segmentation.health"]._check

        def fail(self, company):
            if company == other:
                raise ValueError("broken rules")
            return check(self, company)

        with patch.object(self.env.registry["segmentation.health"], "_check", fail):
            self.run_jobs("cron_health")
        for company, number in ((self.company, 1), (other, 0)):
            self.assertEqual(len(self.health.sudo().search([("company_id", "=", company.id)])), number)

    def test_classes_that_only_people_set_leave_nobody_without(self):
        manual = self.env["segmentation.dimension"].create({"name": "VIP", "code": "VIP", "method": "manual"})
        self.addCleanup(self.registry.reset_changes)
        self.make_class(manual, "YES")
        self.classify()
        self.assertFalse(self.found("without_class", manual) | self.found("unreachable", manual))

    def test_customers_whose_value_is_not_known(self):
        metric = self.env.ref("partner_segmentation.metric_employee_count")
        groups = self.env["segmentation.dimension"].create(
            {"name": "Staff", "code": "STAFF", "method": "quantile", "metric_id": metric.id}
        )
        self.addCleanup(self.registry.reset_changes)
        self.make_class(groups, "ONE")
        self.customers[:3].employee_count = False
        self.classify()
        self.assertFound(self.found("without_class", groups), 3, 3000.0)

    def test_old_checks_are_removed(self):
        check = self.check()
        self.health.sudo()._gc_old_checks()
        self.assertTrue(check.exists())
        check.sudo().day = fields.Date.today() - timedelta(days=500)
        self.health.sudo()._gc_old_checks()
        self.assertFalse(check.exists())

    # -- access --------------------------------------------------------------------------------

    def test_others_see_nothing(self):
        check = self.check()
        for login, groups in (("reader", "partner_segmentation.group_user"), ("internal", "base.group_user")):
            user = new_test_user(self.env, f"health_{login}", groups, company_id=self.company.id)
            health = self.env["segmentation.health"].with_user(user)
            self.assertFalse(health.has_access("read"))
            with self.assertRaises(AccessError):
                health.action_open_latest()
            with self.assertRaises(AccessError):
                check.with_user(user).action_check_again()
            with self.assertRaises(AccessError):
                check.with_user(user).read(["score"])

    def test_user_cannot_switch_jobs_on(self):
        self.jobs[0].active = False
        finding = self.found("job_off")
        user = new_test_user(self.env, "health_jobs", "partner_segmentation.group_user", company_id=self.company.id)
        with self.assertRaises(AccessError):
            finding.with_user(user).action_remedy()
        self.assertFalse(self.jobs[0].active)

    def test_manager_cannot_forge_a_check(self):
        check = self.check().with_user(self.manager)
        for call in (
            lambda: check.write({"score": 100}),
            check.unlink,
            lambda: check.create({"company_id": self.company.id, "day": AS_OF, "checked_at": fields.Datetime.now()}),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_manager_without_sales_rights_sees_no_revenue(self):
        self.customers[:3].industry_id = False
        self.classify()
        user = new_test_user(self.env, "health_plain", "partner_segmentation.group_manager", company_id=self.company.id)
        check = self.env["segmentation.health"].browse(self.check().id).with_user(user)
        self.assertTrue(check.finding_ids[0].name)
        for records in (check, check.finding_ids):
            with self.assertRaises(AccessError):
                records.read(["revenue"])
        views = check.get_views([(False, "form"), (False, "list"), (False, "graph")])["views"]
        self.assertNotIn('name="revenue"', views["form"]["arch"])
        self.assertOpens(check.finding_ids[:1].action_remedy(), self.customers[:3])

    def test_remedy_of_another_company_opens_its_customers(self):
        self.customers[:3].industry_id = False
        self.classify()
        other = self.setup_other_company()["company"]
        user = new_test_user(
            self.env,
            "health_group",
            "partner_segmentation.group_manager",
            company_id=other.id,
            company_ids=[Command.set((other | self.company).ids)],
        )
        finding = self.found("missing").with_user(user).with_context(allowed_company_ids=(other | self.company).ids)
        action = finding.action_remedy()
        found = self.env["res.partner"].with_user(user).with_context(**action["context"]).search(action["domain"])
        self.assertEqual(found.ids, self.customers[:3].ids)

    def test_second_company_is_out_of_sight(self):
        other = self.setup_other_company()["company"]
        check = self.health._check(other)
        self.assertEqual(check.customers, 0)
        self.assertFalse(self.env["segmentation.health"].with_user(self.manager).search([("id", "=", check.id)]))
        with self.assertRaises(AccessError):
            check.with_user(self.manager).action_check_again()
        self.assertEqual(self.check().customers, 30)
