"""Charts as inline SVG, to be printed in black and white: dark shapes with their figures beside them."""

from unicodedata import east_asian_width

from lxml import etree
from markupsafe import Markup
from reportlab.graphics import renderSVG
from reportlab.graphics.shapes import Drawing, Line, PolyLine, Rect, String
from reportlab.lib.colors import HexColor

WIDTH = 960
BAR, ROW, HEAD = 13, 21, 22
LABEL = 240  # width of the labels
VALUE = 120  # room for the figure beside the longest bar
LETTERS = 34  # of a label; a Chinese character takes the room of two
FILL, PALE, INK = HexColor("#5B3A57"), HexColor("#BBBBBB"), HexColor("#222222")
PLAIN, BOLD = "Helvetica", "Helvetica-Bold"
FONT = {"fontName": PLAIN, "fontSize": 12, "fillColor": INK}
SVG = "{http://www.w3.org/2000/svg}"


def bar_chart(title: str, labels, measures) -> Markup:
    """A row of bars per label, a column per measure; empty without labels.

    :param title: what the chart shows, for those who cannot see it
    :param measures: heading, and the value and its text for each label
    """
    if not labels:
        return Markup()
    height = HEAD + ROW * len(labels)
    drawing = Drawing(WIDTH, height)
    for number, label in enumerate(labels):
        drawing.add(String(0, height - HEAD - ROW * number - BAR, shortened(label), **FONT))
    width = (WIDTH - LABEL) / len(measures)
    for number, (heading, values) in enumerate(measures):
        _add_bars(drawing, LABEL + width * number, width - VALUE, heading, values)
    return _svg(drawing, title)


def _add_bars(drawing, left: float, width: float, heading: str, values):
    """Bars from zero to the right; a negative value has none, its figure says so."""
    top = drawing.height - HEAD
    drawing.add(String(left, top + 6, heading, **FONT | {"fontName": BOLD}))
    largest = max((value for value, _text in values), default=0)
    for number, (value, text) in enumerate(values):
        bottom = top - ROW * number - BAR - 2
        length = width * value / largest if value > 0 else 0
        drawing.add(Rect(left, bottom, length, BAR, fillColor=FILL, strokeColor=None))
        drawing.add(String(left + length + 4, bottom + 2, text, **FONT))
    drawing.add(Line(left, 0, left, top, strokeColor=INK, strokeWidth=0.75))


def curve_chart(title: str, points, axes: tuple[str, str], percent) -> Markup:
    """A curve through points between 0 and 1, over the diagonal of an even distribution; empty without points.

    :param points: x and y of each
    :param axes: name of the x axis and of the y axis
    :param percent: makes the text of a share
    """
    if not points:
        return Markup()
    left, bottom, side, high = 64, 40, 800, 240
    drawing = Drawing(WIDTH, bottom + high + 24)

    def place(x, y):
        return left + side * x, bottom + high * y

    for step in (0, 0.2, 0.4, 0.6, 0.8, 1):
        drawing.add(Line(*place(0, step), *place(1, step), strokeColor=PALE, strokeWidth=0.5))
        drawing.add(String(left - 52, bottom + high * step - 4, percent(step), **FONT))
        drawing.add(String(left + side * step - 12, bottom - 16, percent(step), **FONT))
    drawing.add(Line(*place(0, 0), *place(1, 1), strokeColor=INK, strokeWidth=0.75, strokeDashArray=[4, 3]))
    flat = [number for x, y in points for number in place(x, max(0, min(y, 1)))]
    drawing.add(PolyLine(flat, strokeColor=FILL, strokeWidth=2.5))
    drawing.add(String(left, bottom - 34, axes[0], **FONT))
    drawing.add(String(0, bottom + high + 12, axes[1], **FONT))
    return _svg(drawing, title)


def shortened(text: str) -> str:
    """A label that fits."""
    room = LETTERS
    for number, letter in enumerate(text):
        room -= 2 if east_asian_width(letter) in "WF" else 1
        if room < 0:
            return f"{text[: number - 1]}…"
    return text


def _svg(drawing, title: str) -> Markup:
    root = etree.fromstring(renderSVG.drawToString(drawing).encode())
    root.find(f"{SVG}title").text = title
    root.remove(root.find(f"{SVG}desc"))
    root.remove(root.find(f"{SVG}clipPath"))  # all charts of a page would have the one with this id
    group = root.find(f"{SVG}g")
    del group.attrib["style"], group.attrib["id"]
    for text in root.iter(f"{SVG}text"):  # the font of the page, which has Chinese characters
        style = text.get("style").replace(f"{BOLD};", "inherit; font-weight: bold;")
        text.set("style", style.replace(f"{PLAIN};", "inherit;"))
    # Escaped by lxml.
    return Markup(etree.tostring(root, encoding="unicode"))
