"""What a salesperson waits for: the partner form and the list of Contacts."""

from collections import defaultdict

from lxml import etree

from .measure import Samples
from .scenarios import CUSTOMERS

GROUP_BY = "size_class_id"
# What the add-on shows on the partner form, measured as the difference it makes.
OURS = ("segmentation_", "employee_count", "annual_turnover", "total_assets", "declared_currency_id")
COUNT_LIMIT = 10001  # up to which the web client has records counted


class Pages:
    """Measurements as a user without further rights."""

    def __init__(self, bench):
        self.bench = bench
        self.samples = defaultdict(Samples)
        with bench.transaction() as env:
            self.uid = env["res.users"].search([("login", "=", "bench_sales")]).id
            env.cr.execute(CUSTOMERS, (bench.company_id, 20))
            self.partner_ids = [partner_id for (partner_id,) in env.cr.fetchall()]
            self.class_id = env.ref("partner_segmentation.class_size_medium").id

    def run(self, repeat=10):
        for partner_id in self.partner_ids:
            self._open("form", partner_id, lambda name: False)
            self._open("form without ours", partner_id, lambda name: name.startswith(OURS))
        spec = self._specification("list")
        found = [(GROUP_BY, "child_of", self.class_id)]
        calls = {
            "group": lambda Partner: Partner.web_read_group([], [GROUP_BY], ["__count"], limit=80),
            "group of customers": lambda Partner: Partner.web_read_group(
                [("segmentation_code", "!=", False), ("parent_id", "=", False)], [GROUP_BY], ["__count"], limit=80
            ),
            "search": lambda Partner: Partner.web_search_read(found, spec, limit=80, count_limit=COUNT_LIMIT),
            "sort": lambda Partner: Partner.web_search_read(
                [], spec, limit=80, order=f"{GROUP_BY}, complete_name", count_limit=COUNT_LIMIT
            ),
            "search panel": lambda Partner: Partner.search_panel_select_range(
                GROUP_BY, enable_counters=True, search_domain=[("segmentation_code", "!=", False)]
            ),
        }
        for name, call in calls.items():
            for _ in range(repeat + 1):
                self._call(name, call)
        for samples in self.samples.values():
            samples.pop(0)  # fills the caches of the registry

    def _call(self, name, call):
        with self.bench.transaction(self.uid) as env, self.samples[name].timed():
            call(env["res.partner"])

    def _open(self, name, partner_id, without):
        spec = {key: value for key, value in self._specification("form").items() if not without(key)}
        with self.bench.transaction(self.uid) as env, self.samples[name].timed():
            env["res.partner"].browse(partner_id).web_read(spec)

    def _specification(self, view_type):
        with self.bench.transaction(self.uid) as env:
            views = env["res.partner"].get_views([(False, view_type)])
            arch = etree.fromstring(views["views"][view_type]["arch"])
            spec = specification(env["res.partner"], arch)
        return spec | {GROUP_BY: {"fields": {"display_name": {}}}} if view_type == "list" else spec


def specification(model, arch):
    """The fields that the web client reads to show a view; hidden columns of a list are not read."""
    spec = {}
    for node in arch.xpath(f".//field[count(ancestor::field) = {len(list(arch.iterancestors('field')))}]"):
        if node.get("optional") == "hide" or node.get("column_invisible") in ("1", "True"):
            continue
        spec[node.get("name")] = read(model, model._fields[node.get("name")], node)
    return spec


def read(model, field, node):
    if not field.relational:
        return {}
    comodel = model.env[field.comodel_name]
    names = {"display_name": {}} | ({"color": {}} if "color" in comodel._fields else {})
    lines = node.find("list") if field.type == "one2many" else None
    if lines is None:
        return {"fields": names if field.type != "many2one" else {"display_name": {}}}
    names = {line.get("name"): comodel._fields[line.get("name")] for line in lines.iterfind(".//field")}
    return {"fields": {name: {"fields": {"display_name": {}}} if f.relational else {} for name, f in names.items()}}
