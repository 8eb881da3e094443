"""Writes the dashboard's spreadsheet, ``data/files/segmentation_dashboard.json``: ``python3 -m dev.dashboard``."""

import json
from pathlib import Path

TARGET = Path(__file__).parent.parent / "data/files/segmentation_dashboard.json"
PROFILE, CHANGE = "segmentation.profile", "segmentation.change"
VERSION = "18.5.10"  # of the format; Odoo 19 brings it up to date when it opens the file

COMPANY, PERIOD, SALESPERSON = "company", "period", "salesperson"
DEFAULT_PERIOD = "last_90_days"  # up to today; Odoo's last 12 months end with the last month
FIELDS = {
    PROFILE: {
        COMPANY: {"chain": "company_id", "type": "many2one"},
        SALESPERSON: {"chain": "user_id", "type": "many2one"},
    },
    CHANGE: {
        COMPANY: {"chain": "company_id", "type": "many2one"},
        SALESPERSON: {"chain": "partner_id.user_id", "type": "many2one"},
        PERIOD: {"chain": "date", "type": "datetime", "offset": 0},
    },
}
DIMENSIONS = [
    ("size_class_id", "size"),
    ("industry_class_id", "sector"),
    ("region_class_id", "region"),
    ("stage_class_id", "purchase stage"),
]
# As report/summary_risk.py: at most half of the revenue of the 12 months before is left.
AT_RISK = [["revenue_prior_12m", ">", 0], ["revenue_growth", "<=", -50]]
UNCLASSIFIED = ["|"] * (len(DIMENSIONS) - 1) + [[field, "=", False] for field, _name in DIMENSIONS]
OVERDUE = [["overdue_receivable", ">", 0]]

GREY, TEAL, LINE = "#434343", "#01666B", "#CCCCCC"
STYLES = {
    "1": {"textColor": TEAL, "bold": True, "fontSize": 16},
    "2": {"fontSize": 11, "textColor": GREY, "verticalAlign": "middle", "bold": True},
    "3": {"fontSize": 11, "textColor": GREY, "verticalAlign": "middle", "bold": True, "align": "right"},
    "4": {"textColor": GREY, "verticalAlign": "middle"},
}
TITLE, HEAD, HEAD_RIGHT, TEXT = 1, 2, 3, 4
WIDTHS = (220, 150, 140, 160, 160, 170)  # of the columns
WIDTH = sum(WIDTHS)
ROW = 23  # height of a row in pixels
HALF = (WIDTH - 20) // 2
CHART_ROWS = 13
LISTED = 10  # customers in a list
COLUMNS = [  # of the lists: field, heading where it is not the field's label, style of the heading
    ("partner_id", None, HEAD),
    ("stage_class_id", None, HEAD),
    ("user_id", None, HEAD),
    ("revenue_prior_12m", "Revenue before", HEAD_RIGHT),
    ("revenue_12m", "Revenue now", HEAD_RIGHT),
    ("overdue_receivable", "Overdue", HEAD_RIGHT),
]
MANY = {"region"}  # dimensions with more classes than a chart shows well: the largest come first
TILES = [
    ("customers", "Customers", "B2", "#EFF6FF", "profile_menu"),
    ("revenue", "Revenue, 12 months", "B3", "#EFF6FF", "profile_menu"),
    (
        "unclassified",
        "Not fully classified",
        "B4",
        "#FFF7ED",
        "profile_unclassified_menu",
    ),
    ("risk", "Customers at risk", "B5", "#FEF2F2", "profile_risk_menu"),
    ("overdue", "Overdue", "B6", "#FEF2F2", "profile_overdue_menu"),
]


def pivot(number, name, domain, measures):
    """A data source of totals over customer files."""
    return {
        "type": "ODOO",
        "fieldMatching": FIELDS[PROFILE],
        "context": {},
        "domain": domain,
        "id": str(number),
        "formulaId": str(number),
        "measures": [{"id": measure, "fieldName": measure.split(":")[0]} for measure in measures],
        "model": PROFILE,
        "name": name,
        "sortedColumn": None,
        "columns": [],
        "rows": [],
    }


def customers(number, name, domain, order):
    """A data source of customer files, the largest first."""
    return {
        "columns": [field for field, _heading, _style in COLUMNS],
        "domain": domain,
        "model": PROFILE,
        "context": {},
        "orderBy": [{"name": order, "asc": False}],
        "id": str(number),
        "name": name,
        "fieldMatching": FIELDS[PROFILE],
    }


