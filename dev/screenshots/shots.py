"""Which pictures there are: one line per picture, and what is done on the page before it is taken."""

import json
from dataclasses import dataclass

WIDTH = 1280


@dataclass(frozen=True)
class Shot:
    """A picture.

    :ivar name: of the file in ``static/description``, without ``.png``
    :ivar path: of the page; external ids in braces stand for ids
    :ivar height: in pixels
    :ivar steps: what is done on the page; functions that take the browser
    """

    name: str
    path: str
    height: int
    steps: tuple


def see(selector, text=""):
    return lambda browser: browser.on(selector, text, "")


def click(selector, text=""):
    return lambda browser: browser.on(selector, text, "element.click();")


def fill(selector, text):
    """Type a text in place of what is there."""
    script = f"""
        element.focus({{preventScroll: true}});
        element.value = {json.dumps(text)};
        element.dispatchEvent(new InputEvent("input", {{bubbles: true}}));
        element.dispatchEvent(new Event("change", {{bubbles: true}}));
        element.blur();
    """
    return lambda browser: browser.on(selector, "", script)


def top(selector):
    """Scroll until the element is at the top."""
    return lambda browser: browser.on(selector, "", 'element.scrollIntoView({block: "start"});')


def below(selector, share):
    """Scroll until a share of the height of the element is above the top."""
    script = f"""
        element.scrollIntoView({{block: "start"}});
        element.closest("#viewerContainer").scrollTop += element.offsetHeight * {share};
    """
    return lambda browser: browser.on(selector, "", script)


def share_width(browser):
    """Have a list share out its width anew: it has done so before it had rows."""
    for width in (WIDTH - 100, WIDTH):
        browser.resize(width, browser.height)
        browser.settle()


def tab(name):
    return click(f".o_notebook_headers a[name='{name}']")


BOUND = "input[aria-label='Employees · Large']"
DIMENSION = "/odoo/action-partner_segmentation.segmentation_dimension_action/{partner_segmentation.dimension_size}"
RESULTS = ".page[data-page-number='4']"  # of the report

SHOTS = (
    Shot(
        "partner_form",
        "/odoo/action-partner_segmentation.segmentation_customer_action/{base.segmentation_demo_lingyun}",
        1560,
        (tab("classification"), see(".o_segmentation_services tr")),
    ),
    Shot(
        "customers_grouped",
        "/odoo/action-partner_segmentation.segmentation_customer_action",
        800,
        (
            click(".o_searchview_dropdown_toggler"),
            click(".o_group_by_menu .o_menu_item", "Size"),
            click(".o_group_header", "Large"),
            see(".o_data_row"),
            click(".o_searchview_dropdown_toggler"),
            share_width,
        ),
    ),
    Shot("dimension_form", DIMENSION, 1500, (see(BOUND), see(".o_segmentation_histogram canvas"))),
    Shot(
        "health", "/odoo/action-partner_segmentation.segmentation_health_action_open", 820, (see(".o_form_view table"),)
    ),
    Shot(
        "dashboard", "/odoo/dashboards?dashboard_id={partner_segmentation.dashboard_customers}", 590, (see("canvas"),)
    ),
    Shot(
        "report",
        "/web/static/lib/pdfjs/web/viewer.html"
        "?file=/report/pdf/partner_segmentation.report_classification/{screenshots.report}#page=4&zoom=page-width",
        900,
        (see(f"{RESULTS} canvas"), below(RESULTS, 0.16)),
    ),
    Shot(
        "services",
        "/odoo/action-partner_segmentation.segmentation_class_action/{partner_segmentation.class_size_large}",
        780,
        (tab("service"), see(".o_data_row"), top(".o_notebook")),
    ),
    Shot(
        "next_steps",
        "/odoo/action-partner_segmentation.segmentation_next_step_action",
        535,
        (click(".o_facet_remove"), see(".o_data_row:nth-child(3)"), share_width),
    ),
    Shot(
        "preview",
        DIMENSION,
        760,
        (fill(BOUND, "100"), click("button[name='action_preview']"), see(".modal .o_segmentation_moves")),
    ),
)
