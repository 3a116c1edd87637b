from subsidies.dossier.certificate import (
    CertificateDossier,
    account_is_needed,
    certificate_dossier,
)
from subsidies.dossier.shown import ShownAttempt, ShownDecision, ShownNotice, ShownObjection, Training

__all__ = [
    "CertificateDossier",
    "ShownAttempt",
    "ShownDecision",
    "ShownNotice",
    "ShownObjection",
    "Training",
    "account_is_needed",
    "certificate_dossier",
]
