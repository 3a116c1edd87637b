"""The moment at which every test takes place."""

from datetime import datetime
from zoneinfo import ZoneInfo

NOW = datetime(2026, 10, 20, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
