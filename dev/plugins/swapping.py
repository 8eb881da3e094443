"""Swap a mutant's code into a running Odoo, and back.

Functions keep their identity and get other code, so that ``from x import function`` elsewhere sees it as well; what
else a module defines (constants, classes with other fields) is replaced wherever a module has it by its name.
"""

import ast
import sys
from contextlib import contextmanager
from functools import cached_property, partial
from types import FunctionType, ModuleType

PARTS = ("__code__", "__defaults__", "__kwdefaults__")


@contextmanager
def swapped(module, mutant):
    """The module as if its file were the mutant's source."""
    fresh = ModuleType(module.__name__)
    fresh.__package__, fresh.__file__ = module.__package__, module.__file__
    exec(compile(mutant.source, module.__file__, "exec"), fresh.__dict__)
    undo = []
    try:
        for statement in ast.parse(mutant.source).body:
            if statement.lineno <= mutant.line <= statement.end_lineno:
                swap_statement(module, fresh, statement, mutant.line, undo)
        yield
    finally:
        for put_back in reversed(undo):
            put_back()


def swap_statement(module, fresh, statement, line: int, undo: list):
    if isinstance(statement, ast.FunctionDef):
        swap_code(vars(module)[statement.name], vars(fresh)[statement.name], undo)
    elif isinstance(statement, ast.ClassDef):
        old, new = vars(module)[statement.name], vars(fresh)[statement.name]
        for part in statement.body:
            if isinstance(part, ast.FunctionDef) and part.body[0].lineno <= line <= part.end_lineno:
                functions = [function_of(vars(cls)[part.name]) for cls in (old, new)]
                if len({function.__code__.co_freevars for function in functions}) == 1:
                    swap_code(*functions, undo)
                    return
        rebind(module, statement.name, new, undo)
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            rebind(module, target.id, vars(fresh)[target.id], undo)


def function_of(attribute) -> FunctionType:
    """The function within a method, property or class method."""
    if isinstance(attribute, property):
        return attribute.fget
    if isinstance(attribute, cached_property):
        return attribute.func
    return getattr(attribute, "__func__", attribute)


def swap_code(old: FunctionType, new: FunctionType, undo: list):
    for part in PARTS:
        undo.append(partial(setattr, old, part, getattr(old, part)))
        setattr(old, part, getattr(new, part))


def rebind(module, name: str, new, undo: list):
    """Replace what the module calls so, there and in the modules of the add-on that imported it."""
    old = vars(module)[name]
    package = module.__name__.rpartition(".engine.")[0]
    for other in [found for key, found in sys.modules.items() if key.startswith(package)]:
        for alias, value in list(vars(other).items()):
            if value is old and (alias == name or not isinstance(old, int | float | str)):
                undo.append(partial(setattr, other, alias, old))
                setattr(other, alias, new)
