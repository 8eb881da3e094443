"""Evaluation of metrics and dimensions as SQL.

The way of a value: a ``segmentation.metric`` record becomes a column of a SELECT (``metrics``) over
the customers of a company (``population``), a ``segmentation.dimension`` becomes a CASE expression
over those columns (``rules``), and ``evaluate`` writes what differs from the stored profiles.
Records are read as configuration only; nothing here loops over customers or imports a model.
"""
