"""What stands on a public notice, and the one way to write it down, so that anybody can check it by its hash."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, TypeVar

from enrollment.rules.identifiers import mask_name

# Of a payment that no single district is competent for.
MUNICIPAL_CODE: Final = "500000"
SHOWN_OF_A_NUMBER: Final = 4


@dataclass(frozen=True)
class NoticeHead:
    """What a notice says of itself."""

    reference: str
    kind: str
    district_code: str
    district: str
    opens_on: date
    closes_on: date
    working_days: int


@dataclass(frozen=True)
class NoticeEntry:
    """One person's line, before anything in it is masked. The payment is not published."""

    payment_id: int
    name: str
    id_number: str
    certificate_number: str
    occupation_code: str
    occupation: str
    level: str
    institution: str
    amount: Decimal
    # For how many people it is, where that is not one.
    people_count: None = None

    @property
    def masked_name(self) -> str:
        """Return the name as it is published."""
        return mask_name(self.name)

    @property
    def id_ending(self) -> str:
        """Return of the ID number what is published."""
        return self.id_number[-SHOWN_OF_A_NUMBER:]

    @property
    def place(self) -> tuple[str, str]:
        """Return what the list is in the order of."""
        return self.institution, self.certificate_number

    def published(self, line_number: int) -> dict[str, object]:
        """Return the line as it stands in the list."""
        return {
            "line": line_number,
            "name": self.masked_name,
            "id_ending": self.id_ending,
            "certificate": masked_certificate(self.certificate_number),
            "occupation": {"code": self.occupation_code, "name": self.occupation},
            "level": self.level,
            "institution": self.institution,
            "amount": str(self.amount),
        }


@dataclass(frozen=True)
class ClaimEntry:
    """One claim's line: an institution is named whole, and nobody in its class is. The payment is not published."""

    payment_id: int
    institution: str
    class_reference: str
    occupation_code: str
    occupation: str
    level: str
    people_count: int
    amount: Decimal
    id_ending: str = ""

    @property
    def masked_name(self) -> str:
        """Return the name as it is published."""
        return self.institution

    @property
    def place(self) -> tuple[str, str]:
        """Return what the list is in the order of."""
        return self.institution, self.class_reference

    def published(self, line_number: int) -> dict[str, object]:
        """Return the line as it stands in the list."""
        return {
            "line": line_number,
            "name": self.masked_name,
            "id_ending": self.id_ending,
            "class": self.class_reference,
            "occupation": {"code": self.occupation_code, "name": self.occupation},
            "level": self.level,
            "people": self.people_count,
            "amount": str(self.amount),
        }


Entry = NoticeEntry | ClaimEntry
Entries = TypeVar("Entries", bound=Entry)


def notice_reference(kind: str, district_code: str, day: date) -> str:
    """Return the name of the one notice of a subsidy, a district and a day."""
    return f"{kind}-{district_code}-{day:%Y%m%d}"


def masked_certificate(number: str) -> str:
    """Return a certificate's number as it is published: its end, which its holder recognizes it by."""
    return "*" * max(len(number) - SHOWN_OF_A_NUMBER, 0) + number[-SHOWN_OF_A_NUMBER:]


def in_order(entries: Iterable[Entries]) -> list[Entries]:
    """Return the entries in the order of the list, which is the same whatever order they come in."""
    return sorted(entries, key=lambda entry: entry.place)


def canonical_content(head: NoticeHead, entries: Sequence[Entry]) -> str:
    """Return the list as it is published, as JSON with sorted keys and no spaces."""
    total = sum((entry.amount for entry in entries), Decimal("0.00"))
    content = {
        "reference": head.reference,
        "kind": head.kind,
        "district": {"code": head.district_code, "name": head.district},
        "opens_on": head.opens_on.isoformat(),
        "closes_on": head.closes_on.isoformat(),
        "working_days": head.working_days,
        "line_count": len(entries),
        "total": str(total),
        "lines": [entry.published(number) for number, entry in enumerate(entries, start=1)],
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def searched_name(text: str) -> str:
    """Return a name that somebody looks for as it would be published: masked, if it is not masked already."""
    text = text.strip().replace("*", "＊")
    return text if len(text) < 2 or "＊" in text else mask_name(text)
