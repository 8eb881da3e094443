"""Evaluation of metrics and dimensions as SQL.

The way of a value: a ``segmentation.metric`` record becomes a column of a SELECT (``metrics``) over
the customers of a company (``population``, ``scope``); a ``segmentation.dimension`` becomes a CASE
expression over those columns (``rules``, with a module per method: ``criteria``, ``relative``,
``mapping``, ``conditions``); ``evaluate`` runs both and ``write`` stores what differs. ``explain`` asks
the same expressions about one stored customer; ``history`` tells the classes of a past day. Records are
read as configuration only; nothing here loops over customers or imports a model.
"""
