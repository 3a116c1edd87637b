"""How the tests ask the API: pages of lists, and acts under a key."""

from itertools import count

_keys = count(1)


def page(client, address, **asked):
    """Return one page of a list."""
    answer = client.get(f"/api/v1/{address}", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def ids(read):
    """Return the numbers of the rows of a page."""
    return [item["id"] for item in read["items"]]


def act(client, address, body=None, *, key=None):
    """Do something, under a key of its own unless it says otherwise."""
    key = key or f"key-of-act-{next(_keys)}"
    return client.post(
        f"/api/v1/{address}", {} if body is None else body, format="json", headers={"Idempotency-Key": key}
    )
