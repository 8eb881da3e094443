"""The terms in ``i18n/``: as Odoo would export them now, and each in Chinese."""

import ast
import os
import re
from collections import Counter
from pathlib import Path
from unittest.mock import patch

import polib

from odoo.modules.module import get_module_path
from odoo.tests import TransactionCase, tagged
from odoo.tools import translate

MODULE = "partner_segmentation"
ROOT = Path(__file__).parent.parent
# What is not part of the add-on at work.
ELSEWHERE = ("tests", "dev", "benchmarks", "dist", ".dev", ".git")
REMEDY = "Run `python3 -m dev i18n`, and translate what it names."
UNTRANSLATED = {"ID"}  # the same in Chinese, which oca-checks-po wants empty
# What a translation has to hold as well: placeholders, tags and numbers.
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[-+#]*[\d.]*[sdifrxg]|%%|\{[\w.]*\}")
TAG = re.compile(r"<[^>]+>")
# Attributes that are read by people, hence translated.
READ = re.compile(r'\b(?:title|alt|placeholder|aria-label|string|label)="[^"]*"')
NUMBER = re.compile(r"(?<![A-Za-z0-9_.])\d+(?:[.,]\d+)*")
# The English of a term → its Chinese, one word for one thing.
GLOSSARY = {
    "customer classification": "客户分类",
    "customer files?": "客户档案",
    "how large the customer is": "采购能力",
    "purchase stages?": "采购阶段",
    "potential": "潜在客户",
    "intent": "意向客户",
    "closed": "成交客户",
    "lapsed": "流失客户",
    "payment terms?": "账期",
    "unclassified": "未分类",
    "dimensions?": "维度",
    "metrics?": "指标",
    "lower bounds?": "下限",
    "equal groups": "等分",
    "hysteresis": "缓冲",
    "set by hand": "手工",
    "sectors?|industry|industries": "行业",
    "standards?": "标准",
    "service polic(?:y|ies)": "服务政策",
    "next steps?": "下一步行动",
    "reconciliation": "核对",
    "as-of date": "截至",
    "overdue": "逾期",
    "salesperson|salespeople": "销售员",
    "pricelists?": "价格表",
    "quotations?": "报价单",
    "opportunity|opportunities": "商机",
    "credit notes?|refunds?": "退款单",
}
# English that no user reads: a style of Excel's, a number of decimals, and demo data.
NOT_READ = {"Table Style Light 1", "Product Unit", "Payments of customers"}
# What is called with it: logs, statements, and errors after which work is tried again.
NOT_SHOWN = ("_logger.", "SQL", "ConcurrencyError", "RetryableJobError")
SENTENCE = re.compile(r"^\W*[A-Z][a-z]+,? [A-Za-z]")


def shipped_walk(top, followlinks=False):
    """Stands for ``os.walk`` in Odoo's exporter, which would read all add-ons, and what is not shipped of ours."""
    path = get_module_path(MODULE)
    if os.path.commonpath((top, path)) != os.path.normpath(top):
        return
    for folder, folders, names in WALK(path, followlinks=followlinks):
        if folder == path:
            folders[:] = [name for name in folders if name not in ELSEWHERE]
        yield folder, folders, names


WALK = os.walk


def marks(text):
    """What has to be the same in each language."""
    tags = [READ.sub("", tag) for tag in TAG.findall(text)]
    return Counter(PLACEHOLDER.findall(text)) + Counter(tags) + Counter(NUMBER.findall(TAG.sub(" ", text)))


def english_of(text):
    """The words of a term, without placeholders and tags."""
    return TAG.sub(" ", PLACEHOLDER.sub(" ", text))


def sentences(source):
    """English sentences of Python code that somebody may read, with their lines: no docstrings, nothing logged."""
    tree = ast.parse(source)
    skipped = set()
    for node in ast.walk(tree):
        hidden = isinstance(node, ast.Call) and ast.unparse(node.func).startswith(NOT_SHOWN)
        if hidden or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            skipped.update(ast.walk(node))
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SENTENCE.match(node.value)
        if node not in skipped
    ]


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = polib.pofile(ROOT / "i18n" / f"{MODULE}.pot")
        cls.chinese = polib.pofile(ROOT / "i18n" / "zh_CN.po")

    def export(self, lang=None):
        """Rows of Odoo's own export of the add-on: module, type, name, resource, term, translation, comments."""
        with patch.object(translate.os, "walk", shipped_walk):
            rows = list(translate.TranslationModuleReader(self.env.cr, [MODULE], lang))
        self.assertGreater(len(rows), 1000)
        return rows

    def assert_nothing(self, found, message):
        """Shows all that is found, not only the first."""
        self.assertFalse(found, message + "".join(f"\n    {each!r}" for each in found))

    def test_template_is_up_to_date(self):
        exported = {row[4]: f"{row[2]} {row[3]}" for row in self.export()}
        known = {entry.msgid for entry in self.template}
        new = [(term, place) for term, place in exported.items() if term not in known]
        self.assert_nothing(new, f"Terms that i18n/ does not have. {REMEDY}")
        self.assert_nothing(sorted(known - set(exported)), f"Terms of i18n/ that the add-on no longer has. {REMEDY}")

    def test_translation_has_the_terms_of_the_template(self):
        known, translated = ({entry.msgid for entry in file} for file in (self.template, self.chinese))
        self.assert_nothing(sorted(known ^ translated), f"Terms in the template or in zh_CN.po, not in both. {REMEDY}")

    def test_every_term_is_translated(self):
        missing = [entry.msgid for entry in self.chinese if not entry.msgstr.strip()]
        self.assertEqual(set(missing), UNTRANSLATED, "Translate these terms in i18n/zh_CN.po")
        undone = [entry.msgid for entry in self.chinese if entry.fuzzy or entry.obsolete]
        self.assert_nothing(undone, "Terms of zh_CN.po that are fuzzy or obsolete: translate or remove them")
        english = [
            (entry.msgid, entry.msgstr)
            for entry in self.chinese
            # File names of reports are Python.
            if re.search("[A-Za-z]{2}", english_of(entry.msgid.replace("object._file_name()", "")))
            and not re.search("[一-鿿]", entry.msgstr)
        ]
        self.assert_nothing([pair for pair in english if pair[0] not in UNTRANSLATED], "Terms without Chinese")

    def test_placeholders_tags_and_numbers_are_the_same(self):
        other = [
            (entry.msgid, entry.msgstr, dict(gone), dict(added))
            for entry in self.chinese
            if entry.msgstr
            for source, target in [(marks(entry.msgid), marks(entry.msgstr))]
            for gone, added in [(source - target, target - source)]
            if gone or added
        ]
        self.assert_nothing(other, "Terms with other placeholders, tags or numbers in Chinese: lost, and too many")

    def test_one_word_for_one_thing(self):
        for english, word in GLOSSARY.items():
            term = re.compile(rf"\b(?:{english})\b", re.IGNORECASE)
            found = [entry for entry in self.chinese if entry.msgstr and term.search(english_of(entry.msgid))]
            other = [(entry.msgid, entry.msgstr) for entry in found if word not in entry.msgstr]
            with self.subTest(english):
                self.assertTrue(found, "Nothing has this term: remove it from the glossary")
                self.assert_nothing(other, f"“{english}” is “{word}” elsewhere")

    def test_a_chinese_user_reads_chinese(self):
        """Odoo drops what it cannot use, such as a translation with other tags than the view."""
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"]._load_module_terms([MODULE], ["zh_CN"])
        english = {row[4:6] for row in self.export("zh_CN") if not row[5] and row[4] not in UNTRANSLATED}
        self.assert_nothing(sorted(english), "Terms that Odoo shows in English although zh_CN.po translates them")

    def test_what_users_read_can_be_translated(self):
        known = {entry.msgid for entry in self.template}
        files = [path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] not in ELSEWHERE]
        self.assertGreater(len(files), 100)
        found = [
            (f"{path.relative_to(ROOT)}:{line}", text)
            for path in sorted(files)
            if path.name != "__manifest__.py"
            for line, text in sentences(path.read_text())
            if text not in known | NOT_READ
        ]
        self.assert_nothing(found, "English outside self.env._(…), fields and data: users of other languages read it")

    def test_checks_can_fail(self):
        self.assertEqual(marks("%(a)s of %s: 100 %%"), marks("%s 的 %(a)s：100 %%"))
        self.assertNotEqual(marks("%(a)s of %(b)s"), marks("%(a)s 的 %(c)s"))
        self.assertNotEqual(marks("<b>a</b> c"), marks("<b>甲</b> <i/>"))
        self.assertEqual(marks('<i class="x" title="to"/>'), marks('<i class="x" title="至"/>'))
        self.assertNotEqual(marks("12 months"), marks("24 个月"))
        source = '"""Doc string here."""\nraise UserError(f"Not found {a}")\n_logger.info("Put off: %s")\nx = "A b"'
        self.assertEqual(sentences(source), [(2, "Not found ")])
