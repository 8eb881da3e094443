"""An Excel workbook that is written row by row, in memory that does not grow with the rows."""

import re

import xlsxwriter
from xlsxwriter.utility import xl_range

MAX_ROWS = 1_048_576  # of a sheet, a limit of Excel
MAX_TEXT = 32_767  # characters of a cell
MAX_TITLE = 200  # characters of a column's title; Excel allows 255 in a table
MAX_NAME = 31  # characters of a sheet's name

# Text of users never becomes a formula, a link or a number.
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}

NUMBER_FORMATS = {
    "text": "@",
    "integer": "#,##0",
    "change": "+#,##0;-#,##0;0",
    "decimal": "#,##0.00",
    "percent": "0.0%",
    "date": "yyyy-mm-dd",
}
STYLES = {
    "title": {"bold": True, "font_size": 16},
    "section": {"bold": True, "font_size": 12, "font_color": "#714B67"},
    "head": {"bold": True, "bg_color": "#E7E3E8", "bottom": 1, "text_wrap": True, "valign": "top"},
    "note": {"italic": True, "font_color": "#555555"},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "link": {"font_color": "#0563C1", "underline": 1},
}
WIDTHS = {"text": 28, "wrapped": 70, "money": 18, "link": 14}
OTHER_WIDTH = 12


class Book:
    """A workbook in a file, with the formats of a company's currency.

    :param path: file to write
    :param currency: of the amounts
    """

    def __init__(self, path: str, currency):
        self.book = xlsxwriter.Workbook(path, OPTIONS)
        self.formats = {
            **{kind: self.book.add_format({"num_format": form}) for kind, form in NUMBER_FORMATS.items()},
            **{name: self.book.add_format(style) for name, style in STYLES.items()},
            "money": self.book.add_format({"num_format": currency_format(currency)}),
        }
        self.totals = {
            kind: self.book.add_format({"num_format": form, "bold": True, "top": 1})
            for kind, form in {**NUMBER_FORMATS, "money": currency_format(currency)}.items()
        }
        self._names = set()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.book.close()  # also after an error: it removes the temporary files of the sheets

    def add_sheet(self, name: str):
        """A new :class:`Sheet`, with a name that Excel accepts."""
        return Sheet(self, self.book.add_worksheet(self.sheet_name(name)))

    def sheet_name(self, name: str) -> str:
        """The name without what Excel refuses, at most 31 characters, not used in the workbook yet."""
        clean = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", name).strip(" '") or "Sheet"
        clean = f"{clean}_" if clean.lower() == "history" else clean  # reserved by Excel
        candidate, number = _cut(clean, MAX_NAME), 2
        while candidate.lower() in self._names:
            ending = f" ({number})"
            candidate, number = _cut(clean, MAX_NAME - len(ending)) + ending, number + 1
        self._names.add(candidate.lower())
        return candidate


