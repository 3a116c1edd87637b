from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.test import TestCase

from tests.interfaces.scope import two_offices


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[SimpleNamespace]:
    """Return two certificates with all that came before them, and the batch of both.

    Made once for all tests of a module, which is what they would spend most of their time on: each test takes back
    what it did, and at the end of the module everything is.
    """
    with django_db_blocker.unblock():
        around_all = TestCase._enter_atomics()
        try:
            yield two_offices()
        finally:
            TestCase._rollback_atomics(around_all)
