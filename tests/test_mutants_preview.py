"""Who is a customer, classes of past days, and what changed rules would do, on a few rows: see test_mutants.py."""

from datetime import datetime, timedelta

from odoo import Command
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import SQL

from ..engine.history import computed_classes, recorded_classes, removal
from ..engine.population import candidates_query, in_scope
from ..engine.preview import Preview
from ..engine.scope import Scope
from .common import AS_OF

START = datetime(2026, 6, 30)  # of the day
END = datetime(2026, 7, 1)
SECOND = timedelta(seconds=1)


class FileCase(TransactionCase):
    """Two companies without documents, and customer files that are written by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company, cls.elsewhere = cls.env["res.company"].create([{"name": "Here"}, {"name": "Elsewhere"}])
        cls.size, cls.industry = (cls.env.ref(f"partner_segmentation.dimension_{n}") for n in ("size", "industry"))
        cls.size.currency_id = False
        sizes = ("small", "medium", "large")
        cls.small, cls.medium, cls.large = (cls.env.ref(f"partner_segmentation.class_size_{n}") for n in sizes)
        cls.partners = cls.env["res.partner"].create([{"name": f"C{n}", "is_company": True} for n in range(6)])

    def scope(self, partners=None):
        return Scope(self.env, self.company.id, AS_OF, partners and tuple(partners.ids))

    def file(self, partner, cls=None, company=None, **values):
        return self.env["segmentation.profile"].create(
            {
                "partner_id": partner.id,
                "company_id": (company or self.company).id,
                "size_class_id": cls and cls.id,
                **values,
            }
        )

    def change(self, partner, date, source, target, company=None):
        return self.env["segmentation.change"].create(
            {
                "company_id": (company or self.company).id,
                "partner_id": partner.id,
                "dimension_id": self.size.id,
                "from_class_id": source and source.id,
                "to_class_id": target and target.id,
                "date": date,
                "reason": "manual",
            }
        )

    def made(self, files, moment):
        self.env.flush_all()
        self.env.cr.execute("UPDATE segmentation_profile SET create_date = %s WHERE id IN %s", (moment, files._ids))


@tagged("post_install", "-at_install")
class TestRecordedClasses(FileCase):
    def recorded(self, partners=None) -> dict:
        self.env.flush_all()
        rows = self.env.execute_query(recorded_classes(self.scope(partners), self.size | self.industry))
        return {(partner_id, dimension_id): class_id for partner_id, dimension_id, class_id in rows}

    def test_classes_at_the_end_of_the_day(self):
        stayed, moved, before, abroad, began, late = self.partners
        files = [self.file(partner, self.large) for partner in self.partners]
        files.append(self.file(stayed, self.small, self.elsewhere))
        self.made(self.env["segmentation.profile"].concat(*files), END - SECOND)
        self.made(files[5], END)
        self.change(moved, END + SECOND, self.medium, self.large)
        self.change(moved, END, self.small, self.medium)
        self.change(before, END - SECOND, self.small, self.large)
        self.change(abroad, END, self.small, self.medium, self.elsewhere)
        self.change(began, END, None, self.large)
        expected = {stayed: self.large, moved: self.small, before: self.large, abroad: self.large, began: None}
        recorded = {(partner.id, self.size.id): cls and cls.id for partner, cls in expected.items()}
        recorded |= {(partner.id, self.industry.id): None for partner in expected}
        self.assertEqual(self.recorded(), recorded)
        one = {key: class_id for key, class_id in recorded.items() if key[0] == moved.id}
        self.assertEqual(self.recorded(moved | late), one)

    def test_changes_that_can_go(self):
        moves = [(START - SECOND, self.small, self.medium), (START, self.medium, self.small)]
        moves.append((START + SECOND, self.small, self.large))
        mine = [self.change(self.partners[0], *move) for move in moves]
        others = [self.change(self.partners[1], *moves[0])]
        others += [self.change(self.partners[0], *move, self.elsewhere) for move in moves]
        self.env.flush_all()
        self.env.cr.execute(removal(self.scope(), 10))
        self.assertEqual(self.env.cr.rowcount, 1)
        changes = self.env["segmentation.change"].concat(*mine, *others)
        self.assertEqual(changes - changes.exists(), mine[0])

    def test_classes_by_the_rules_of_today(self):
        """Only those asked for are evaluated where nobody is compared with others."""
        (self.env["segmentation.dimension"].search([]) - self.size).active = False
        few, many = self.partners[:2]
        few.employee_count, many.employee_count = 1, 300
        values = {"company_id": self.company.id, "as_of": AS_OF, "scope": "selection"}
        values["partner_ids"] = [Command.set((few | many).ids)]
        evaluation = self.env["segmentation.run"].new(values)._evaluation(retrospective=True)
        rows = self.env.execute_query(computed_classes(evaluation, self.size))
        expected = [(few.id, self.size.id, self.small.id), (many.id, self.size.id, self.large.id)]
        self.assertEqual(sorted(rows), expected)
        self.assertEqual(evaluation.result.customers, 2)


@tagged("post_install", "-at_install")
class TestPreviewOfFiles(FileCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        names = ("employee_count", "annual_turnover", "revenue_12m")
        cls.employees, turnover, cls.revenue = (cls.env.ref(f"partner_segmentation.metric_{name}") for name in names)
        cls.metrics = cls.employees | turnover | cls.revenue

    def preview(self, dimensions, stale):
        return Preview(self.scope(), self.metrics, dimensions, None, "-", stale=stale)

    def found(self, dimensions):
        preview = self.preview(dimensions, self.metrics.browse())
        preview.find_moves()
        return preview

    def test_moves(self):
        first, second, unknown, third, stays, _none = self.partners
        facts = {"employee_count": 300}
        self.file(unknown, **facts)
        self.file(second, self.small, revenue_12m=50, **facts)
        self.file(first, self.small, revenue_12m=700, **facts)
        self.file(third, self.medium, revenue_12m=10, **facts)
        self.file(stays, self.large, revenue_12m=9000, **facts)
        preview = self.found(self.size)
        counted = {source: row for _dimension_id, source, *row in preview.counted_moves()}
        large = self.large.id
        expected = {self.small.id: [large, 2, 750, 2], self.medium.id: [large, 1, 10, 1], None: [large, 1, 0, 1]}
        self.assertEqual(counted, expected)
        self.assertEqual(preview.moved_customers(), (4, 760))
        everybody = SQL("(SELECT id FROM res_partner)")
        moves = [
            (partner_id, revenue) for partner_id, *_move, revenue, _evidence in preview.biggest_moves(everybody, 9)
        ]
        self.assertEqual(moves, [(first.id, 700), (second.id, 50), (third.id, 10), (unknown.id, None)])

    def test_nobody_moves(self):
        self.file(self.partners[0], self.large, employee_count=300, revenue_12m=700)
        preview = self.found(self.size)
        self.assertEqual((preview.counted_moves(), preview.moved_customers()), ([], (0, 0)))
        self.assertEqual(self.found(self.size.browse()).moved_customers(), (0, 0))

    def test_what_is_evaluated(self):
        """The stored figures of active files, but outdated ones anew; also of who is no customer any more."""
        first, archived, gone, other, *_nobody = self.partners
        self.partners.employee_count = 300
        for partner in (first, gone):
            self.file(partner, self.small, employee_count=1, revenue_12m=700)
        self.file(archived, active=False)
        self.file(other, self.small, self.elsewhere, employee_count=1, revenue_12m=700)
        gone.active = False
        self.env.flush_all()
        preview = self.preview(self.size, self.employees)
        self.env.cr.execute(preview._input(self.metrics))
        rows = {row["partner_id"]: (row["employee_count"], row["revenue_12m"]) for row in self.env.cr.dictfetchall()}
        self.assertEqual(rows, {first.id: (300, 700), gone.id: (None, 700)})
        self.env.cr.execute(preview._input(self.revenue))
        self.assertNotIn("employee_count", [column.name for column in self.env.cr.description])


@tagged("post_install", "-at_install")
class TestCandidates(FileCase):
    def test_who_may_be_a_customer(self):
        company, contact, archived, other, archived_here, anyone = self.partners
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        company.company_id = archived_here.company_id = self.company
        other.company_id = self.elsewhere
        (archived | archived_here).active = False
        contact.write({"is_company": False, "parent_id": anyone.id})
        staff = new_test_user(self.env, "segmentation_staff", "base.group_user").partner_id
        portal = new_test_user(self.env, "segmentation_portal", "base.group_portal").partner_id
        everybody = self.partners | staff | portal | branch.partner_id | self.elsewhere.partner_id
        self.env.flush_all()
        found = candidates_query(Scope(self.env, branch.id, AS_OF)).get_result_ids()
        self.assertEqual(set(found) & set(everybody.ids), set((company | anyone | portal).ids))

    def test_evaluated_customers(self):
        first, second, third, *_others = self.partners.ids

        def evaluated(partners):
            condition = in_scope(self.scope(partners), SQL.identifier("partner"))
            ids = [first, second, third, None]
            rows = self.env.execute_query(
                SQL("SELECT partner FROM unnest(%s::int4[]) AS partner WHERE %s ORDER BY partner", ids, condition)
            )
            return [partner for (partner,) in rows]

        self.assertEqual(evaluated(self.partners[:2]), [first, second])
        self.assertEqual(evaluated(None), [first, second, third])
