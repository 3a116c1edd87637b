"""How often one address may try something. Counted in Redis, so that all processes count together, and exactly."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from itertools import count
from typing import NamedTuple

import redis
import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from chongqing_dte.foundation.crypto import keyed_hash

log = structlog.get_logger(__name__)

# One limit: so many tries in so many seconds.
Limit = tuple[int, int]
# One atomic step: either every window counts the try, or none does and the longest wait is returned. So whoever is
# refused uses up nothing, and no window stays without its end. Told as well: how many tries are left in the window
# that has the fewest, and in how many seconds it ends.
COUNT_TRY = """
local wait, left, ends = 0, -1, 0
for i, key in ipairs(KEYS) do
  if tonumber(redis.call('GET', key) or '0') >= tonumber(ARGV[2 * i - 1]) then
    wait = math.max(wait, redis.call('TTL', key), 1)
  end
end
if wait > 0 then return {wait, 0, wait} end
for i, key in ipairs(KEYS) do
  local tries = redis.call('INCR', key)
  if tries == 1 then redis.call('EXPIRE', key, ARGV[2 * i]) end
  local rest = tonumber(ARGV[2 * i - 1]) - tries
  if left < 0 or rest < left then left, ends = rest, redis.call('TTL', key) end
end
return {0, left, ends}
"""
# A subscriber of IPv6 has a network of this size, and so any number of addresses.
SUBSCRIBER_PREFIX = 64
_uncounted = count(1)


class Tries(NamedTuple):
    """What counting one try found: how long to wait, or 0 if it may go on; and what is left in its narrowest window."""

    wait: int
    left: int
    ends_in: int


def count_try(purpose: str, *who: str, limits: Sequence[Limit]) -> Tries | None:
    """Count one try; one that has to wait is not counted. Return None where there is no limit or no Redis.

    `who` may be personal: only its keyed hash leaves this process. When Redis does not answer, everybody may go on:
    a check that cannot be made is worse than one too many.
    """
    hashed = keyed_hash("limit", "\x00".join((purpose, *who)))
    if not limits:
        return None
    keys = [f"limit:{purpose}:{seconds}:{hashed}" for _tries, seconds in limits]
    figures = [figure for limit in limits for figure in limit]
    try:
        wait, left, ends_in = _client(settings.REDIS_URL).eval(COUNT_TRY, len(keys), *keys, *figures)
    except (redis.RedisError, OSError) as problem:
        log.warning(
            "try_not_counted", purpose=purpose, problem=type(problem).__name__, uncounted=next(_uncounted)
        )
        return None
    return Tries(int(wait), int(left), int(ends_in))


def seconds_to_wait(purpose: str, *who: str, limits: Sequence[Limit]) -> int:
    """Count one try, and return 0, or count nothing and return after how many seconds to try again."""
    tries = count_try(purpose, *who, limits=limits)
    return tries.wait if tries else 0


def client_address(request: HttpRequest) -> str:
    """Return whom to count: an IPv4 address, or the network of an IPv6 address; empty if neither is known."""
    address = asking_address(request)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), SUBSCRIBER_PREFIX), strict=False))
    return "" if address is None else str(address)


def asking_address(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    """Return the address that a request comes from.

    Each proxy appends the address that it was asked from, and what stands before those lines anybody can have
    written. A list shorter than the declared number of proxies came past one of them, and is not believed at all.
    """
    proxies = settings.TRUSTED_PROXY_COUNT
    listed = request.headers.get("X-Forwarded-For", "").split(",")
    believed = listed[-proxies].strip() if 0 < proxies <= len(listed) else ""
    return _address(believed) or _address(request.META.get("REMOTE_ADDR", ""))


def too_many_tries(request: HttpRequest, wait: int) -> HttpResponse:
    """Return the page that asks somebody to wait so many seconds."""
    response = render(request, "429.html", {"minutes": -(-wait // 60)}, status=429)
    response["Retry-After"] = str(wait)
    return response


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
