"""From the results of an assessment to money on a bank file, as its users do it: over HTTP, each in a session."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from assessment.enums import CertificateStatus, ResultsStatus, SessionStatus
from assessment.models import AssessmentSession, LevelCertificate, ResultsUpload, SessionCandidate
from assessment.results.template import write_results
from demo import people
from demo.identifiers import make_cnaps
from demo.processes import JourneyFailed, Processes, wait_until
from demo.visitor import Visitor
from demo.world import World
from enrollment.queries import id_number_hash
from subsidies.enums import BatchStatus, Decision, PaymentStatus
from subsidies.models import Entitlement, Payment, PaymentBatch, Recovery

HIDDEN_HASH = re.compile(r'name="sha256" value="([^"]+)"')
RETAKERS = (people.PASSES_TWICE, people.FAILS_THEN_PASSES, people.ABSENT)


class MainJob:
    """The road from a sitting to money on a bank file. Each step looks whether it is done already."""

    def __init__(self, base_url: str, world: World, started: Processes, say: Callable[[str], None]) -> None:
        self.base_url = base_url
        self.world = world
        self.started = started
        self.say = say
        self.year = world.training_class.starts_on.year

    def assess(self) -> None:
        """The evaluation institution draws the class, admits everybody and hands in the results of the sitting."""
        first, second = self.world.sessions
        if self._is_open(first):
            assessor = Visitor(self.base_url, "assessor")
            candidates = f"/sessions/{first.public_id}/candidates/"
            drawn = {"class": str(self.world.training_class.public_id)}
            assessor.submit(candidates, f"{candidates}draw/", drawn)
            self._admit(assessor, first)
        if self._is_open(second):
            # They sign up for the afternoon before the results of the morning are out; one of them passes twice. In the
            # end everybody has passed, so that the claim of the class opens by itself.
            assessor = Visitor(self.base_url, "assessor")
            for position in RETAKERS:
                self._add_one(assessor, second, position)
            self._admit(assessor, second)
        self._record(first, self._first_results())

    def assess_again(self) -> None:
        """The evaluation institution hands in the results of the retake."""
        self._record(self.world.sessions[1], self._retake_results())

    def _is_open(self, session: AssessmentSession) -> bool:
        session.refresh_from_db()
        return session.status == SessionStatus.FILED

    def _add_one(self, assessor: Visitor, session: AssessmentSession, position: int) -> None:
        person = people.roster(self.year)[position]
        id_hash = id_number_hash(person["id_number"])
        if SessionCandidate.objects.filter(session=session, trainee__id_number_hash=id_hash).exists():
            return
        page = f"/sessions/{session.public_id}/candidates/"
        fields = {"id_number": person["id_number"], "name": person["name"], "mobile": person["mobile"]}
        assessor.submit(page, f"{page}one/", fields)

    def _admit(self, assessor: Visitor, session: AssessmentSession) -> None:
        page = f"/sessions/{session.public_id}/"
        assessor.submit(f"{page}candidates/", f"{page}admission/")
        if not assessor.file(f"{page}candidates/list/"):
            raise JourneyFailed("The candidate list is empty.")
        count = SessionCandidate.objects.filter(session=session, admission_number__isnull=False).count()
        self.say(f"{count} candidates of {session.reference} were admitted")

    def _record(self, session: AssessmentSession, results: list[dict[str, str]]) -> None:
        session.refresh_from_db()
        if session.status == SessionStatus.RECORDED:
            self.say(f"the results of {session.reference} went in during an earlier run")
            return
        path = f"/sessions/{session.public_id}/results/"
        content = write_results(results, session_reference=session.reference)
        assessor = Visitor(self.base_url, "assessor")
        assessor.submit(path, path, file=("results.xlsx", content))
        upload = ResultsUpload.objects.filter(session=session).latest("id")
        if upload.status != ResultsStatus.READY:
            raise JourneyFailed(f"The results of {session.reference} have problems: {upload.problems}")
        checked = f"/results/{upload.public_id}/"
        assessor.submit(checked, f"{checked}recording/")
        certificates = LevelCertificate.objects.filter(attempt__session=session).count()
        self.say(f"the evaluation institution recorded {len(results)} results, {certificates} certificates")

    def revoke_one(self) -> None:
        """A certificate that was paid turns out to be false: proposed by one, approved by another, to be got back."""
        certificate = self._certificate_of(people.FALSELY_CERTIFIED)
        if certificate.status != CertificateStatus.REVOKED:
            page = f"/level-certificates/{certificate.public_id}/"
            Visitor(self.base_url, "assessor").submit(
                page, f"{page}revocation/", {"reason": "Somebody else sat the examination."}
            )
            proposal = certificate.revocations.get()
            decided = f"/certificate-revocations/{proposal.public_id}/"
            Visitor(self.base_url, "reviewer").submit(
                decided, f"{decided}approval/", {"reason": "The photographs show two people."}
            )
        wait_until(
            "the recovery of what was paid",
            lambda: Recovery.objects.filter(payment__entitlement__certificate=certificate).exists(),
            started=self.started,
        )
        self.say("a certificate was revoked after it had been paid, and a recovery was opened")

    def check_in_public(self) -> None:
        """Anybody asks whether two certificates hold, by their numbers and names."""
        for position, expected in (
            (people.FALSELY_CERTIFIED, "This certificate is revoked"),
            (people.WITHOUT_ACCOUNT, "This certificate is valid"),
        ):
            number, name = self._certificate_of(position).number, people.roster(self.year)[position]["name"]
            anybody = Visitor(self.base_url, language="en")
            answer = anybody.submit("/verify/", "/verify/", {"number": number, "name": name})
            if expected not in answer.text:
                raise JourneyFailed(f"The public page does not say of {number}: {expected}.")
        self.say("the public verification page knows which certificate holds and which was revoked")

    def _certificate_of(self, position: int) -> LevelCertificate:
        id_number = people.roster(self.year)[position]["id_number"]
        return LevelCertificate.objects.filter(
            trainee__id_number_hash=id_number_hash(id_number), attempt__session=self.world.sessions[0]
        ).get()

    def wait_for_decisions(self) -> None:
        """The worker decides by itself: nobody applies."""
        wait_until(
            "every certificate decided and its payment in a batch",
            lambda: (
                not LevelCertificate.objects.filter(decision_due=True).exists()
                and not Payment.objects.filter(status=PaymentStatus.READY).exists()
            ),
            started=self.started,
        )
        self.say("the worker decided every certificate and assembled the payments")

    def add_missing_account(self) -> None:
        """The one who gave no account gives it; the held decision goes on by itself."""
        if self._held().exists():
            self._correct_account(people.WITHOUT_ACCOUNT, "The trainee brought the account afterwards.")
            wait_until(
                "the held certificate granted",
                lambda: (
                    not self._held().exists()
                    and not Payment.objects.filter(status=PaymentStatus.READY).exists()
                ),
                started=self.started,
            )
            self.say("the missing account arrived, and the held subsidy was granted")

    def release(self) -> None:
        """Two people of the finance desk look at each batch and sign."""
        first, second = Visitor(self.base_url, "finance1"), Visitor(self.base_url, "finance2")
        for batch in PaymentBatch.objects.filter(status=BatchStatus.ASSEMBLED).order_by("id"):
            path = f"/batches/{batch.public_id}/"
            for signer in (first, second)[batch.first_released_by_id is not None :]:
                seen = HIDDEN_HASH.search(signer.page(path))
                signer.submit(path, f"{path}release/", {"sha256": seen[1] if seen else ""})
            self.say(
                f"two people released batch {batch.reference}: {batch.line_count} payments, {batch.total} yuan"
            )

    def wait_for_the_bank(self) -> None:
        """The worker delivers the files, the bank answers, the worker settles."""
        wait_until(
            "every batch settled",
            lambda: not PaymentBatch.objects.exclude(status=BatchStatus.SETTLED).exists(),
            started=self.started,
        )
        self.say("the bank answered every instruction")

    def pay_the_returned_again(self) -> None:
        """The account whose card was not activated is corrected, and the money goes out once more."""
        if Payment.objects.filter(
            status=PaymentStatus.RETURNED, entitlement__certificate__attempt__session__in=self.world.sessions
        ).exists():
            self._correct_account(
                people.ACCOUNT_NOT_ACTIVATED, "The bank returned the money: card not activated."
            )
            wait_until(
                "the returned payment in a new batch",
                lambda: PaymentBatch.objects.filter(status=BatchStatus.ASSEMBLED).exists(),
                started=self.started,
            )
            self.say("the returned payment's account was corrected")
        self.release()
        self.wait_for_the_bank()

    def _held(self) -> QuerySet[Entitlement]:
        return Entitlement.objects.filter(
            certificate__attempt__session__in=self.world.sessions,
            decision=Decision.HELD,
            superseded_at__isnull=True,
        )

    def _correct_account(self, position: int, reason: str) -> None:
        operator = Visitor(self.base_url, "operator")
        id_number = people.roster(self.year)[position]["id_number"]
        certificate = LevelCertificate.objects.filter(
            trainee__id_number_hash=id_number_hash(id_number)
        ).latest("id")
        path = f"/certificates/{certificate.public_id}/"
        operator.submit(
            path,
            f"{path}account/",
            {
                "number": people.corrected_account_of(position),
                "bank_name": "重庆示例银行",
                "cnaps": make_cnaps(653),
                "reason": reason,
            },
        )

    def _first_results(self) -> list[dict[str, str]]:
        outcomes = {people.FAILS_THEN_PASSES: "FAILED", people.ABSENT: "ABSENT"}
        return [
            self._result(position, outcomes.get(position, "PASSED"), self.world.sessions[0])
            for position in range(len(people.roster(self.year)))
        ]

    def _retake_results(self) -> list[dict[str, str]]:
        return [self._result(position, "PASSED", self.world.sessions[1]) for position in RETAKERS]

    def _result(self, position: int, outcome: str, session: AssessmentSession) -> dict[str, str]:
        person = people.roster(self.year)[position]
        row = {"id_number": person["id_number"], "name": person["name"], "outcome": outcome}
        if outcome != "ABSENT":
            score = 52 if outcome == "FAILED" else 66 + position % 30
            row |= {"theory_score": str(score), "practice_score": str(score + 1)}
        if outcome == "PASSED":
            row |= {
                "certificate_number": f"CQ{self.year}{session.reference[-2:]}{position:04}",
                "certificate_issued_on": _issued_on(session.held_on).isoformat(),
            }
        return row


def _issued_on(held_on: date) -> date:
    """The certificate follows the assessment, in the same year, or a graduating student would graduate too early."""
    day_after = held_on + timedelta(days=1)
    return min(day_after if day_after.year == held_on.year else held_on, timezone.localdate())
