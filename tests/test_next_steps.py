from datetime import timedelta
from random import Random
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from psycopg2.errors import SerializationFailure

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Date
from odoo.tests import new_test_user, tagged

from .common import AS_OF, SegmentationCommon


class NextStepsCommon(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Step = cls.env["segmentation.next.step"]
        cls.seller = new_test_user(
            cls.env,
            "next_seller",
            "sales_team.group_sale_salesman",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def find(self, partners=None, as_of=AS_OF):
        """Classify as of a day and find the steps, as the job does."""
        run = self.classify(partners, as_of=as_of)
        self.Step._refresh_after(self.company, run)

    def step(self, partner, company=None):
        return self.Step.search([("partner_id", "=", partner.id), ("company_id", "=", (company or self.company).id)])

    def habitual(self, name="Habitual", every=20, waited=40, amount=500.0, count=4, **values):
        """A customer that buys every so many days and has not for some."""
        customer = self.customer(name, **values)
        for number in range(count):
            self.invoice(customer, amount, AS_OF - timedelta(days=waited + number * every))
        return customer

    def assertStep(self, partner, reason, value=None):  # noqa: N802 (like assertEqual)
        step = self.step(partner)
        self.assertEqual(step.reason or None, reason, partner.name)
        if value is not None:
            self.assertAlmostEqual(step.value, value, 2, partner.name)
        return step


@tagged("post_install", "-at_install")
class TestNextSteps(NextStepsCommon):
    """Which step is found for whom, and what is at stake."""

    # -- overdue -------------------------------------------------------------------------------

    def test_overdue_beyond_the_factor(self):
        late, in_time = self.habitual("Late", 20, 31), self.habitual("In time", 20, 30)
        self.find()
        step = self.assertStep(late, "overdue", 500)
        self.assertEqual(step.day, AS_OF - timedelta(days=31))
        self.assertEqual(step.usual_interval, 20)
        self.assertStep(in_time, None)

    def test_two_purchases_are_no_habit(self):
        customer = self.habitual(count=2, waited=300)
        self.find()
        self.assertStep(customer, None)

    def test_an_order_is_worth_what_orders_are_worth(self):
        customer = self.habitual()
        self.order(customer, 900, f"{AS_OF - timedelta(days=100)} 12:00:00")
        self.find()
        self.assertStep(customer, "overdue", 900)

    def test_a_purchase_ends_it_at_once(self):
        customer = self.habitual()
        self.find()
        self.assertStep(customer, "overdue")
        self.invoice(customer, 10)
        self.find(customer)
        self.assertFalse(self.step(customer))

    # -- lapsing -------------------------------------------------------------------------------

    def test_lapsing_by_the_rule_of_the_stage(self):
        lapse = AS_OF - relativedelta(months=24) + timedelta(days=1)  # the first day of the window
        soon, later = self.customer("Soon"), self.customer("Later")
        self.invoice(soon, 700, lapse + timedelta(days=89))
        self.invoice(later, 700, lapse + timedelta(days=95))
        self.find()
        step = self.assertStep(soon, "lapsing", 700)
        self.assertEqual(step.class_id, self.env.ref("partner_segmentation.class_stage_lapsed"))
        self.assertEqual(step.day, lapse + timedelta(days=89))
        self.assertStep(later, None)

    def test_lapsing_counts_orders_too(self):
        customer = self.customer()
        self.invoice(customer, 700, AS_OF - relativedelta(months=24) + timedelta(days=10))
        self.order(customer, moment=f"{AS_OF - timedelta(days=200)} 12:00:00")
        self.find()
        self.assertStep(customer, None)

    def test_lapsing_follows_the_rule_that_is_set(self):
        customer = self.customer()
        self.invoice(customer, 700, AS_OF - timedelta(days=120))
        self.find()
        self.assertStep(customer, None)
        self.env.ref("partner_segmentation.metric_invoices_24m").window_months = 6
        self.find()
        self.assertStep(customer, "lapsing", 700)

    def test_a_stage_set_by_hand_does_not_lapse(self):
        customer = self.customer()
        self.invoice(customer, 700, AS_OF - relativedelta(months=24) + timedelta(days=10))
        closed = self.env.ref("partner_segmentation.class_stage_closed")
        self.env["segmentation.override"]._set(customer, self.stage, closed)
        self.find()
        self.assertStep(customer, None)

    # -- close to a class ----------------------------------------------------------------------

    def test_close_to_the_next_class(self):
        """The bound of Medium is 100,000: within 20 % of it, below it, and as the next class."""
        cases = {80_000: "near", 79_999: None, 99_999: "near", 100_000: None, 850_000: "near"}
        customers = {amount: self.customer(f"Of {amount}") for amount in cases}
        for amount, customer in customers.items():
            self.invoice(customer, amount, AS_OF - timedelta(days=10))
        self.find()
        for amount, reason in cases.items():
            step = self.assertStep(customers[amount], reason)
            if reason:
                code, bound = ("M", 100_000) if amount < 100_000 else ("L", 1_000_000)
                self.assertEqual((step.class_id.code, step.value), (code, bound - amount))
                self.assertEqual(step.metric_id.field_name, "revenue_12m")

    def test_only_the_class_above_the_present_one(self):
        customer = self.customer(employee_count=100)  # Medium already, by its employees
        self.invoice(customer, 90_000, AS_OF - timedelta(days=10))
        self.find()
        self.assertStep(customer, None)

    def test_what_is_demanded_besides_must_be_there(self):
        self.size.criteria_mode = "all"
        metrics = {"annual_turnover": 10_000_000, "employee_count": 50}
        whole, part = (self.customer(name, **metrics) for name in ("Whole", "Part"))
        part.employee_count = 49
        for customer in (whole, part):
            self.invoice(customer, 90_000, AS_OF - timedelta(days=10))
        self.find()
        self.assertStep(whole, "near", 10_000)
        self.assertStep(part, None)

    def test_own_turnover_is_no_purchase(self):
        customer = self.customer(annual_turnover=9_900_000)
        self.find()
        self.assertStep(customer, None)

    def test_in_company_currency(self):
        usd = self.env.ref("base.USD")
        usd.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": usd.id, "company_id": self.company.id, "name": "2020-01-01", "rate": 0.5}
        )
        self.size.currency_id = usd
        customer = self.customer()
        self.invoice(customer, 190_000, AS_OF - timedelta(days=10))  # 95,000 dollars
        self.find()
        self.assertStep(customer, "near", 10_000)

    def test_a_dimension_without_a_rate_spoils_nothing(self):
        self.size.currency_id = self.env["res.currency"].create({"name": "ZZZ", "symbol": "Z"})
        customer = self.habitual()
        self.find()
        self.assertStep(customer, "overdue")

    def test_a_class_set_by_hand_is_not_climbed(self):
        customer = self.customer()
        self.invoice(customer, 90_000, AS_OF - timedelta(days=10))
        small = self.env.ref("partner_segmentation.class_size_small")
        self.env["segmentation.override"]._set(customer, self.size, small)
        self.find()
        self.assertStep(customer, None)

    def test_close_by_share(self):
        """ABC: who lacks little to the last customer of A."""
        abc = self.env["segmentation.dimension"].create(
            {
                "name": "ABC",
                "code": "ABCT",
                "method": "share",
                "metric_id": self.env.ref("partner_segmentation.metric_revenue_12m").id,
                "class_ids": [
                    Command.create({"code": "A", "name": "A", "sequence": 1, "share": 80}),
                    Command.create({"code": "B", "name": "B", "sequence": 2}),
                ],
            }
        )
        amounts = {"First": 5000, "Second": 1000, "Third": 850, "Fourth": 100}
        customers = {name: self.customer(name) for name in amounts}
        for name, amount in amounts.items():
            self.invoice(customers[name], amount, AS_OF - timedelta(days=10))
        self.find()
        self.assertEqual([self.code(customers[name], abc) for name in amounts], ["A", "A", "B", "B"])
        step = self.assertStep(customers["Third"], "near", 150)
        self.assertEqual(step.class_id, abc.class_ids[0])
        for name in ("First", "Second", "Fourth"):
            self.assertStep(customers[name], None)

    def test_close_by_share_of_what_should_be_low(self):
        """Nobody is asked to buy more so as to be among those with the least."""
        dimension = self.env["segmentation.dimension"].create(
            {
                "name": "Least",
                "code": "LEAST",
                "method": "share",
                "lower_is_better": True,
                "metric_id": self.env.ref("partner_segmentation.metric_revenue_12m").id,
                "class_ids": [
                    Command.create({"code": "A", "name": "A", "sequence": 1, "share": 40}),
                    Command.create({"code": "B", "name": "B", "sequence": 2}),
                ],
            }
        )
        few, many = self.customer("Few"), self.customer("Many")
        self.invoice(few, 900, AS_OF - timedelta(days=10))
        self.invoice(many, 1000, AS_OF - timedelta(days=10))
        self.find()
        self.assertEqual([self.code(customer, dimension) for customer in (few, many)], ["A", "B"])
        self.assertStep(few, None)
        self.assertStep(many, None)

    def test_only_those_the_dimension_is_for(self):
        inside, outside = self.customer("Inside", ref="yes"), self.customer("Outside")
        self.size.domain = "[('partner_id.ref', '=', 'yes')]"
        for customer in (inside, outside):
            self.invoice(customer, 90_000, AS_OF - timedelta(days=10))
        self.find()
        self.assertStep(inside, "near", 10_000)
        self.assertStep(outside, None)

    # -- offers --------------------------------------------------------------------------------

    def test_offers_go_cold(self):
        ages = {30: None, 31: "cold", 364: "cold", 366: None}
        customers = {age: self.customer(f"Asked {age} days ago") for age in ages}
        for age, customer in customers.items():
            moment = f"{AS_OF - timedelta(days=age)} 12:00:00"
            self.order(customer, 300, moment, confirm=False)
            self.order(customer, 100, moment, confirm=False)
        self.find()
        for age, reason in ages.items():
            self.assertStep(customers[age], reason, 300 if reason else None)

    def test_opportunities_go_cold(self):
        customer = self.customer()
        lead = self.env["crm.lead"].create(
            {
                "name": "Opportunity",
                "type": "opportunity",
                "partner_id": customer.id,
                "company_id": self.company.id,
                "expected_revenue": 4000,
            }
        )
        lead.date_last_stage_update = f"{AS_OF - timedelta(days=50)} 12:00:00"
        self.find()
        step = self.assertStep(customer, "cold", 4000)
        self.assertEqual(step.day, AS_OF - timedelta(days=50))
        lead.action_set_lost()
        self.find(customer)
        self.assertStep(customer, None)

    # -- the best one --------------------------------------------------------------------------

    def test_most_at_stake_wins(self):
        customer = self.habitual(amount=20_000)  # near Medium by 20,000, overdue by an order of 20,000
        self.order(customer, 3000, f"{AS_OF - timedelta(days=40)} 12:00:00", confirm=False)
        self.find()
        self.assertStep(customer, "overdue", 20_000)
        self.order(customer, 25_000, f"{AS_OF - timedelta(days=40)} 12:00:00", confirm=False)
        self.find(customer)
        self.assertStep(customer, "cold", 25_000)

    def test_archived_metrics_say_so_instead_of_failing(self):
        customer = self.habitual()
        self.env.ref("partner_segmentation.metric_days_between_purchases").active = False
        self.stage.active = False
        self.size.in_code = False
        self.find()
        self.assertStep(customer, None)
        needs = self.Step._needs(self.company)
        self.assertEqual(len(needs), 3, needs)
        self.assertIn("Days between purchases", needs[0])
        for need in needs:
            self.assertIn(need.split(":")[0], self.Step.with_user(self.seller).get_empty_list_help(""))

    def test_nothing_is_missing_as_shipped(self):
        self.assertEqual(self.Step._needs(self.company), [])

    def test_sentences(self):
        with_reason = {
            "overdue": self.habitual(),
            "near": self.customer("Near"),
            "lapsing": self.customer("Lapsing"),
            "cold": self.customer("Cold"),
        }
        self.invoice(with_reason["near"], 90_000, AS_OF - timedelta(days=1))
        self.invoice(with_reason["lapsing"], 700, AS_OF - relativedelta(months=24) + timedelta(days=10))
        self.order(with_reason["cold"], 300, f"{AS_OF - timedelta(days=40)} 12:00:00", confirm=False)
        self.find()
        expected = {"overdue": "every 20 days", "near": "“Medium” (Size)", "lapsing": "“Lapsed”", "cold": "300"}
        for reason, customer in with_reason.items():
            step = self.assertStep(customer, reason).with_user(self.seller)
            self.assertIn(expected[reason], step.explanation)

    # -- put off -------------------------------------------------------------------------------

    def test_not_now(self):
        customer = self.habitual()
        self.find()
        step = self.step(customer).with_user(self.seller)
        self.company.segmentation_snooze_days = 5
        step.action_snooze()
        self.assertEqual(step.snoozed_until, Date.today() + timedelta(days=5))
        self.assertEqual(step.snoozed_by_id, self.seller)
        self.assertTrue(step.snoozed_at)
        self.find()
        self.assertTrue(self.step(customer).snoozed_until, "a run does not bring it back")
        self.invoice(customer, 10)
        self.find(customer)
        self.assertStep(customer, None)
        self.assertTrue(self.step(customer).snoozed_until, "it is remembered while there is no reason")
        step.action_wake()
        self.find(customer)
        self.assertFalse(self.step(customer))

    def test_put_off_ends(self):
        customer = self.habitual()
        self.find()
        step = self.step(customer).with_user(self.seller)
        to_do = ["|", ("snoozed_until", "=", False), ("snoozed_until", "<=", "today"), ("id", "=", step.id)]
        self.assertTrue(step.search(to_do))
        step.action_snooze()
        self.assertTrue(step.is_snoozed)
        self.assertFalse(step.search(to_do))
        step.sudo().snoozed_until = Date.today()
        self.assertFalse(step.is_snoozed)
        self.assertTrue(step.search(to_do))

    # -- job -----------------------------------------------------------------------------------

    def test_the_job_follows_the_runs(self):
        early, late = self.habitual("Early"), self.habitual("Late")
        run = self.classify(early)
        self.assertTrue(run.next_steps_due)
        self.run_jobs("cron_next_steps")
        self.assertFalse(run.next_steps_due)
        self.assertStep(early, "overdue")
        self.assertStep(late, None)
        self.classify()
        self.run_jobs("cron_next_steps")
        self.assertStep(late, "overdue")

    def test_a_company_that_fails_leaves_the_others(self):
        other = self.setup_other_company()["company"]
        customer = self.habitual()
        failing = self.classify(customer, company=other)
        run = self.classify(customer)
        refresh = type(self.Step)._refresh

        def fail(steps, company, *args):
            if company == other:
                raise ValueError("Test")
            return refresh(steps, company, *args)

        logger = "odoo.addons.partner_segmentation.models.segmentation_next_step_refresh"
        with patch.object(self.registry["segmentation.next.step"], "_refresh", fail), self.assertLogs(logger):
            self.run_jobs("cron_next_steps")
        self.assertStep(customer, "overdue")
        self.assertFalse(run.next_steps_due)
        self.assertTrue(failing.next_steps_due, "it is tried again")

    def test_who_puts_a_customer_off_meanwhile_only_delays_it(self):
        customer = self.habitual()
        run = self.classify(customer)
        Step = self.registry["segmentation.next.step"]
        with patch.object(Step, "_refresh", side_effect=SerializationFailure("concurrent update")):
            self.run_jobs("cron_next_steps")
        self.assertTrue(run.next_steps_due)
        job = self.env.ref("partner_segmentation.cron_next_steps")
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)]), "it is tried again soon")
        self.run_jobs("cron_next_steps")
        self.assertFalse(run.next_steps_due)
        self.assertStep(customer, "overdue")

    def test_new_terms_before_anybody_was_classified(self):
        other = self.setup_other_company()["company"]
        self.Step._queue_companies(other)
        due = [("company_id", "=", other.id), ("next_steps_due", "=", True)]
        self.assertFalse(self.env["segmentation.run"].search(due))

    def test_new_terms_are_applied_by_the_job(self):
        customer = self.habitual("In time", 20, 30)
        self.classify()
        self.run_jobs("cron_next_steps")
        self.assertStep(customer, None)
        self.company.segmentation_overdue_factor = 1.2
        self.run_jobs("cron_next_steps")
        self.assertStep(customer, "overdue")

    def test_who_leaves_the_population_has_no_step(self):
        customer = self.habitual()
        self.find()
        customer.active = False
        self.find(customer)
        self.assertFalse(self.step(customer))

    def test_merged_contacts_keep_one_step(self):
        one, other = self.habitual("One"), self.habitual("Other")
        self.find()
        self.env["base.partner.merge.automatic.wizard"]._merge((one | other).ids, one)
        self.assertEqual(len(self.step(one)), 1)


