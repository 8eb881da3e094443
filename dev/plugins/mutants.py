"""Mutants of a Python file: copies with one small fault each, which the tests should notice.

The operators are those of cosmic-ray, and below them some of our own: what the engine decides stands in SQL, which
cosmic-ray takes for text. Left out are mutants that only make noise:

* within annotations, decorators and imports, which do nothing when the engine works; docstrings are no code;
* a binary operator becomes one other, not all eleven: the others fail in the same place, most with a ``TypeError``;
* comparisons become neither ``is`` nor an unordered one: ``<`` becomes ``<=`` and ``>=``, which the tests tell apart
  from each other and from the rest;
* ``OFFSET 0``, which tells the planner something and means nothing;
* ``not`` before a comparison, which has its own opposite, or before another ``not``, which is also left out;
* mutants whose syntax tree is the original's or another mutant's.
"""

import ast
import re
from dataclasses import dataclass
from functools import cache

import parso
from cosmic_ray.ast import ast_nodes
from cosmic_ray.operators.operator import Operator
from cosmic_ray.operators.provider import OperatorProvider

COSMIC_RAY = [
    *("AddNot", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd"),
    *("ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ExceptionReplacer", "NumberReplacer"),
    *("ZeroIterationForLoop", "ReplaceUnaryOperator_Delete_Not", "ReplaceUnaryOperator_Delete_USub"),
    *("ReplaceUnaryOperator_Delete_Invert",),
    *(
        f"ReplaceBinaryOperator_{pair}"
        for pair in (
            *("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Div", "Mod_Add", "Pow_Mul"),
            *("BitOr_BitAnd", "BitAnd_BitOr", "BitXor_BitOr", "LShift_RShift", "RShift_LShift"),
        )
    ),
    *(
        f"ReplaceComparisonOperator_{pair}"
        for pair in (
            *("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is"),
            *("Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt"),
        )
    ),
]
# Nodes that do nothing when the engine works.
IDLE = {"tfpdef", "decorator", "import_from", "import_name"}
BINARY = {"arith_expr", "term", "expr", "and_expr", "xor_expr", "shift_expr", "power"}
# Type of the condition that the operator negates.
CONDITION_AT = {
    "AddNot": lambda node: node.children[2 if node.type == "test" else 1].type if node.type in TESTS else None,
    "NegateFilter": lambda node: node.children[1].type if node.type == "comp_if" else None,
}
TESTS = ("if_stmt", "while_stmt", "test")

# What stands in SQL → what it becomes, each occurrence by itself.
SQL_REPLACEMENTS = [
    *((r" >= ", " > "), (r" >= ", " < "), (r" <= ", " < "), (r" <= ", " > ")),
    *((r" > ", " >= "), (r" > ", " <= "), (r" < ", " <= "), (r" < ", " >= "), (r" = ", " <> ")),
    *((r"\bAND\b", "OR"), (r"\bOR\b", "AND"), (r"\bIS NULL\b", "IS NOT NULL"), (r"\bIS NOT NULL\b", "IS NULL")),
    *((r"\bIS DISTINCT\b", "IS NOT DISTINCT"), (r"\bNOT (?!NULL|DISTINCT)", ""), (r"(?<= )IN\b", "NOT IN")),
    *((r"\bMIN\b", "MAX"), (r"\bMAX\b", "MIN"), (r"\bSUM\b", "MAX"), (r"\bANY\(", "ALL("), (r"\bALL\(", "ANY(")),
    *((r" DESC\b", ""), (r"\bDISTINCT (?!FROM|ON)", ""), (r"\bLEFT JOIN\b", "JOIN"), (r"\bFULL JOIN\b", "LEFT JOIN")),
    *((r" \+ ", " - "), (r" - ", " + "), (r" \* (?!FROM)", " / "), (r" / ", " * "), (r"\(-%s\)", "(%s)")),
    *((r"\bTRUE\b", "FALSE"), (r"\bFALSE\b", "TRUE"), (r"\bUNION ALL\b", "UNION"), (r"\bNULLS LAST\b", "")),
    *((r"::numeric\b", ""), (r"::date\b", ""), (r"\bupper\(", "("), (r"\blower\(", "("), (r"\bbtrim\(", "concat(")),
    (r"(?<![\w.$])(?<!OFFSET )\d+(?![\w.])", lambda match: str(int(match[0]) + 1)),
]
SQL_TEXT = re.compile(r"%s|%\(|\bWHEN\b|\bSELECT\b|\bJOIN\b|^['\"](?:TRUE|FALSE|MIN|MAX|value DESC|[<>]=?)['\"]$")
AUGMENTED = {"&=": "|=", "|=": "&=", "+=": "=", "-=": "+="}


class ReplaceInSql(Operator):
    """Replace an operator, a keyword or a number within SQL."""

    def mutation_positions(self, node):
        for _text in self._texts(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node, index):
        node.value = list(self._texts(node))[index]
        return node

    def _texts(self, node):
        if node.type == "string" and SQL_TEXT.search(node.value) and not is_message(node):
            for pattern, new in SQL_REPLACEMENTS:
                for match in re.finditer(pattern, node.value):
                    replaced = new(match) if callable(new) else new
                    yield node.value[: match.start()] + replaced + node.value[match.end() :]

    examples = None


class ReplaceAugmented(Operator):
    """``x &= y`` becomes ``x |= y``, and the like."""

    def mutation_positions(self, node):
        if node.type == "operator" and node.value in AUGMENTED:
            yield node.start_pos, node.end_pos

    def mutate(self, node, index):
        node.value = AUGMENTED[node.value]
        return node

    examples = None


class ReplaceIn(Operator):
    """``in`` becomes ``not in``, and the other way round."""

    def mutation_positions(self, node):
        if node.parent is not None and node.parent.type == "comparison" and node.get_code().split() in (["in"], NOT_IN):
            yield node.start_pos, node.end_pos

    def mutate(self, node, index):
        return parso.parse(" in" if node.get_code().split() == NOT_IN else " not in")

    examples = None


class DropCall(Operator):
    """A call whose result nobody takes is left out."""

    def mutation_positions(self, node):
        if node.type == "atom_expr" and node.parent.type == "simple_stmt" and node.children[-1].type == "trailer":
            yield node.start_pos, node.end_pos

    def mutate(self, node, index):
        return parso.parse(node.get_first_leaf().prefix + "pass")

    examples = None


class NegateFilter(Operator):
    """The condition of a comprehension is turned round; cosmic-ray does so with ``if`` statements."""

    def mutation_positions(self, node):
        if node.type == "comp_if":
            yield node.start_pos, node.end_pos

    def mutate(self, node, index):
        node.children[1] = parso.parse(f" not ({node.children[1].get_code().strip()})")
        return node

    examples = None


NOT_IN = ["not", "in"]
OWN = (ReplaceInSql, ReplaceAugmented, ReplaceIn, DropCall, NegateFilter)


@dataclass
class Mutant:
    """One fault.

    :ivar function: dotted name of the function, class or constant
    :ivar before: the line that changes, ``after``: what it becomes
    :ivar lines: numbers of the lines of the innermost statement, for what tests cover it
    """

    file: str
    function: str
    operator: str
    line: int
    lines: range
    before: str
    after: str
    source: str

    @property
    def key(self):
        return self.file, self.function, self.before, self.after


def is_idle(operator, node) -> bool:
    name = type(operator).__name__
    if "Binary" in name and node.type == "operator" and node.parent.type not in BINARY:
        return True
    if name in CONDITION_AT and CONDITION_AT[name](node) in ("comparison", "not_test"):
        return True
    while node.parent is not None:
        if node.type in IDLE:
            return True
        # The annotation, not the value, of ``name: annotation = value``; and ``-> annotation``.
        if node.parent.type == "annassign" and node is node.parent.children[1]:
            return True
        if node.parent.type == "funcdef" and node.get_previous_sibling() == "->":
            return True
        node = node.parent
    return False


def is_message(node) -> bool:
    """Whether a string is the docstring of something or is made for people to read."""
    if node.parent.type == "simple_stmt":
        return True
    while node.parent is not None:
        before = node.get_previous_sibling() if node.type == "trailer" else None
        if before is not None and before.type == "trailer" and before.get_code() in ("._", ".info"):
            return True
        node = node.parent
    return False


@cache
def mutants_of(path, name: str) -> list[Mutant]:
    """All mutants of a file, in the order of its lines."""
    original = path.read_text()
    tree = parso.parse(original)
    nodes = [node for node in ast_nodes(tree) if node is not tree]
    seen = {ast.dump(ast.parse(original))}
    provider = OperatorProvider()
    found = []
    for operator_class in (*(provider[operator] for operator in COSMIC_RAY), *OWN):
        operator = operator_class()
        for node in nodes:
            places = len(list(operator.mutation_positions(node)))
            if not places or is_idle(operator, node):
                continue
            for source in [mutated(tree, node, operator, index) for index in range(places)]:
                try:
                    syntax = ast.dump(ast.parse(source))
                except SyntaxError:
                    continue
                if syntax not in seen:
                    seen.add(syntax)
                    found.append(described(name, operator_class.__name__, original, source))
    return sorted(found, key=lambda mutant: (mutant.line, mutant.operator, mutant.after))


def mutated(tree, node, operator, index: int) -> str:
    """The source with one place mutated; the tree is left as it was."""
    siblings = node.parent.children
    place = next(number for number, sibling in enumerate(siblings) if sibling is node)
    parts = list(ast_nodes(node))
    values = [(part, part.value) for part in parts if hasattr(part, "value")]
    lists = [(children, list(children)) for children in (siblings, *(getattr(part, "children", []) for part in parts))]
    new = operator.mutate(node, index)
    siblings[place : place + 1] = [] if new is None else [new]
    try:
        return tree.get_code()
    finally:
        for part, value in values:
            part.value = value
        for children, before in lists:
            children[:] = before


def described(name: str, operator: str, original: str, source: str) -> Mutant:
    old, new = original.splitlines(), source.splitlines()
    line = next(number for number, (one, other) in enumerate(zip(old, new, strict=False), 1) if one != other)
    tree = ast.parse(original)
    holders = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and holds(node, line)]
    names = [node.name for node in holders if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    inner = min(holders, key=lambda node: node.end_lineno - node.lineno)
    if not names and isinstance(inner, ast.Assign):
        names = [inner.targets[0].id]
    # Of a compound statement only its head; but heads and fields run when the engine is loaded, so all that uses them.
    end = inner.body[0].lineno - 1 if getattr(inner, "body", None) else inner.end_lineno
    definitions = [node for node in holders if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    if definitions and (inner in definitions or isinstance(definitions[-1], ast.ClassDef)):
        inner, end = definitions[-1], definitions[-1].end_lineno
    lines = range(inner.lineno, max(end, line) + 1)
    return Mutant(name, ".".join(names), operator, line, lines, old[line - 1].strip(), new[line - 1].strip(), source)


def holds(node, line: int) -> bool:
    return node.lineno <= line <= node.end_lineno
