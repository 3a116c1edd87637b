"""The files that show what a class has cost: which there are for whom, and which are to be scanned."""

from django.db.models import QuerySet

from enrollment.models import TrainingClass
from enrollment.queries import classes_visible_to
from institutions.models import User
from subsidies.enums import EvidenceKind, ScanStatus
from subsidies.models import ClaimEvidence


def claim_evidence_visible_to(user: User) -> QuerySet[ClaimEvidence]:
    """Return the files of the classes that this person may see, without what is in them."""
    files = ClaimEvidence.objects.filter(training_class__in=classes_visible_to(user).order_by())
    return files.select_related("uploaded_by", "withdrawn_by").defer("content")


def evidence_of_class(training_class: TrainingClass) -> QuerySet[ClaimEvidence]:
    """Return the files of a class that were not taken back, without what is in them, in the order they came."""
    files = ClaimEvidence.objects.filter(training_class=training_class, withdrawn_at__isnull=True)
    return files.select_related("uploaded_by").defer("content").order_by("pk")


def live_evidence_count(class_id: int) -> int:
    """Return how many files of a class were not taken back."""
    return ClaimEvidence.objects.filter(training_class=class_id, withdrawn_at__isnull=True).count()


def has_evidence(class_id: int, sha256: str) -> bool:
    """Test whether these very bytes were handed in for a class and not taken back."""
    files = ClaimEvidence.objects.filter(training_class=class_id, sha256=sha256, withdrawn_at__isnull=True)
    return files.exists()


def has_receipt(class_id: int) -> bool:
    """Test whether a receipt was handed in for a class in which no malware was found."""
    receipts = ClaimEvidence.objects.filter(
        training_class=class_id, kind=EvidenceKind.RECEIPT, withdrawn_at__isnull=True
    )
    return receipts.exclude(scan_status=ScanStatus.INFECTED).exists()


def has_infected_file(class_id: int) -> bool:
    """Test whether malware was found in a file of a class that was not taken back."""
    files = ClaimEvidence.objects.filter(
        training_class=class_id, withdrawn_at__isnull=True, scan_status=ScanStatus.INFECTED
    )
    return files.exists()


def class_of_evidence(evidence_id: int) -> int:
    """Return the class that a file was handed in for. It never changes, so that the class can be locked first."""
    return ClaimEvidence.objects.values_list("training_class_id", flat=True).get(pk=evidence_id)


def lock_claim_evidence(evidence_id: int) -> ClaimEvidence:
    """Return one file, without what is in it, that no other transaction can change until this one ends."""
    files = ClaimEvidence.objects.select_for_update(of=("self",), no_key=True)
    return files.defer("content").get(pk=evidence_id)


def content_of_evidence(evidence_id: int) -> bytes:
    """Return what is in a file. Raises InvalidTag for a damaged one."""
    content = ClaimEvidence.objects.values_list("content", flat=True).get(pk=evidence_id)
    return bytes(content)


def evidence_to_scan(*, after: int, limit: int) -> list[int]:
    """Return the files that wait for the scanner, from behind this one on. What was taken back is scanned too."""
    waiting = ClaimEvidence.objects.filter(scan_status=ScanStatus.WAITING, pk__gt=after)
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:limit])
