from collections.abc import Iterator

from subsidies.bank.channel import BankUnavailable, ReceivedFile


class FakeBank:
    """A bank in memory. It keeps the real one's promises, and can be away or lose its answers."""

    def __init__(self, *, is_away: bool = False, silent_calls: int = 0) -> None:
        self.is_away = is_away
        self.silent_calls = silent_calls
        self.files: dict[str, bytes] = {}
        self.questions: list[str] = []
        self.deliveries: list[str] = []
        self.inbox: dict[str, bytes] = {}

    def knows(self, name: str) -> bool:
        self._check_is_there()
        self.questions.append(name)
        return name in self.files

    def deliver(self, name: str, content: bytes) -> None:
        self._check_is_there()
        self.deliveries.append(name)
        self.files.setdefault(name, content)
        if self.silent_calls:
            self.silent_calls -= 1
            raise BankUnavailable("The file arrived, the answer did not.")

    def results(self) -> Iterator[ReceivedFile]:
        for name, content in sorted(self.inbox.items()):
            yield ReceivedFile(name, content, name)

    def put_away(self, key: str) -> None:
        self.inbox.pop(key, None)

    def _check_is_there(self) -> None:
        if self.is_away:
            raise BankUnavailable("The bank does not answer.")
