"""Claims of the people around, each at another point of its road, so that no page is empty: by the services."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chongqing_dte.foundation.errors import DomainError
from demo.identifiers import make_card_number, make_cnaps
from demo.reimbursement import RECEIPT
from demo.world import CLASS_REFERENCE
from enrollment.enums import ClassStatus
from enrollment.models import TrainingClass
from institutions.enums import Role
from institutions.models import Institution, InstitutionAccount, User
from institutions.services.accounts import (
    AccountEntry,
    approve_institution_account,
    propose_institution_account,
)
from subsidies.enums import AdvanceBasis, ClaimStatus, EvidenceKind
from subsidies.models import SubsidyClaim
from subsidies.queries import sha256_to_sign
from subsidies.services.advances import AdvanceEntry, record_advance
from subsidies.services.claim_confirmations import confirm_claim
from subsidies.services.claim_evidence import EvidenceFile, hand_in_evidence
from subsidies.services.claim_reviews import (
    accept_unflagged_lines,
    ask_about_claim,
    recommend_claim,
    return_claim,
)
from subsidies.services.claim_sweeps import open_due_claims
from subsidies.services.claims import open_claim, submit_claim

COST_OF_A_TRAINEE = Decimal("1200.00")
FIRST_ACCOUNT = 9100


@dataclass(frozen=True)
class Around:
    """One claim, and the people who have it in hand, at one moment."""

    claim_id: int
    now: datetime

    @property
    def claim(self) -> SubsidyClaim:
        """The claim as it is by now."""
        return SubsidyClaim.objects.select_related("reckoning", "training_class", "institution").get(
            pk=self.claim_id
        )

    def submitted(self) -> None:
        """The institution has said where it is paid to and what it has advanced, and handed the claim in."""
        claim, manager = self.claim, self._manager()
        training_class = claim.training_class
        if not InstitutionAccount.objects.filter(institution=claim.institution).exists():
            _agree_on_an_account(claim.institution, manager, self.now)
        spent = AdvanceEntry(
            AdvanceBasis.PER_TRAINEE,
            COST_OF_A_TRAINEE,
            training_class.ends_on,
            unit_count=training_class.locked_count or 1,
        )
        record_advance(class_id=training_class.pk, entry=spent, recorder=manager, now=self.now)
        receipt = EvidenceFile(EvidenceKind.RECEIPT, "receipt.pdf", RECEIPT)
        hand_in_evidence(
            class_id=training_class.pk, file=receipt, uploader=manager, is_scanned=False, now=self.now
        )
        submit_claim(claim_id=claim.pk, submitter=manager, now=self.now)

    def asked(self) -> None:
        """The district has asked the institution something."""
        self.submitted()
        ask_about_claim(
            claim_id=self.claim_id,
            question="请说明实训耗材的用途，并补充发票明细。",
            reviewer=self._reviewer(),
            now=self.now,
        )

    def returned(self) -> None:
        """The district has given the claim back."""
        self.submitted()
        return_claim(
            claim_id=self.claim_id, reason="凭证不清晰，请重新上传。", reviewer=self._reviewer(), now=self.now
        )

    def recommended(self) -> None:
        """The district has looked at every line, and recommends the claim."""
        self.submitted()
        reviewer = self._reviewer()
        accept_unflagged_lines(
            claim_id=self.claim_id, reckoning_id=self.claim.reckoning_id or 0, reviewer=reviewer, now=self.now
        )
        recommend_claim(claim_id=self.claim_id, sha256=self._seen(), reviewer=reviewer, now=self.now)

    def signed_once(self) -> None:
        """One person of the municipal bureau has signed."""
        self.recommended()
        self._confirm(_first(Role.MUNICIPAL_REVIEWER))

    def confirmed(self) -> None:
        """As many people of the municipal bureau have signed as the policy asks for."""
        self.recommended()
        for confirmer in _of_role(Role.MUNICIPAL_REVIEWER):
            if self.claim.status == ClaimStatus.RECOMMENDED:
                self._confirm(confirmer)

    def _confirm(self, confirmer: User) -> None:
        confirm_claim(claim_id=self.claim_id, sha256=self._seen(), confirmer=confirmer, now=self.now)

    def _seen(self) -> str:
        reckoning = self.claim.reckoning
        return sha256_to_sign(reckoning) if reckoning else ""

    def _manager(self) -> User:
        return _first(Role.TRAINING_MANAGER, institution=self.claim.institution_id)

    def _reviewer(self) -> User:
        return _first(Role.DISTRICT_REVIEWER, district=self.claim.district_id)


# Where the claims stand in the end, the oldest first; those behind them wait for their institutions.
ROADS: tuple[Callable[[Around], None], ...] = (
    Around.confirmed,
    Around.asked,
    Around.recommended,
    Around.submitted,
    Around.signed_once,
    Around.returned,
)


def fill_claims(*, now: datetime) -> None:
    """Open the claims of the classes around, and take some of them on their roads, unless there are claims already."""
    if SubsidyClaim.objects.exists():
        return
    open_due_claims(now=now)
    _open_early(now)
    roads = [*ROADS]
    for claim_id in SubsidyClaim.objects.order_by("id").values_list("pk", flat=True):
        if roads and _takes(roads[0], Around(claim_id, now)):
            roads.pop(0)


def _open_early(now: datetime) -> None:
    """Let institutions open the claims of classes in which somebody may still pass."""
    claimed = SubsidyClaim.objects.values("training_class")
    classes = TrainingClass.objects.filter(status=ClassStatus.COMPLETED, locked_count__gt=0)
    for each in (
        classes.exclude(pk__in=claimed).exclude(reference=CLASS_REFERENCE).order_by("id")[: len(ROADS)]
    ):
        manager = _first(Role.TRAINING_MANAGER, institution=each.institution_id)
        open_claim(class_id=each.pk, opener=manager, now=now)


def _takes(road: Callable[[Around], None], claim: Around) -> bool:
    """Take a claim on a road, and return whether it came to its end. One of which something is missing stays behind."""
    try:
        road(claim)
    except DomainError:
        return False
    return True


def _agree_on_an_account(institution: Institution, manager: User, now: datetime) -> None:
    proposed = propose_institution_account(
        institution_id=institution.pk,
        entry=AccountEntry(
            institution.name_zh,
            make_card_number(FIRST_ACCOUNT + institution.pk),
            "重庆示例银行",
            make_cnaps(653),
        ),
        reason="首次登记收款账户。",
        proposer=manager,
        now=now,
    )
    finance = _first(Role.MUNICIPAL_FINANCE)
    approve_institution_account(account_id=proposed.pk, decider=finance, reason="", now=now)


def _first(role: Role, **office: int | None) -> User:
    return _of_role(role, **office)[0]


def _of_role(role: Role, **office: int | None) -> list[User]:
    return list(User.objects.filter(role=role, **office).order_by("pk"))
