"""Figures as text in the reader's language."""

from odoo.tools import format_amount, format_date, formatLang

NONE = "–"


class Formats:
    """Texts of figures; a dash for what is not known or not to be seen.

    :param env: its language is the reader's
    :param currency: of the amounts
    """

    def __init__(self, env, currency):
        self.env = env
        self.currency = currency

    def number(self, value) -> str:
        """Without decimals."""
        return NONE if value is None else formatLang(self.env, round(value), digits=0)

    def signed(self, value) -> str:
        """A difference: with its sign."""
        return f"+{self.number(value)}" if value and value > 0 else self.number(value)

    def percent(self, share) -> str:
        """A part of 1."""
        if share is None:
            return NONE
        digits = 0 if round(share * 1000) % 10 == 0 else 1
        return self.env._("%s %%", formatLang(self.env, share * 100, digits=digits))

    def growth(self, share) -> str:
        """A part of 1, with its sign."""
        return f"+{self.percent(share)}" if share and share > 0 else self.percent(share)

    def amount(self, value) -> str:
        """To the last decimal, with the currency."""
        return NONE if value is None else format_amount(self.env, value, self.currency)

    def date(self, day) -> str:
        return format_date(self.env, day) if day else NONE