def chart(key, model, group_by, measure, position, order=None):
    """A chart that leads to the records behind it.

    :param position: column of two (0 or 1), pixels from the top
    :param order: ``DESC`` for the largest group first, ``None`` for the order of the groups
    """
    side, top = position
    return {
        "id": key,
        "width": HALF,
        "height": CHART_ROWS * ROW - 6,
        "tag": "chart",
        "col": 0,
        "row": 0,
        "offset": {"x": side * (HALF + 20), "y": top},
        "data": {
            "title": {"text": ""},
            "background": "#FFFFFF",
            "legendPosition": "none" if len(group_by) == 1 else "top",
            "metaData": {
                "groupBy": group_by,
                "measure": measure,
                "order": order,
                "resModel": model,
                "mode": "bar",
                "cumulatedStart": False,
            },
            "searchParams": {"comparison": None, "context": {}, "domain": [], "groupBy": group_by, "orderBy": []},
            "type": "odoo_bar",
            "dataSets": [{}],
            "verticalAxisPosition": "left",
            "stacked": len(group_by) > 1,
            "cumulatedStart": False,
            "chartId": key,
            "fieldMatching": FIELDS[model],
        },
    }


def tile(number, key, title, cell, color):
    width = (WIDTH - 10 * (len(TILES) - 1)) // len(TILES)
    return {
        "id": key,
        "width": width,
        "height": 100,
        "tag": "chart",
        "col": 0,
        "row": 0,
        "offset": {"x": number * (width + 10), "y": 10},
        "data": {
            "baselineColorDown": "#DC6965",
            "baselineColorUp": "#00A04A",
            "baselineMode": "text",
            "title": {"text": title, "bold": True, "color": GREY, "fontSize": 12},
            "type": "scorecard",
            "background": color,
            "keyValue": f"Data!{cell}",
            "humanize": True,
            "chartId": key,
        },
    }


def link(title, model, view_type, domain=(), context=None, name=None):
    """Text of a cell that opens a view."""
    views = [[False, kind] for kind in ("list", "kanban", "pivot", "graph", "form", "search")]
    if model == CHANGE:
        views = [[False, kind] for kind in ("list", "pivot", "graph", "search")]
    action = {"domain": list(domain), "context": context or {}, "modelName": model, "views": views}
    target = {"viewType": view_type, "action": action, "threshold": 0, "name": name or title}
    return f"[{title}](odoo://view/{json.dumps(target, separators=(',', ':'))})"


class Sheet:
    """The sheet that is shown; it is filled from top to bottom."""

    def __init__(self):
        self.cells, self.styles, self.borders, self.rows, self.figures, self.tables = {}, {}, {}, {}, [], []
        self.row = 6  # below the tiles

    def title(self, left, right=None):
        """A row with a heading over each half."""
        self.row += 1
        for column, text in (("A", left), ("D", right)):
            if text:
                self.cells[f"{column}{self.row}"] = text
                self.styles[f"{column}{self.row}"] = TITLE
        self.borders[f"A{self.row}:F{self.row}"] = 1
        self.rows[str(self.row - 1)] = {"size": 40}

    def charts(self, *figures):
        """Charts side by side below the heading.

        :param figures: arguments of :func:`chart`, without the position
        """
        for side, (key, model, group_by, measure, order) in enumerate(figures):
            self.figures.append(chart(key, model, group_by, measure, (side, self._bottom()), order))
        self.row += CHART_ROWS

    def _bottom(self) -> int:
        """Pixels down to the end of the rows filled."""
        return sum(self.rows.get(str(row), {"size": ROW})["size"] for row in range(self.row)) + 4

    def list(self, number):
        """The rows of a list."""
        first = self.row + 1
        for letter, (field, heading, style) in zip("ABCDEF", COLUMNS, strict=True):
            label = f', _t("{heading}")' if heading else ""
            self.cells[f"{letter}{first}"] = f'=ODOO.LIST.HEADER({number},"{field}"{label})'
            self.styles[f"{letter}{first}"] = style
            for line in range(1, LISTED + 1):
                self.cells[f"{letter}{first + line}"] = f'=ODOO.LIST({number},{line},"{field}")'
        self.styles[f"A{first + 1}:F{first + LISTED}"] = TEXT
        self.tables.append(
            {
                "range": f"A{first}:F{first + LISTED}",
                "type": "static",
                "config": {
                    "hasFilters": False,
                    "totalRow": False,
                    "firstColumn": False,
                    "lastColumn": False,
                    "numberOfHeaders": 1,
                    "bandedRows": True,
                    "bandedColumns": False,
                    "automaticAutofill": True,
                    "styleId": "None",
                },
            }
        )
        self.row = first + LISTED


