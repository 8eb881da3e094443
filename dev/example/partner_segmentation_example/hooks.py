"""What goes before the documents that the metric counts."""


def uninstall_hook(env):
    """Remove the bounds that administrators have set for the metric: they would keep it from being deleted."""
    metric = env.ref("partner_segmentation_example.metric_visits_12m", raise_if_not_found=False)
    if metric:
        env["segmentation.criterion"].search([("metric_id", "=", metric.id)]).unlink()
        metric.unlink()
