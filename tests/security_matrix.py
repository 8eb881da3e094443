"""Who may do what with which model of the add-on; test_security_matrix.py tries all of it.

r: read, search and export; c: create; w: write; d: delete. The roles are those of security_common.ROLES.
Whose: records of one's company, or of one's own making; all others are out of sight.
"""

MATRIX = """
model                             whose            public portal internal technical user own_docs all_docs readonly invoicing manager admin
segmentation.action               company          -      -      -        -         -    -        -        -        -         rcwd    rcwd
segmentation.action.item          company          -      -      -        -         -    -        -        -        -         r       r
segmentation.apply.standard       creator          -      -      -        -         -    -        -        -        -         rcwd    rcwd
segmentation.apply.standard.line  creator          -      -      -        -         -    -        -        -        -         rcwd    rcwd
segmentation.change               company          -      -      -        -         r    r        r        r        r         r       r
segmentation.class                company          -      -      -        -         r    r        r        r        r         rcwd    rcwd
segmentation.comparison           company,creator  -      -      -        -         rcwd rcwd     rcwd     rcwd     rcwd      rcwd    rcwd
segmentation.comparison.line      company,creator  -      -      -        -         r    r        r        r        r         r       r
segmentation.criterion            company          -      -      -        -         r    r        r        r        r         rcwd    rcwd
segmentation.cut                  company          -      -      -        -         r    r        r        r        r         r       r
segmentation.dimension            company          -      -      -        -         r    r        r        r        r         rcwd    rcwd
segmentation.export               company,creator  -      -      -        -         -    rd       rd       rd       rd        -       rd
segmentation.export.xlsx          company,creator  -      -      -        -         -    rcwd     rcwd     rcwd     rcwd      -       rcwd
segmentation.guess                creator          -      -      -        -         rcwd rcwd     rcwd     rcwd     rcwd      rcwd    rcwd
segmentation.guess.line           creator          -      -      -        -         rcwd rcwd     rcwd     rcwd     rcwd      rcwd    rcwd
segmentation.health               company          -      -      -        -         -    -        -        -        -         r       r
segmentation.health.finding       company          -      -      -        -         -    -        -        -        -         r       r
segmentation.mailing              company          -      -      -        -         -    -        -        -        -         rcwd    rcwd
segmentation.metric               all              -      -      -        -         r    r        r        r        r         rcwd    rcwd
segmentation.next.step            company          -      -      -        -         -    r        r        -        -         -       r
segmentation.number.codes         creator          -      -      -        -         -    -        -        -        -         rcwd    rcwd
segmentation.number.codes.line    creator          -      -      -        -         -    -        -        -        -         rcwd    rcwd
segmentation.onboarding           company          -      -      -        -         -    -        -        -        -         rw      rw
segmentation.onboarding.line      company          -      -      -        -         -    -        -        -        -         rcwd    rcwd
segmentation.override             company          -      -      -        -         r    r        r        r        r         rcwd    rcwd
segmentation.peer.product         company          -      -      -        -         -    r        r        r        r         -       r
segmentation.preview              company,creator  -      -      -        -         -    -        -        -        -         rc      rc
segmentation.preview.mover        company,creator  -      -      -        -         -    -        -        -        -         rc      rc
segmentation.profile              company          -      -      -        -         r    r        r        r        r         r       r
segmentation.report               company,creator  -      -      -        -         rcwd rcwd     rcwd     rcwd     rcwd      rcwd    rcwd
segmentation.rules                company          -      -      -        -         -    -        -        -        -         r       r
segmentation.run                  company          -      -      -        -         r    r        r        r        r         rd      rd
segmentation.run.failure          company          -      -      -        -         r    r        r        r        r         r       r
segmentation.run.step             company          -      -      -        -         r    r        r        r        r         r       r
segmentation.service              company          -      -      -        -         r    r        r        r        r         rcwd    rcwd
segmentation.service.application  company          -      -      -        -         r    r        r        r        r         r       r
segmentation.service.applied      company          -      -      -        -         r    r        r        r        r         r       r
segmentation.service.apply        company,creator  -      -      -        -         rcwd rcwd     rcwd     rcwd     rcwd      rcwd    rcwd
segmentation.service.apply.line   company,creator  -      -      -        -         rwd  rwd      rwd      rwd      rwd       rwd     rwd
segmentation.settings             company          -      -      -        -         -    -        -        -        -         rw      rw
segmentation.standard             all              -      -      -        -         -    -        -        -        -         rcwd    rcwd
segmentation.standard.item        all              -      -      -        -         -    -        -        -        -         rcwd    rcwd
segmentation.suggestion           creator          -      -      -        -         -    -        -        -        -         rcwd    rcwd
segmentation.touch                company          -      -      -        -         -    -        -        -        -         r       r
"""  # noqa: E501 (one line per model is what makes it readable)

_HEADING, *_LINES = (line.split() for line in MATRIX.strip().splitlines())
MATRIX_ROLES = _HEADING[2:]
# Model → whose records, a set of "company" and "creator"; empty: everybody's.
WHOSE = {model: set(whose.split(",")) - {"all"} for model, whose, *_rights in _LINES}
# Model → role → letters.
RIGHTS = {model: dict(zip(MATRIX_ROLES, rights, strict=True)) for model, _whose, *rights in _LINES}
