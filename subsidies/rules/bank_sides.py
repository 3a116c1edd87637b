"""Which accounts each open bank format is for. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Reach:
    """The accounts whose CNAPS codes begin with one code, or do not begin with another; empty means any."""

    begins_with: str = ""
    not_with: str = ""

    def covers(self, cnaps: str) -> bool:
        """Test whether an account with this CNAPS code is reached."""
        if self.not_with and cnaps.startswith(self.not_with):
            return False
        return cnaps.startswith(self.begins_with)


def reaches(own_codes: Mapping[str, str]) -> dict[str, Reach]:
    """Return what each side reaches. `own_codes` gives, by open side, the first digits of the bank's own codes.

    What is for all banks takes what the two others leave. With none open there is the plain list, for all.
    """
    own, other = own_codes.get("OWN"), own_codes.get("OTHER")
    found: dict[str, Reach] = {}
    if own is not None:
        found["OWN"] = Reach(begins_with=own)
    if other is not None:
        found["OTHER"] = Reach(not_with=other)
    is_rest_wanted = "ANY" in own_codes or not own_codes
    if is_rest_wanted and (own is None or other is None):
        found["ANY"] = Reach(not_with=own or "", begins_with=other or "")
    return found
