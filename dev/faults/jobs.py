"""The process of a scheduled job is killed while it works off touched customers or exports.

Actions, next steps and recommended products are among the phases of `kills`.
"""

from ..console import say
from ..postgres import query
from . import base

TOUCHED = "cron_classify_touched cron_next_steps cron_actions cron_recommend"
EXPORTS = """
SELECT string_agg(concat(state, ' ', attempts, ' attempts, ', files, ' file, ', messages, ' message'), '; ' ORDER BY id)
  FROM segmentation_export AS export,
       LATERAL (SELECT count(*) AS files FROM ir_attachment
                 WHERE res_model = 'segmentation.export' AND res_id = export.id) AS f,
       LATERAL (SELECT count(*) AS messages FROM mail_message
                 WHERE model = 'segmentation.export' AND res_id = export.id) AS m
"""


def check(server):
    """Return what is wrong, a sentence for each."""
    return touches(server) + exports(server)


def touches(server):
    base.renew(server)
    base.work(server)  # the run that waits
    base.finish(base.start(server, "touch"))
    base.renew(server, "faults_touched", base.WORK)
    base.work(server, jobs=TOUCHED)
    wanted = base.everything(server)
    problems = []
    for place in ("before touched", "during touched", "after touched", "after update", "before action", "after action"):
        base.renew(server, source="faults_touched")
        base.finish(base.start(server, "work", at=place, jobs=TOUCHED), killed=True)
        base.work(server, jobs=TOUCHED)
        if differing := base.differences(base.everything(server), wanted):
            problems.append(f"touched, killed {place}: something else in {', '.join(differing)}")
        say(f"    touched customers, killed {place}: tried")
    return problems


def exports(server):
    problems = []
    for place in ("before export", "after export", "during exported", "after exported"):
        base.renew(server)
        base.work(server)
        base.finish(base.start(server, "export"))
        base.finish(base.start(server, "work", at=place, jobs="cron_export"), killed=True)
        base.work(server, jobs="cron_export")
        found = query(server, EXPORTS, base.WORK)
        say(f"    exports, killed {place}: {found}")
        if found != "done 2 attempts, 1 file, 1 message; done 1 attempts, 1 file, 1 message":
            problems.append(f"exports, killed {place}: {found}")
    return problems