@tagged("post_install", "-at_install")
class TestNextStepsOracle(NextStepsCommon):
    """Random customers against a second implementation in Python."""

    def make(self, random):
        customer = self.customer(f"Customer {random.random()}", employee_count=random.choice((False, 10, 60, 400)))
        first, last = random.choice(((0, 760), (0, 120), (640, 730)))
        amounts = random.choice(((30, 2000, 18_000, 30_000, 280_000), (70_000, 90_000, 95_000)))
        for _ in range(random.choice((0, 3, 4, 5)) if len(amounts) > 3 else 1):
            day = AS_OF - timedelta(days=random.randrange(first, last))
            self.invoice(customer, random.choice(amounts), day)
        for _ in range(random.choice((0, 0, 1, 2))):
            moment = f"{AS_OF - timedelta(days=random.randrange(420))} 12:00:00"
            self.order(customer, random.choice((50, 5000, 40_000)), moment, confirm=random.random() < 0.5)
        return customer

    def expected(self, customer, later):
        """Reason → what is at stake, from the customer file, the documents and the class of a later day."""
        profile, found = self.profile(customer), {}
        waited, usual = profile.days_since_purchase, profile.days_between_purchases
        if waited and usual and waited > 1.5 * usual and profile.invoices_24m >= 3:
            per_invoice = (profile.revenue_12m + profile.revenue_prior_12m) / profile.invoices_24m
            found["overdue"] = profile.average_order_12m or per_invoice
        if profile.stage_class_id.code == "CLOSED" and later != "CLOSED" and (waited is False or waited >= 90):
            found["lapsing"] = max(profile.revenue_12m, profile.revenue_prior_12m)
        quotations = self.env["sale.order"].search([("partner_id", "=", customer.id), ("state", "=", "draft")])
        ages = {order: (AS_OF - order.date_order.date()).days for order in quotations}
        found["cold"] = max((order.amount_untaxed for order, age in ages.items() if 30 < age <= 365), default=0)
        bound = {"S": 100_000, "M": 1_000_000}.get(profile.size_class_id.code, 0)
        if bound and bound * 0.8 <= profile.revenue_12m < bound:
            found["near"] = bound - profile.revenue_12m
        return {reason: value for reason, value in found.items() if value > 0}

    def test_random_customers(self):
        random = Random(7)
        customers = self.env["res.partner"].union(*(self.make(random) for _ in range(60)))
        self.classify(as_of=AS_OF + timedelta(days=90))
        later = {customer: self.code(customer, self.stage) for customer in customers}
        self.find()
        seen = set()
        for customer in customers:
            expected, step = self.expected(customer, later[customer]), self.step(customer)
            self.assertEqual(bool(step), bool(expected), (customer.name, expected, step.reason))
            if expected:
                self.assertAlmostEqual(step.value, max(expected.values()), 2)
                self.assertAlmostEqual(expected[step.reason], step.value, 2)
                seen.add(step.reason)
        self.assertEqual(seen, {"overdue", "lapsing", "cold", "near"}, "the data have all reasons")
        # A few at a time give the same as all at once.
        columns = ["partner_id", "reason", "value", "day", "usual_interval", "class_id", "metric_id"]
        of_all = self.Step.search([]).sorted("partner_id").read(columns, load=None)
        self.Step.search([]).sudo().unlink()
        for start in range(0, len(customers), 10):
            self.find(customers[start : start + 10])
        of_each = self.Step.search([]).sorted("partner_id").read(columns, load=None)
        for values in (*of_all, *of_each):
            del values["id"]
        self.assertEqual(of_all, of_each)


