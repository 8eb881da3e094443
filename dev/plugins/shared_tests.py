"""pytest plugin: `--claims FOLDER` lets several processes share the tests, none of which is run twice or left out.

Each process collects all tests, and claims a class of them by making a file in the folder before it begins the class.
Classes stay whole: their set-up costs more than their tests. Large ones come first, so that all end at about the same
time. Tests that need apps that the add-on does not depend on are for the process with `--apps`.
"""

from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest

NEEDS_APPS = "test_elsewhere"  # in the names of test files


def pytest_addoption(parser):
    parser.addoption("--claims", type=Path, help="folder of what has been begun by one of the processes")
    parser.addoption("--apps", action="store_true", help="this process has the optional apps")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    if not config.getoption("--claims"):
        return
    if not config.getoption("--apps"):
        config.hook.pytest_deselected(items=[item for item in items if NEEDS_APPS in item.nodeid])
        items[:] = [item for item in items if NEEDS_APPS not in item.nodeid]
    sizes = Counter(map(class_of, items))
    items.sort(key=lambda item: (NEEDS_APPS not in item.nodeid, -sizes[class_of(item)], class_of(item)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    """pytest's own loop, over what this process could claim."""
    folder = session.config.getoption("--claims")
    if not folder or session.testsfailed:
        return None
    items = claimed(session.items, folder)
    item = next(items, None)
    while item:
        following = next(items, None)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        item = following
    return True


def claimed(items, folder):
    """The tests of those classes that no other process has begun."""
    for name, tests in groupby(items, class_of):
        try:
            (folder / name.replace("/", "-").replace(":", "-")).touch(exist_ok=False)
        except FileExistsError:
            continue
        yield from tests


def class_of(item):
    return item.parent.nodeid
