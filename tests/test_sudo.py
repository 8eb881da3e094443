import ast
import io
import tokenize
from pathlib import Path

from odoo.tests import TransactionCase, tagged

ROOT = Path(__file__).parent.parent
# What is not part of the add-on at work.
ELSEWHERE = ("tests", "dev", "benchmarks", "dist", ".dev")


@tagged("post_install", "-at_install")
class TestSudo(TransactionCase):
    """Whoever gives more rights than the user has says why, beside it."""

    def test_every_use_has_a_reason(self):
        folders = [path for path in ROOT.iterdir() if path.is_dir() and path.name not in ELSEWHERE]
        paths = [*ROOT.glob("*.py"), *(path for folder in folders for path in folder.rglob("*.py"))]
        self.assertGreater(len(paths), 100)
        without = [
            f"{path.relative_to(ROOT)}:{line}" for path in sorted(paths) for line in unexplained(path.read_text())
        ]
        self.assertFalse(without, "Say in a comment on the line, or above the statement, why it may have all rights")

    def test_what_counts(self):
        for source, expected in (
            ("a = b.sudo()", [1]),
            ("a = b.sudo()  # because", []),
            ("# because\na = b.sudo()", []),
            ("# because\na = 1\nb = c.sudo()", [3]),
            ("# because\na = 1\nb = a.sudo()\nc = a.sudo()", [3, 4]),
            ("# because\nb = a.sudo()\nc = a.sudo()", []),
            ("# because\na = (\n    b\n    .sudo()\n)", []),
            ("a = (\n    # because\n    b\n    .sudo()\n)", []),
            ("a = b.sudo(False)", []),
            ("a = b.with_user(SUPERUSER_ID)", [1]),
            ("a = Environment(cr, 1, {}, su=True)", [1]),
            ("# because\nif a.sudo():\n    c = 1\n    b.sudo()", [4]),
            ("def f():\n    '''Text.'''\n    # because\n\n    return a.sudo()", [5]),
        ):
            with self.subTest(source):
                self.assertEqual(unexplained(source), expected)


def unexplained(source: str) -> list[int]:
    """Lines that take all rights without a comment.

    A reason stands in the statement or right above it, and holds for the statements right below that need it too.
    """
    above, beside = _comments(source)
    result, explained_until = [], None
    for statement in sorted(_statements(ast.parse(source)), key=lambda node: node.lineno):
        nodes = list(_own_nodes(statement))
        uses = [node.lineno for node in nodes if _takes_all_rights(node)]
        if not uses:
            continue
        first, last = statement.lineno, max(node.end_lineno for node in nodes)
        if first - 1 in (above | {explained_until}) or not (above | beside).isdisjoint(range(first, last + 1)):
            explained_until = last
        else:
            result.append(min(uses))
    return result


def _comments(source: str) -> tuple[set[int], set[int]]:
    """Lines that are a comment, and lines that end with one."""
    above, beside = set(), set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            (above if token.line.lstrip().startswith("#") else beside).add(token.start[0])
    return above, beside


def _statements(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]


def _own_nodes(statement):
    """What a statement consists of, without the statements inside it."""
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.expr | ast.keyword):
            yield child
        if not isinstance(child, ast.stmt):
            yield from _own_nodes(child)


def _takes_all_rights(node) -> bool:
    if isinstance(node, ast.Name):
        return node.id == "SUPERUSER_ID"
    if isinstance(node, ast.keyword):
        return node.arg == "su" and getattr(node.value, "value", None) is True
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sudo"):
        return False
    return [getattr(argument, "value", None) for argument in node.args] != [False]