@tagged("post_install", "-at_install")
class TestNextStepsAccess(NextStepsCommon):
    """Who sees which steps, and who decides what is one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            "own": cls.seller,
            "all": cls.salesperson,
            "classes": new_test_user(cls.env, "next_classes", "partner_segmentation.group_user"),
            "manager": new_test_user(cls.env, "next_manager", "partner_segmentation.group_manager"),
        }
        for user in cls.users.values():
            user.write({"company_ids": [Command.set(cls.company.ids)], "company_id": cls.company.id})

    def setUp(self):
        super().setUp()
        self.mine = self.habitual("Mine", user_id=self.seller.id)
        self.free = self.habitual("Nobody's")
        self.other = self.habitual("Another's", user_id=self.salesperson.id)
        self.find()

    def seen_by(self, user):
        return self.Step.with_user(user).search([]).partner_id & (self.mine | self.free | self.other)

    def test_own_customers_or_all(self):
        self.assertEqual(self.seen_by(self.users["own"]), self.mine | self.free)
        self.assertEqual(self.seen_by(self.users["all"]), self.mine | self.free | self.other)

    def test_others_see_none(self):
        for name in ("classes", "manager"):
            with self.assertRaises(AccessError):
                self.seen_by(self.users[name])

    def test_contacts_that_are_hidden_have_no_steps(self):
        self.env["ir.rule"].create(
            {
                "name": "Not Mine",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": f"[('id', '!=', {self.mine.id})]",
            }
        )
        self.assertEqual(self.seen_by(self.users["all"]), self.free | self.other)

    def test_companies(self):
        other = self.setup_other_company()["company"]
        self.salesperson.company_ids |= other
        step = self.step(self.mine)
        seen = self.Step.with_user(self.salesperson).with_context(allowed_company_ids=other.ids).search([])
        self.assertNotIn(step, seen)
        with self.assertRaises(AccessError):
            step.with_user(self.salesperson).with_context(allowed_company_ids=other.ids).action_snooze()

    def test_only_what_one_sees_can_be_put_off(self):
        self.step(self.mine).with_user(self.seller).action_snooze()
        with self.assertRaises(AccessError):
            self.step(self.other).with_user(self.seller).action_snooze()
        with self.assertRaises(AccessError):
            self.step(self.mine).with_user(self.users["classes"]).action_snooze()
        with self.assertRaises(AccessError):
            self.step(self.mine).with_user(self.users["manager"]).action_wake()

    def test_nobody_writes_steps(self):
        step = self.step(self.mine).with_user(self.salesperson)
        for call in (lambda: step.write({"value": 1}), step.unlink, lambda: step.create({"partner_id": self.mine.id})):
            with self.assertRaises(AccessError):
                call()

    def test_managers_set_the_terms(self):
        settings = self.env["segmentation.settings"].with_user(self.users["manager"])._of_company(self.company)
        settings.write({"overdue_factor": 3, "snooze_days": 7})
        self.assertEqual(self.company.segmentation_overdue_factor, 3)
        self.assertEqual(self.company.segmentation_snooze_days, 7)
        self.run_jobs("cron_next_steps")
        self.assertFalse(self.step(self.mine))
        for name, value in (("near_percent", 100), ("near_percent", 0), ("cold_days", 0), ("overdue_factor", 0.5)):
            with self.assertRaises(UserError) as refusal:
                settings.write({name: value})
            self.assertIn(settings.fields_get([name])[name]["string"], str(refusal.exception))
        for name in ("own", "all", "classes"):
            with self.assertRaises(AccessError):
                settings.with_user(self.users[name]).write({"overdue_factor": 2})

    def test_buttons(self):
        step = self.step(self.mine).with_user(self.seller)
        action = step.action_new_quotation()
        order = self.env["sale.order"].with_user(self.seller).with_context(**action["context"]).create({})
        self.assertEqual((order.partner_id, order.company_id), (self.mine, self.company))
        self.assertEqual(step.action_open_partner()["res_id"], self.mine.id)
        action = step.action_schedule_activity()
        wizard = self.env[action["res_model"]].with_user(self.seller).with_context(**action["context"]).create({})
        wizard.action_schedule_activities()
        self.assertTrue(self.mine.activity_ids)

    def test_group_and_search_by_class(self):
        Step = self.Step.with_user(self.salesperson)
        domain = [("partner_id", "in", (self.mine | self.free | self.other).ids)]
        groups = Step._read_group(domain, ["size_class_id", "user_id", "reason"], ["__count"])
        self.assertEqual(sum(group[-1] for group in groups), 3)
        small = self.env.ref("partner_segmentation.class_size_small")
        self.assertEqual(Step.search_count([*domain, ("size_class_id", "child_of", small.ids)]), 3)
