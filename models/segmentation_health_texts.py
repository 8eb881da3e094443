from odoo import models

SHOWN_CLASSES = 5


class SegmentationHealthFinding(models.Model):
    """What a finding says."""

    _inherit = "segmentation.health.finding"

    def _text(self) -> str:
        """The finding in a sentence, in the reader's language."""
        return self._texts()[self.kind] if self.kind else ""

    def _texts(self) -> dict:
        return {**self._texts_of_rules(), **self._texts_of_spread(), **self._texts_of_runs(), **self._texts_of_facts()}

    def _texts_of_rules(self) -> dict:
        dimension, classes = self._dimension_names(), self._class_names()
        return {
            "no_rules": self.env._("%s has no rules: it can place nobody.", dimension),
            "unreachable": self.env._(
                "%(dimension)s: nobody can reach %(classes)s. The class has no rule, or one before it takes everybody.",
                dimension=dimension,
                classes=classes,
            ),
            "too_high": self.env._(
                "%(dimension)s: the bounds of %(classes)s are higher than the figures of any customer.",
                dimension=dimension,
                classes=classes,
            ),
            "without_class": self.env._("%s: customers without a class.", dimension),
        }

    def _texts_of_spread(self) -> dict:
        dimension, classes, number = self._dimension_names(), self._class_names(), round(self.number)
        return {
            "one_class": self.env._(
                "%(dimension)s: %(share)s %% of the customers are in %(classes)s.",
                dimension=dimension,
                share=number,
                classes=classes,
            ),
            "few_classes": self.env._(
                "%(dimension)s uses %(number)s of its classes only; fewer than three hardly tell customers apart.",
                dimension=dimension,
                number=number,
            ),
            "same": self.env._(
                "%s say the same: each class of the one goes with exactly one class of the other.", dimension
            ),
            "tiny": self.env._(
                "%(dimension)s: classes with fewer than five customers: %(classes)s.",
                dimension=dimension,
                classes=classes,
            ),
        }

    def _texts_of_runs(self) -> dict:
        number, job = round(self.number), self._job_name()
        return {
            "never_evaluated": self.env._("The customers have never been classified."),
            "long_ago": self.env._("All customers were last classified %s days ago.", number),
            "outdated": self.env._(
                "The rules of %s have changed since the customers were last classified.", self._dimension_names()
            ),
            "run_failed": self.env._("The last classification of all customers has failed."),
            "run_partial": self.env._("The last classification of all customers has left out dimensions."),
            "job_off": self.env._("The scheduled job “%s” is switched off.", job),
            "job_failing": self.env._(
                "The scheduled job “%(job)s” has failed %(number)s times in a row.", job=job, number=number
            ),
            "queue_late": self.env._(
                "“%(job)s”: the job queue has not begun this work for more than an hour (jobs: %(number)s). Have an "
                "administrator see that queue_job is among the server-wide modules and that there are enough workers.",
                job=job,
                number=number,
            ),
            "overrides_expired": self.env._("Classes set by hand that have expired: %s.", number),
            "overrides_expiring": self.env._("Classes set by hand that expire within 30 days: %s.", number),
        }

    def _texts_of_facts(self) -> dict:
        fact = self.env["segmentation.profile"]._fact_names(self.subject) if self.kind == "missing" else ""
        return {
            "missing": self.env._("%s: not known, or not exactly enough, and a class depends on it.", fact),
            "guessed": self.env._("Facts that were guessed and that nobody has confirmed."),
        }

    def _dimension_names(self) -> str:
        return ", ".join(self.dimension_ids.sorted("sequence").mapped("name"))

    def _class_names(self) -> str:
        """Names of the classes, of the first ones when there are many."""
        names = ", ".join(f"“{cls.name}”" for cls in self.class_ids[:SHOWN_CLASSES])
        more = len(self.class_ids) - SHOWN_CLASSES
        return self.env._("%(names)s and %(more)s more", names=names, more=more) if more > 0 else names

    def _job_name(self) -> str:
        return self._job().name or self.subject or ""
