"""What a bank reference is derived from: nothing that was counted, numbered or timed in the portal."""

from typing import Final

ASSESSMENT: Final = "assessment"
TRAINING: Final = "training"


def training_words(*, credit_code: str, class_reference: str) -> tuple[str, ...]:
    """Return what stands for one class's claim, also in another database: whose class it is, and which.

    Every claim of a class is the same claim here: only one of them stands at a time, and is paid.
    """
    return TRAINING, credit_code, class_reference


def claim_words(*, scope: str, known_as: str, occupation_code: str, level: str) -> tuple[str, ...]:
    """Return what stands for one first pass, also in another database: who passed, and in what.

    It is the scope of `first_pass_key`, in words that a restore does not change. `known_as` is the keyed hash of the
    ID number under which the person was first recorded. Neither the certificate nor the sitting is part of it: which
    of two certificates stands for a pass may depend on what was recorded first.
    """
    words = [ASSESSMENT, known_as]
    if scope in ("OCCUPATION", "OCCUPATION_AND_LEVEL"):
        words.append(occupation_code)
    if scope == "OCCUPATION_AND_LEVEL":
        words.append(level)
    return tuple(words)
