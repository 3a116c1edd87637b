from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise

from chongqing_dte.foundation.sentences import gettext_lazy as _

ATTENDANCE_MESSAGES: Final[dict[str, Promise]] = {
    "person_unknown": _("Nobody in this class has this number. Use the template of the class."),
    "name_differs": _("This number belongs to somebody else in the class: the rows may have been shifted."),
    "lesson_unknown": _("The class has no such lesson. Enter the lesson first."),
    "lesson_to_come": _("This lesson has not taken place yet."),
    "lesson_repeated": _("This lesson stands in more than one column."),
    "column_unknown": _("This is not a lesson. Write a lesson like “2026-03-09 第1节”."),
    "presence_unknown": _("Write 出勤 (√), 缺勤 (×) or 请假 (△), or leave the cell empty."),
    "mark_repeated": _("This person and lesson appear more than once."),
    "not_in_class_then": _("The person was not in the class on that day."),
}


def message_for(code: str, parameters: Mapping[str, str | int]) -> str:
    """Return an attendance problem in the language of the reader."""
    return str(ATTENDANCE_MESSAGES[code]) % parameters
