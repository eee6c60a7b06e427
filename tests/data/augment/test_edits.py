"""Edits know where every character goes."""

from hypothesis import given
from hypothesis import strategies as st

from hanshuku.data.augment.edits import Edit, apply, fitting, moved


def test_edits_are_applied_at_their_own_places():
    assert apply("one two three", [Edit(8, 13, "3"), Edit(0, 3, "first"), Edit(7, 7, ",")]) == "first two, 3"


def test_a_span_behind_an_edit_moves_and_one_around_it_grows():
    text, edits = "Ann met Bob", [Edit(0, 0, "Dear "), Edit(9, 10, "oo")]
    spans = moved([(0, 3), (8, 11)], edits)
    assert [apply(text, edits)[start:end] for start, end in spans] == ["Ann", "Boob"]


def test_an_edit_across_the_edge_of_a_span_does_not_fit():
    assert not fitting(Edit(2, 5, "x"), "Ann met Bob", [(0, 3)], inside=True)


def test_an_edit_within_a_span_fits_only_where_names_may_change():
    edit, text, spans = Edit(1, 2, "m"), "Ann met Bob", [(0, 3)]
    assert fitting(edit, text, spans, inside=True) and not fitting(edit, text, spans, inside=False)


def test_a_span_is_never_emptied_and_never_ends_in_a_blank():
    assert not fitting(Edit(0, 1, ""), "A met Bob", [(0, 1)], inside=True)
    assert not fitting(Edit(2, 3, " "), "Ann met Bob", [(0, 3)], inside=True)


@given(st.text(alphabet="ab c", min_size=1, max_size=20), st.data())
def test_what_stands_in_a_span_that_no_edit_touches_stands_in_it_afterwards(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    edits, at = [], 0
    for _ in range(data.draw(st.integers(0, 3))):
        a = data.draw(st.integers(at, len(text)))
        b = data.draw(st.integers(a, len(text)))
        edit = Edit(a, b, data.draw(st.text(alphabet="xyz", max_size=4)))
        if fitting(edit, text, [(start, end)], inside=False) and (not edits or a > edits[-1].start):
            edits.append(edit)
            at = b
    ((low, high),) = moved([(start, end)], edits)
    assert apply(text, edits)[low:high] == text[start:end]
