"""Two people at one moment: an interleaving that is forced, not hoped for."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from django.db import OperationalError, connection

from chongqing_dte.foundation.errors import DomainError

# How long the rival may run while the first one waits in the middle: longer than any step without a lock takes.
A_MOMENT = 0.7


def outcome_of(act: Callable[[], object]) -> str:
    """Return how an act ended: done, the code of its refusal, or that the database gave it up."""
    try:
        act()
    except DomainError as refusal:
        return refusal.code
    except OperationalError as failure:
        return f"given up: {failure}"
    finally:
        connection.close()
    return "done"


def rival_in_the_middle(monkeypatch: Any, place: tuple[object, str], first: Any, second: Any) -> list[str]:
    """Run `first`; when it comes to the function at `place`, let `second` run for a moment before it goes on."""
    module, name = place
    original, rivals = getattr(module, name), list[Future[str]]()

    with ThreadPoolExecutor(max_workers=2) as pool:

        def start_rival_then_go_on(*args: Any, **kwargs: Any) -> Any:
            found = original(*args, **kwargs)
            if not rivals:
                rivals.append(pool.submit(outcome_of, second))
                wait(rivals, timeout=A_MOMENT)
            return found

        monkeypatch.setattr(module, name, start_rival_then_go_on)
        return [pool.submit(outcome_of, first).result(timeout=30), rivals[0].result(timeout=30)]


def at_once(first: Any, second: Any) -> list[str]:
    """Run both in two connections and return how they ended."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        acts = [pool.submit(outcome_of, act) for act in (first, second)]
        return [act.result(timeout=30) for act in acts]