def build():
    sheet = Sheet()
    for number, (key, title, cell, color, _menu) in enumerate(TILES):
        sheet.figures.append(tile(number, key, title, cell, color))
    for field, name in DIMENSIONS:
        sheet.title(
            link(f"Customers by {name}", PROFILE, "list", context={"group_by": [field]}, name="Customers"),
            link(f"Revenue by {name}", PROFILE, "pivot", context={"pivot_row_groupby": [field]}, name="Customers"),
        )
        order = "DESC" if name in MANY else None
        sheet.charts(
            (f"customers_{field}", PROFILE, [field], "__count", order),
            (f"revenue_{field}", PROFILE, [field], "revenue_12m", order),
        )
    migration = {"pivot_row_groupby": ["dimension_id", "from_class_id"], "pivot_column_groupby": ["to_class_id"]}
    sheet.title(
        link("Class changes up and down", CHANGE, "graph", name="Class changes"),
        link("Moves into classes, by former class", CHANGE, "pivot", context=migration, name="Class changes"),
    )
    sheet.charts(
        ("changes_direction", CHANGE, ["date:month", "direction"], "__count", None),
        ("changes_migration", CHANGE, ["to_class_id", "from_class_id"], "__count", None),
    )
    sheet.title(link("Customers at risk", PROFILE, "list", AT_RISK))
    sheet.list(1)
    sheet.row += 1
    sheet.title(link("Overdue customers", PROFILE, "list", OVERDUE))
    sheet.list(2)
    return document(sheet)


def document(sheet):
    figures = [pivot(1, "All customers", [], ["__count", "revenue_12m:sum"])]
    figures.append(pivot(2, "Not fully classified", UNCLASSIFIED, ["__count"]))
    figures.append(pivot(3, "At risk", AT_RISK, ["__count"]))
    figures.append(pivot(4, "Overdue", OVERDUE, ["__count", "overdue_receivable:sum"]))
    data = {
        "A1": '=_t("Figure")',
        "B1": '=_t("Value")',
        "A2": '=_t("Customers")',
        "B2": '=PIVOT.VALUE(1,"__count")',
        "A3": '=_t("Revenue, 12 months")',
        "B3": '=PIVOT.VALUE(1,"revenue_12m:sum")',
        "A4": '=_t("Not fully classified")',
        "B4": '=PIVOT.VALUE(2,"__count")',
        "A5": '=_t("Customers at risk")',
        "B5": '=PIVOT.VALUE(3,"__count")',
        "A6": '=_t("Overdue receivable")',
        "B6": '=IF(PIVOT.VALUE(4,"overdue_receivable:sum")="",0,PIVOT.VALUE(4,"overdue_receivable:sum"))',
    }
    blank = {"merges": [], "formats": {}, "conditionalFormats": [], "dataValidationRules": [], "comments": {}}
    blank |= {"areGridLinesVisible": True, "isVisible": True, "headerGroups": {"ROW": [], "COL": []}}
    columns = {str(number): {"size": size} for number, size in enumerate(WIDTHS)}
    return {
        "version": VERSION,
        "sheets": [
            {
                "id": "dashboard",
                "name": "Dashboard",
                "colNumber": len(WIDTHS),
                "rowNumber": sheet.row + 1,
                "rows": sheet.rows,
                "cols": columns,
                "cells": sheet.cells,
                "styles": sheet.styles,
                "borders": sheet.borders,
                "figures": sheet.figures,
                "tables": sheet.tables,
                **blank,
            },
            {
                "id": "data",
                "name": "Data",
                "colNumber": 26,
                "rowNumber": 20,
                "rows": {},
                "cols": {"0": {"size": 220}},
                "cells": data,
                "styles": {"A1:B1": HEAD},
                "borders": {},
                "figures": [],
                "tables": [],
                **blank,
            },
        ],
        "styles": STYLES,
        "formats": {},
        "borders": {"1": {"bottom": {"style": "thin", "color": LINE}}},
        "revisionId": "START_REVISION",
        "uniqueFigureIds": True,
        "settings": {
            "locale": {
                "name": "English (US)",
                "code": "en_US",
                "thousandsSeparator": ",",
                "decimalSeparator": ".",
                "dateFormat": "mm/dd/yyyy",
                "timeFormat": "hh:mm:ss",
                "formulaArgSeparator": ",",
                "weekStart": 7,
            }
        },
        "pivots": {source["id"]: source for source in figures},
        "pivotNextId": len(figures) + 1,
        "customTableStyles": {},
        "globalFilters": [
            {"id": PERIOD, "type": "date", "label": "Period of changes", "defaultValue": DEFAULT_PERIOD},
            {"id": COMPANY, "type": "relation", "label": "Company", "modelName": "res.company"},
            {"id": SALESPERSON, "type": "relation", "label": "Salesperson", "modelName": "res.users"},
        ],
        "lists": {
            "1": customers(1, "Customers at risk", AT_RISK, "revenue_prior_12m"),
            "2": customers(2, "Overdue customers", OVERDUE, "overdue_receivable"),
        },
        "listNextId": 3,
        "chartOdooMenusReferences": {
            key: f"partner_segmentation.segmentation_{menu}" for key, _title, _cell, _color, menu in TILES
        },
    }


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(build(), indent=1) + "\n")
