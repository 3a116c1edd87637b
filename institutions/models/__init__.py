from institutions.models.district import District, DistrictSuccession
from institutions.models.institution import Accreditation, AssessmentSite, FeeSchedule, Institution
from institutions.models.occupation import Field, Occupation, ProgrammeYear
from institutions.models.standing import CalendarDay, FundedQuota, Suspension
from institutions.models.user import User

__all__ = [
    "Accreditation",
    "AssessmentSite",
    "CalendarDay",
    "District",
    "DistrictSuccession",
    "FeeSchedule",
    "Field",
    "FundedQuota",
    "Institution",
    "Occupation",
    "ProgrammeYear",
    "Suspension",
    "User",
]
