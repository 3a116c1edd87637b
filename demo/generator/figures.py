"""The figures of the generated world, each with where it comes from. "Chosen" means that nobody has published one."""

from decimal import Decimal
from typing import Final

# docs/domain.md: "Class size is about 30-45."
CLASS_SIZE: Final = (30, 45)
# docs/domain.md: the first class in Chongqing had 31 trained and 25 examined. The world's first class is that one.
FIRST_CLASS_TRAINED: Final = 31
FIRST_CLASS_EXAMINED: Final = 25
# Chosen: one in ten takes a second class, later and for something else.
SECOND_CLASSES_PER_TRAINEE: Final = 0.1
# Chosen: days after the end of a class, in which its assessments and payments come to an end.
DAYS_UNTIL_A_SECOND_CLASS: Final = 100

# Chosen. Plan: all three may train, and only the first two are subsidized.
CATEGORY_SHARES: Final = {"GRADUATING_STUDENT": 45, "ENTERPRISE_EMPLOYEE": 46, "EARLIER_GRADUATE": 9}
# Chosen; who is below an associate degree can only be an employee.
EDUCATION_SHARES: Final = {"ASSOCIATE": 44, "BACHELOR": 46, "MASTER": 9, "DOCTOR": 1}
EMPLOYEES_BELOW_ASSOCIATE: Final = 0.12
# Chosen: names in several parts with a middle dot. Census 2020: minorities are 6.8 % of Chongqing, most of them
# Tujia and Miao, whose names have no dot.
NAMES_WITH_A_DOT: Final = 0.006
# Chosen.
LEVEL_SHARES: Final = {"JUNIOR": 60, "INTERMEDIATE": 32, "SENIOR": 8}

# Chosen: six to ten lessons of eight hours.
LESSON_COUNTS: Final = (6, 8, 8, 10)
HOURS_OF_A_LESSON: Final = Decimal("8.0")
WEEKS_OF_A_CLASS: Final = (3, 8)
# Chosen: how many classes were handed back once before they were confirmed, and how many rosters needed a first try.
CLASSES_RETURNED_ONCE: Final = 0.05
ROSTERS_THAT_FAILED_FIRST: Final = 0.03
ROSTER_ROWS_REFUSED: Final = 0.02
# Chosen: classes that are not running or completed, for each hundred that are; one of each at least.
OTHER_CLASSES_PER_HUNDRED: Final = {"DRAFT": 1, "FILED": 1, "RETURNED": 1, "CONFIRMED": 1, "CANCELLED": 2}

# Chosen.
WITHDRAWALS: Final = 0.025
# Chosen: a person's chance to be at a lesson; a few come seldom. Below the share, the training is not completed.
DILIGENT: Final = (0.90, 1.0)
SELDOM_THERE: Final = (0.45, 0.85)
SELDOM_THERE_SHARE: Final = 0.06
ATTENDANCE_NEEDED: Final = 0.8
# Chosen: classes in which the last lesson's attendance never came in. Not reported is not absent.
LESSON_NOT_REPORTED: Final = 0.04

# Chosen; the first class had 25 of 31, which is 81 %.
SEATS_OF_A_SITE: Final = 60
PASS_MARK: Final = Decimal("60.0")
EXAMINED_OF_COMPLETED: Final = 0.86
ABSENT: Final = 0.04
MISCONDUCT: Final = 0.002
# Chosen: passes of those who sit, at the first sitting and at a resit.
PASS_RATE: Final = 0.76
RESIT_PASS_RATE: Final = 0.64
RESITS_OF_FAILED: Final = 0.8
RESITS_OF_ABSENT: Final = 0.6
# Chosen: who passed and sits again all the same; the second certificate is refused.
PASSES_TWICE: Final = 0.003

# Chosen. docs/domain.md: the card's bank function must be activated, so that some accounts come late.
WITHOUT_ACCOUNT: Final = 0.03
ACCOUNT_ARRIVES: Final = 0.7
# Chosen. docs/domain.md: in India 18 % of transfers succeeded where bank fields were left empty; here they are
# mandatory, and what is left are cards that were never activated and accounts that were closed.
RETURNED: Final = 0.03
RETURN_CODES: Final = {"ACCOUNT_NOT_ACTIVATED": 70, "ACCOUNT_CLOSED": 20, "NAME_DIFFERS": 10}
CORRECTED_AFTER_RETURN: Final = 0.85

# Chosen: yuan, theory and practice, the least and the most; the review of a senior is paid beside them.
FEES: Final = {"JUNIOR": (780, 1080), "INTERMEDIATE": (980, 1380), "SENIOR": (1280, 1680)}
REVIEW_FEE_OF_SENIORS: Final = Decimal("200.00")

SOURCE: Final = "Example value of the generated world; the Plan's full text is not public."
