"""What was found out about an object is found once and goes with it."""

import gc
import weakref

import pytest

from cnnviz.compute.kept import Kept


class Thing:
    """Something that can be asked about."""


def test_each_question_about_each_object_is_answered_once():
    kept, thing, other, asked = Kept(), Thing(), Thing(), []

    def find():
        asked.append(len(asked))
        return asked[-1]

    assert [kept.of(one, key, find) for one, key in ((thing, 1), (thing, 1), (thing, 2), (other, 1))] == [0, 0, 1, 2]
    assert [kept.of(one, key, find) for one, key in ((other, 1), (thing, 2))] == [2, 1]


def test_answers_go_with_their_object():
    kept, thing, answer = Kept(), Thing(), Thing()
    gone = weakref.ref(answer)
    kept.of(thing, 1, lambda answer=answer: answer)
    del answer
    gc.collect()
    assert gone() is not None
    del thing
    gc.collect()
    assert gone() is None


def test_of_a_question_that_failed_nothing_is_kept():
    kept, thing = Kept(), Thing()
    with pytest.raises(ZeroDivisionError):
        kept.of(thing, 1, lambda: 1 // 0)
    assert kept.of(thing, 1, lambda: 5) == 5
