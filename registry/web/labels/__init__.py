"""Words for the codes that people see: kinds of evidence, sources, degrees, languages and more.

Each is an English text that the catalogues translate (`N_` marks it for the extraction); a code
without a row is shown as it is.
"""

from collections.abc import Mapping
from typing import Final

from registry.web.labels.accounts import ACCOUNTS
from registry.web.labels.evidence import EVIDENCE
from registry.web.labels.files import FILES
from registry.web.labels.holdings import HOLDINGS
from registry.web.labels.imports import IMPORTS
from registry.web.labels.items import ITEMS
from registry.web.labels.rights import RIGHTS
from registry.web.labels.showing import SHOWING

LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    **SHOWING,
    **ACCOUNTS,
    **RIGHTS,
    **HOLDINGS,
    **ITEMS,
    **FILES,
    **IMPORTS,
    **EVIDENCE,
}
