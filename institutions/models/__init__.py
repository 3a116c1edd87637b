from institutions.models.district import District, DistrictSuccession
from institutions.models.institution import Accreditation, FeeSchedule, Institution
from institutions.models.occupation import Field, Occupation, ProgrammeYear
from institutions.models.user import User

__all__ = [
    "Accreditation",
    "District",
    "DistrictSuccession",
    "FeeSchedule",
    "Field",
    "Institution",
    "Occupation",
    "ProgrammeYear",
    "User",
]
