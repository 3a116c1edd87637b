from tests.foundation.conftest import waiting_messages

__all__ = ["waiting_messages"]
