from institutions.models.account import InstitutionAccount
from institutions.models.delegation import Delegation
from institutions.models.district import District, DistrictSuccession
from institutions.models.institution import Accreditation, AssessmentSite, FeeSchedule, Institution
from institutions.models.occupation import Field, Occupation, ProgrammeYear
from institutions.models.standing import CalendarDay, FundedQuota, Suspension
from institutions.models.user import User

__all__ = [
    "Accreditation",
    "AssessmentSite",
    "CalendarDay",
    "Delegation",
    "District",
    "DistrictSuccession",
    "FeeSchedule",
    "Field",
    "FundedQuota",
    "Institution",
    "InstitutionAccount",
    "Occupation",
    "ProgrammeYear",
    "Suspension",
    "User",
]
