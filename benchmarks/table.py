"""The result as a table."""

from dataclasses import dataclass


@dataclass
class Row:
    """One line: what was measured, compared with what, within which bound.

    :ivar value: in ``unit``
    :ivar ratio: to the value that ``against`` names
    :ivar measure: what the bound limits: ``value`` or ``ratio``
    """

    title: str
    value: float
    unit: str = "s"
    spread: str = ""
    ratio: float | None = None
    against: str = ""
    bound: float | None = None
    measure: str = "value"

    @property
    def verdict(self):
        if self.bound is None:
            return ""
        return "ok" if getattr(self, self.measure) <= self.bound else "OVER"

    def cells(self):
        value = f"{self.value:,.0f}" if self.unit in ("ms", "") else f"{self.value:,.2f}"
        ratio = f"{self.ratio:.2f} × {self.against}" if self.ratio is not None else ""
        unit = "×" if self.measure == "ratio" else self.unit
        bound = f"≤ {self.bound:g} {unit}".rstrip() if self.bound is not None else ""
        return [self.title, f"{value} {self.unit}".rstrip(), self.spread, ratio, bound, self.verdict]


def timing(title, samples, scale=1, **options):
    """Row of the median of some samples, in seconds or (``scale=1000``) milliseconds."""
    unit = "ms" if scale == 1000 else "s"
    digits = 0 if scale == 1000 else 2
    spread = f"{min(samples) * scale:.{digits}f} – {max(samples) * scale:.{digits}f}"
    return Row(title, samples.median * scale, unit, spread, **options)


def show(rows):
    header = ["", "median", "range", "ratio", "bound", ""]
    lines = [header, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    for number, line in enumerate(lines):
        cells = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        print("  ".join(cells).rstrip())
        if not number:
            print("  ".join("-" * width for width in widths))