class Sheet:
    """A sheet that is filled from top to bottom; ``row`` is the next free one."""

    def __init__(self, book: Book, sheet):
        self.formats = book.formats
        self.totals = book.totals
        self.book = book.book
        self.sheet = sheet
        self.row = 0
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(1)

    @property
    def name(self) -> str:
        return self.sheet.get_name()

    def line(self, text: str, style="text"):
        """One text in a row of its own."""
        self.sheet.write_string(self.row, 0, text[:MAX_TEXT], self.formats[style])
        self.row += 1

    def space(self):
        self.row += 1

    def widths(self, kinds):
        """Set the widths of the columns by what they hold."""
        for column, kind in enumerate(kinds):
            self.sheet.set_column(column, column, WIDTHS.get(kind, OTHER_WIDTH))

    def head(self, titles):
        """Row of column titles."""
        for column, title in enumerate(titles):
            self.sheet.write_string(self.row, column, title[:MAX_TEXT], self.formats["head"])
        self.row += 1

    def filterable(self, titles):
        """Make all rows an Excel table, the first of which is the head.

        xlsxwriter makes no tables in constant memory, because it remembers every cell of them. So it is asked for one
        of two rows, which is then given its real size.

        :param titles: texts of the head, all different
        """
        last = len(titles) - 1
        if self.row < 2:
            self.sheet.autofilter(0, 0, 1, last)  # a table has at least one row
            return
        self.sheet.constant_memory = False
        columns = [{"header": title} for title in titles]
        failed = self.sheet.add_table(0, 0, 1, last, {"columns": columns, "style": "Table Style Light 1"})
        self.sheet.constant_memory = True
        assert not failed, "xlsxwriter refuses the table"
        self.sheet.tables[-1].update(
            dict.fromkeys(("range", "a_range", "autofilter"), xl_range(0, 0, self.row - 1, last))
        )

    def cells(self, kinds, values, total=False):
        """Row of values, each by its kind; ``None`` leaves the cell empty.

        :param total: emphasise the row
        """
        formats = self.totals if total else self.formats
        for column, (kind, value) in enumerate(zip(kinds, values, strict=True)):
            cell_format = formats.get(kind) or self.formats[kind]
            if value is None:
                self.sheet.write_blank(self.row, column, None, cell_format)
            elif kind in ("text", "wrapped"):
                self.sheet.write_string(self.row, column, value[:MAX_TEXT], cell_format)
            else:
                self.sheet.write_number(self.row, column, value, cell_format)
        self.row += 1

    def table(self, columns, rows, total=None) -> tuple[int, int]:
        """Head and rows below it; the first and last row of the values.

        :param columns: title and kind of each column
        :param total: values of a last row, apart from the others
        """
        titles, kinds = zip(*columns, strict=True)
        self.head(titles)
        first = self.row
        for values in rows:
            self.cells(kinds, values)
        last = self.row - 1
        if total:
            self.cells(kinds, total, total=True)
        return first, last

    def chart(self, kind: str, title_row: int, series, place: tuple, **axes):
        """A native chart of a table.

        :param title_row: row whose first cell is the title: as text it could be read as a formula
        :param series: options as of xlsxwriter, with rows and columns of this sheet
        :param place: row and column of its upper left corner
        """
        chart = self.book.add_chart({"type": kind})
        for options in series:
            chart.add_series(options)
        chart.set_title({"name": [self.name, title_row, 0], "name_font": {"size": 12}})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 720, "height": 380})
        for axis, options in axes.items():
            getattr(chart, f"set_{axis}")(options)
        self.sheet.insert_chart(*place, chart)


def different(titles) -> list[str]:
    """The titles as Excel wants those of a table: plain text in one line, none twice."""
    used, result = set(), []
    for title in titles:
        # "_x000a_" would be read as a line break.
        plain = re.sub(r"_(?=x[0-9a-fA-F]{4}_)", "_ ", re.sub(r"[\x00-\x1f]", " ", title[:MAX_TITLE]))
        clean = " ".join(plain.split())
        candidate, number = clean, 2
        while candidate.lower() in used:
            candidate, number = f"{clean} ({number})", number + 1
        used.add(candidate.lower())
        result.append(candidate)
    return result


def currency_format(currency) -> str:
    """Number format with the symbol where the currency has it, and its number of decimals."""
    decimals = f".{'0' * currency.decimal_places}" if currency.decimal_places else ""
    symbol = re.sub(r'["\\]', "", currency.symbol or currency.name)
    number = f"#,##0{decimals}"
    positive = f'"{symbol}"{number}' if currency.position == "before" else f'{number}" {symbol}"'
    return f"{positive};-{positive}"


def _cut(text: str, length: int) -> str:
    """At most so many characters as Excel counts them: those beyond the basic plane are two."""
    while len(text.encode("utf-16-le")) // 2 > length:
        text = text[:-1]
    return text.rstrip(" '")
