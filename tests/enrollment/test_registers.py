"""What every register promises, held against the three that there are, and every way in which one can break."""

from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from enrollment.enums import RegisterName, RegisterReason, RegisterVerdict
from tests.enrollment.register_questions import (
    STUDENTS,
    TODAY,
    asked,
    file_register,
    http_register,
    people_of,
    verdicts,
)
from tests.fakes.register_misbehaviours import EXTRACT, SERVER
from tests.fakes.registers import FakeRegister, RegisterServer, extract_of, put_down, serving

pytestmark = pytest.mark.slow


@pytest.fixture
def make(tmp_path):
    """Return a function that makes a register of one kind, and says how to take it away."""
    with ExitStack() as stack:

        def make_one(kind, register):
            people = people_of(register)
            if kind == "fake":
                fake = FakeRegister(register=register, people=people)
                return SimpleNamespace(register=fake, take_away=lambda: setattr(fake, "is_away", True))
            if kind == "file":
                put_down(tmp_path, TODAY, extract_of(people, register))
                away = tmp_path / f"{TODAY}.csv"
                return SimpleNamespace(register=file_register(register, tmp_path), take_away=away.unlink)
            server = stack.enter_context(serving(RegisterServer(register, people)))
            return SimpleNamespace(
                register=http_register(server),
                take_away=lambda: setattr(server, "behaviour", SERVER["hangs up"]),
            )

        yield make_one


@pytest.fixture
def server():
    with serving(RegisterServer(STUDENTS, people_of(STUDENTS))) as running:
        yield running


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "register"
    put_down(place, TODAY, extract_of(people_of(STUDENTS), STUDENTS))
    return place


EVERY_KIND = pytest.mark.parametrize("kind", ["fake", "file", "http"])
EVERY_REGISTER = pytest.mark.parametrize("name", RegisterName)


@EVERY_KIND
@EVERY_REGISTER
def test_register_answers_each_question_in_its_place(make, kind, name):
    register = make(kind, name).register

    replies = register.ask([asked(name, number) for number in (4, 0, 2, 1, 3)])

    assert verdicts(replies) == ["NOT_FOUND", "YES", "NO", "YES", "NO"]
    assert replies[1].reference == "R-0"


@EVERY_KIND
@EVERY_REGISTER
def test_nobody_answers_to_another_name(make, kind, name):
    register = make(kind, name).register

    assert verdicts(register.ask([asked(name, 0, name="李乙")])) == ["NOT_FOUND"]


@EVERY_KIND
@EVERY_REGISTER
def test_register_that_is_away_is_unreachable_for_everybody(make, kind, name):
    place = make(kind, name)
    place.take_away()

    assert verdicts(place.register.ask([asked(name, number) for number in range(5)])) == ["UNREACHABLE"] * 5


@EVERY_KIND
def test_no_question_has_no_reply(make, kind):
    assert make(kind, STUDENTS).register.ask([]) == []


@EVERY_KIND
def test_register_names_the_way_it_is_asked(make, kind):
    assert make(kind, STUDENTS).register.adapter == kind


@pytest.mark.parametrize("misbehaviour", SERVER)
def test_server_that_misbehaves_is_unreachable(server, misbehaviour):
    server.behaviour = SERVER[misbehaviour]

    replies = http_register(server).ask([asked(STUDENTS, number) for number in range(5)])

    assert verdicts(replies) == ["UNREACHABLE"] * 5
    assert {reply.reference for reply in replies} <= {*RegisterReason.values, "R-0", "R-1", ""}


@pytest.mark.parametrize("misbehaviour", EXTRACT)
def test_extract_that_is_unusable_is_unreachable(folder, misbehaviour):
    EXTRACT[misbehaviour](folder, TODAY, extract_of(people_of(STUDENTS), STUDENTS))

    replies = file_register(STUDENTS, folder).ask([asked(STUDENTS, number) for number in range(4)])

    assert verdicts(replies) == ["UNREACHABLE"] * 4
    assert all(reply.reference in RegisterReason.values for reply in replies)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["YES", "NO", "question-0"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["answers", "reference", "verdict", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(document=JSON)
def test_whatever_document_comes_back_nobody_is_denied_by_mistake(server, document):
    server.behaviour = lambda handler, _questions: handler.send_document(document)
    is_right = isinstance(document, dict) and document.get("answers") == [
        {"reference": "question-0", "verdict": "NO"}
    ]

    (reply,) = http_register(server).ask([asked(STUDENTS, 0)])

    assert (reply.verdict == RegisterVerdict.NO) <= is_right


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(min_value=0, max_value=extract_of(people_of(STUDENTS), STUDENTS).index("\nEND") + 5))
def test_extract_that_is_cut_anywhere_answers_nothing(tmp_path, cut):
    put_down(tmp_path, TODAY, extract_of(people_of(STUDENTS), STUDENTS)[:cut])

    replies = file_register(STUDENTS, tmp_path).ask([asked(STUDENTS, number) for number in range(5)])

    assert verdicts(replies) == ["UNREACHABLE"] * 5
