"""What a summary shows, in sentences: each finding rests on figures and suggests a step."""

from dataclasses import dataclass

from .tables import moves

MOST = 0.8  # "most" of the revenue
LARGE_SHARE = 0.1  # a customer with so much of the revenue is a risk
LARGE_TOP = 0.5  # so are the ten largest together
STEADY = 0.02  # a change below it is none


@dataclass(frozen=True)
class Finding:
    """A conclusion.

    :ivar title: what it is about
    :ivar texts: what the figures say, in sentences
    :ivar step: what to do about it
    """

    title: str
    texts: tuple[str, ...]
    step: str


class Findings:
    """Findings of a summary, by rules.

    :param summary: :class:`~.summary_data.Summary`
    :param risk: :class:`~.summary_risk.Risk`, ``None`` where revenue is not to be seen
    :param formats: :class:`~.formats.Formats`
    """

    def __init__(self, summary, risk, formats):
        self.summary = summary
        self.risk = risk
        self.formats = formats
        self.env = formats.env

    def all(self) -> list[Finding]:
        """The findings in the order of a report; none without customers."""
        if self.summary.no_data or not self.summary.total.customers:
            return []
        found = (self._concentration(), self._growth(), self._at_risk(), self._overdue(), self._moved(), self._gaps())
        return [finding for finding in found if finding]

    def _concentration(self):
        top, formats = self.summary.top_customers, self.formats
        if not top or top[0].share is None:
            return None
        together = sum(customer.share for customer in top)
        texts = [
            self.env._(
                "The largest customer, %(name)s, makes %(share)s of the revenue (%(amount)s).",
                name=top[0].partner.display_name,
                share=formats.percent(top[0].share),
                amount=formats.amount(top[0].revenue),
            )
        ]
        if len(top) > 1:
            texts.append(
                self.env._(
                    "The %(number)s largest customers together make %(share)s.",
                    number=len(top),
                    share=formats.percent(together),
                )
            )
        point = next((point for point in self.summary.pareto if point.revenue >= MOST), None)
        if point and len(top) > 1:
            texts.append(
                self.env._(
                    "%(customers)s of the customers make %(revenue)s of the revenue.",
                    customers=formats.percent(point.customers),
                    revenue=formats.percent(point.revenue),
                )
            )
        if top[0].share >= LARGE_SHARE or together >= LARGE_TOP:
            step = self.env._(
                "Agree a contact person and a yearly plan with each of the largest customers, and win others, "
                "so that the loss of one does not hurt the business."
            )
        else:
            step = self.env._("The revenue is spread well. Keep an eye on the largest customers all the same.")
        return Finding(self.env._("Concentration"), tuple(texts), step)

    def _growth(self):
        total, formats = self.summary.total, self.formats
        if total.growth is None:
            return None
        values = {
            "revenue": formats.amount(total.revenue),
            "before": formats.amount(total.revenue_prior),
            "growth": formats.percent(abs(total.growth)),
        }
        if abs(total.growth) < STEADY:
            title = self.env._("Steady revenue")
            text = self.env._("Revenue is %(revenue)s, about as much as in the period before (%(before)s).", **values)
            step = self.env._(
                "Look for classes with room to grow: those that buy less than customers of their size and sector."
            )
        elif total.growth > 0:
            title = self.env._("Growth")
            text = self.env._(
                "Revenue is %(revenue)s, %(growth)s more than in the period before (%(before)s).",
                **values,
            )
            step = self.env._("Find out what made the growing classes grow, and offer the same to customers like them.")
        else:
            title = self.env._("Shrinkage")
            text = self.env._(
                "Revenue is %(revenue)s, %(growth)s less than in the period before (%(before)s).",
                **values,
            )
            step = self.env._("Visit the largest customers of the shrinking classes, and ask what they buy elsewhere.")
        return Finding(title, (text, *self._growing_classes()), step)

    def _growing_classes(self):
        """The class that gained most and the one that lost most, by dimension."""
        for part in self.summary.dimensions:
            gains = [(line.revenue - line.own.revenue_prior, line) for line in part.classes]
            gained = max(gains, key=lambda gain: gain[0], default=(0, None))
            lost = min(gains, key=lambda gain: gain[0], default=(0, None))
            values = {"dimension": part.dimension.name}
            if gained[0] > 0:
                values |= {"gained": gained[1].name, "more": self.formats.amount(gained[0])}
            if lost[0] < 0:
                values |= {"lost": lost[1].name, "less": self.formats.amount(-lost[0])}
            if gained[0] > 0 and lost[0] < 0:
                yield self.env._(
                    "%(dimension)s: %(gained)s gained most (%(more)s), %(lost)s lost most (%(less)s).",
                    **values,
                )
            elif gained[0] > 0:
                yield self.env._("%(dimension)s: %(gained)s gained most (%(more)s), no class lost.", **values)
            elif lost[0] < 0:
                yield self.env._("%(dimension)s: %(lost)s lost most (%(less)s), no class gained.", **values)

    def _at_risk(self):
        risk, formats = self.risk, self.formats
        if not risk or not risk.customers:
            return None
        text = self.env._(
            "Customers that lost at least half of their revenue: %(customers)s. It was %(before)s and is %(now)s, "
            "%(lost)s less.",
            customers=formats.number(risk.customers),
            before=formats.amount(risk.revenue_prior),
            now=formats.amount(risk.revenue),
            lost=formats.amount(risk.lost),
        )
        partner, now, before = risk.largest[0]
        first = self.env._(
            "Most of all %(name)s: %(before)s before, %(now)s now.",
            name=partner.display_name,
            before=formats.amount(before),
            now=formats.amount(now),
        )
        step = self.env._("Call the customers of the list “Customers at risk” this week, from the top.")
        return Finding(self.env._("Customers at risk"), (text, first), step)

    def _overdue(self):
        total, formats = self.summary.total, self.formats
        if not total.overdue or total.overdue <= 0:
            return None
        texts = [
            self.env._(
                "%(amount)s are overdue, %(share)s of the revenue.",
                amount=formats.amount(total.overdue),
                share=formats.percent(total.overdue / total.revenue),
            )
            if total.revenue > 0
            else self.env._("%s are overdue.", formats.amount(total.overdue))
        ]
        for part in self.summary.dimensions[:1]:
            line = max(part.classes, key=lambda line: line.own.overdue)
            texts.append(
                self.env._(
                    "%(dimension)s: most of it is owed by %(class)s (%(amount)s).",
                    dimension=part.dimension.name,
                    amount=formats.amount(line.own.overdue),
                    **{"class": line.name},
                )
            )
        step = self.env._("Agree dates of payment before you deliver more.")
        return Finding(self.env._("Overdue payments"), tuple(texts), step)

    def _moved(self):
        if not self.summary.compare_to:
            return None
        texts = [self._moved_in(part) for part in self.summary.dimensions]
        step = self.env._("Look at who fell, in the list of this report, and ask the salespersons why.")
        if not self.summary.movers_down:
            step = self.env._("Nobody fell in a ranked dimension: look at who rose, and adapt how they are served.")
        return Finding(self.env._("Classes that moved"), tuple(texts), step)

    def _moved_in(self, part) -> str:
        found = moves(part.migration)
        if not found:
            return self.env._("%s: no customer changed class.", part.dimension.name)
        return self.env._(
            "%(dimension)s: changes of class: %(customers)s, most often from %(old)s to %(new)s (%(number)s).",
            dimension=part.dimension.name,
            customers=self.formats.number(sum(move.customers for move in found)),
            old=found[0].source,
            new=found[0].target,
            number=self.formats.number(found[0].customers),
        )

    def _gaps(self):
        quality, formats = self.summary.quality, self.formats
        texts = [
            self.env._(
                "%(fact)s: not known for %(customers)s of the customers.",
                fact=fact.name,
                customers=formats.number(fact.customers),
            )
            if fact.revenue is None
            else self.env._(
                "%(fact)s: not known for %(customers)s of the customers, with a revenue of %(revenue)s.",
                fact=fact.name,
                customers=formats.number(fact.customers),
                revenue=formats.amount(fact.revenue),
            )
            for fact in quality.missing or ()
        ]
        texts += [
            self.env._(
                "%(dimension)s: %(customers)s of the customers unclassified (%(share)s).",
                dimension=dimension.name,
                customers=formats.number(figures.customers),
                share=formats.percent(figures.customers / self.summary.total.customers),
            )
            for dimension, figures in quality.unclassified
            if figures.customers
        ]
        if not texts:
            return Finding(
                self.env._("Data quality"),
                (self.env._("Every customer has a class in every dimension, and no fact is missing."),),
                self.env._("No step is needed."),
            )
        step = self.env._(
            "Complete the facts under Analysis, Complete the customer file; begin with the largest revenue."
        )
        return Finding(self.env._("Data gaps"), tuple(texts), step)
