import re
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from assessment.queries import ProgressLine, programme_progress

DARKEST: Final = 5
# What a tile has no room for: the table below the tiles has the names in full.
LEFT_OUT: Final = re.compile(
    r"^西部科学城重庆|经济技术开发区$|(?:土家族|苗族)*自治县$|(?<=..)(?<!新)[区县]$"
    r"|^Western Science City Chongqing | Economic and Technological Development Zone$"
    r"|(?: Tujia| Miao| and| Autonomous| District| County)+$"
)
DISTRICT_COLUMNS = (
    (_("District"), ""),
    (_("Enrolled"), "numeric"),
    (_("Training completed"), "numeric"),
    (_("Certified"), "numeric"),
)


@dataclass(frozen=True)
class Tile:
    """One district on the grid, the darker the more people hold a certificate there."""

    code: str
    name: str
    certified: int
    shade: int


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show everybody how far the year has come, and how the money flows."""
    progress = programme_progress(timezone.localdate().year)
    context = {
        "progress": progress,
        "enrolled_share": share(progress.enrolled, progress.target),
        "certified_share": share(progress.certified, progress.target),
        "tiles": tiles(progress.by_district),
        "district_columns": DISTRICT_COLUMNS,
        "shades": range(DARKEST + 1),
    }
    return render(request, "assessment/progress.html", context)


def share(count: int, whole: int) -> int:
    """Return how many hundredths of the whole this is, at most 100."""
    return min(100, round(100 * count / whole)) if whole else 0


def tiles(lines: list[ProgressLine]) -> list[Tile]:
    """Return a tile for each district: white for nobody, and five even steps up to the highest count."""
    highest = max((line.certified for line in lines), default=0)
    return [
        Tile(
            code=line.code,
            name=LEFT_OUT.sub("", line.name),
            certified=line.certified,
            shade=-(-DARKEST * line.certified // highest) if highest else 0,
        )
        for line in lines
    ]
