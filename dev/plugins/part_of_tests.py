"""pytest plugin: `--part 1/2` runs every second class of tests, so that two processes share the work.

Classes stay whole: their set-up costs more than their tests. The last part has apps in its database that the add-on
does not depend on, and all tests that need one.
"""

import pytest

NEEDS_APPS = "test_elsewhere"  # in the names of test files


def pytest_addoption(parser):
    parser.addoption("--part", help="which part of the tests, of how many: 1/2")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    if not config.getoption("--part"):
        return
    part, parts = map(int, config.getoption("--part").split("/"))
    part_of = share(items, parts)
    config.hook.pytest_deselected(items=[item for item in items if part_of[item.parent.nodeid] != part])
    items[:] = [item for item in items if part_of[item.parent.nodeid] == part]


def share(items, parts):
    """Class of tests → the part it belongs to; each goes where there are the fewest tests so far, large ones first."""
    sizes = {}
    for item in items:
        sizes[item.parent.nodeid] = sizes.get(item.parent.nodeid, 0) + 1
    loads = dict.fromkeys(range(1, parts + 1), 0)
    result = {}
    for name in sorted(sizes, key=lambda name: (NEEDS_APPS not in name, -sizes[name], name)):
        result[name] = parts if NEEDS_APPS in name else min(loads, key=loads.get)
        loads[result[name]] += sizes[name]
    return result
