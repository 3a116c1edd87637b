"""The training subsidy of the demo's class, from a claim that opens by itself to a batch: over HTTP, by its users."""

import re
from collections.abc import Callable

from chongqing_dte.foundation.proposals import RequestStatus
from demo.identifiers import make_card_number, make_cnaps
from demo.journey import HIDDEN_HASH
from demo.processes import JourneyFailed, Processes, wait_until
from demo.visitor import Visitor
from demo.world import CONFIRMERS, World
from enrollment.models import TrainingClass
from institutions.models import InstitutionAccount
from subsidies.enums import CLAIM_WITH_THE_INSTITUTION, ClaimStatus, PaymentStatus
from subsidies.models import Advance, ClaimEvidence, Payment, SubsidyClaim

HIDDEN_RECKONING = re.compile(r'name="reckoning" value="([0-9]+)"')
# More than the policy pays for one of them, so that it does not limit the claim.
COST_OF_A_TRAINEE = "980.00"
# An empty page: the portal looks at what kind of file it is, and the bureaus at what it shows.
RECEIPT = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"


class Reimbursement:
    """The road of a claim over the institution and both bureaus to a batch. A step that is done already is left out."""

    def __init__(self, base_url: str, world: World, started: Processes, say: Callable[[str], None]) -> None:
        self.base_url = base_url
        self.training_class = TrainingClass.objects.select_related("institution").get(
            pk=world.training_class.pk
        )
        self.started = started
        self.say = say

    def do_everything(self) -> None:
        """From what the institution has advanced to a payment in a batch."""
        self.agree_on_an_account()
        self.show_the_cost()
        self.wait_for_the_claim()
        self.submit()
        self.review()
        self.confirm()
        self.wait_for_the_batch()

    def agree_on_an_account(self) -> None:
        """The institution says where it is paid to, and the finance office approves it."""
        accounts = InstitutionAccount.objects.filter(institution=self.training_class.institution)
        if not accounts.exists():
            page = "/claims/account/"
            account = {
                "holder_name": self.training_class.institution.name_zh,
                "number": make_card_number(9000),
                "bank_name": "重庆示例银行",
                "cnaps": make_cnaps(653),
                "reason": "首次登记收款账户。",
            }
            Visitor(self.base_url, "school").submit(page, page, account)
        proposed = accounts.filter(status=RequestStatus.PROPOSED).first()
        if proposed is not None:
            page = f"/institution-accounts/{proposed.public_id}/"
            Visitor(self.base_url, "finance1").submit(page, f"{page}approval/", {"reason": ""})
            self.say("the finance office approved the account of the institution")

    def show_the_cost(self) -> None:
        """The institution says what it has advanced, and hands in a receipt."""
        page, school = f"/claims/classes/{self.training_class.public_id}/", Visitor(self.base_url, "school")
        if not Advance.objects.filter(training_class=self.training_class).exists():
            spent = {
                "advance-basis": "PER_TRAINEE",
                "advance-unit_cost": COST_OF_A_TRAINEE,
                "advance-unit_count": str(self.training_class.locked_count),
                "advance-spent_on": self.training_class.ends_on.isoformat(),
                "advance-note": "师资、场地、耗材。",
            }
            school.submit(page, f"{page}advances/", spent)
        if not ClaimEvidence.objects.filter(training_class=self.training_class).exists():
            kind, receipt = {"evidence-kind": "RECEIPT"}, ("receipt.pdf", RECEIPT)
            school.submit(page, f"{page}evidence/", kind, receipt, field="evidence-file")
            self.say("the institution recorded what it has advanced for the class, and handed in a receipt")

    def wait_for_the_claim(self) -> None:
        """Everybody has passed, so that nothing moves the pass rate any more: the worker opens the claim."""
        claims = SubsidyClaim.objects.filter(training_class=self.training_class)
        wait_until("the claim of the class to open by itself", claims.exists, started=self.started)
        self.say(f"claim {self._claim().reference} opened by itself")

    def submit(self) -> None:
        """The institution hands the claim in."""
        if self._claim().status in CLAIM_WITH_THE_INSTITUTION:
            Visitor(self.base_url, "school").submit(self._page(), f"{self._page()}submission/")
            self.say("the institution submitted the claim")

    def review(self) -> None:
        """The district accepts the lines on which nothing is flagged, and recommends the claim."""
        if self._claim().status != ClaimStatus.SUBMITTED:
            return
        page, district = self._page(), Visitor(self.base_url, "district")
        seen = HIDDEN_RECKONING.search(district.page(page))
        if seen:
            district.submit(page, f"{page}lines/unflagged/", {"reckoning": seen[1]})
        self._sign(district, f"{page}recommendation/")
        self.say("the district reviewed the claim line by line and recommended it")

    def confirm(self) -> None:
        """Two people of the municipal bureau sign: it is more than the policy lets one of them confirm."""
        if self._claim().status != ClaimStatus.RECOMMENDED:
            return
        first = self._claim().first_confirmed_by
        for username in CONFIRMERS:
            if first is None or first.username != username:
                self._sign(Visitor(self.base_url, username), f"{self._page()}confirmation/")
        if self._claim().status != ClaimStatus.CONFIRMED:
            raise JourneyFailed("The claim has two signatures, and is not confirmed.")
        self.say("two people of the municipal bureau confirmed the claim")

    def wait_for_the_batch(self) -> None:
        """The worker opens the payment and puts it into a batch."""
        payments = Payment.objects.filter(claim=self._claim())
        wait_until(
            "the payment of the claim in a batch",
            payments.exclude(status=PaymentStatus.READY).exists,
            started=self.started,
        )

    def _sign(self, signer: Visitor, action: str) -> None:
        seen = HIDDEN_HASH.search(signer.page(self._page()))
        signer.submit(self._page(), action, {"sha256": seen[1] if seen else ""})

    def _claim(self) -> SubsidyClaim:
        claims = SubsidyClaim.objects.select_related("first_confirmed_by")
        return claims.filter(training_class=self.training_class).latest("id")

    def _page(self) -> str:
        return f"/claims/{self._claim().public_id}/"
