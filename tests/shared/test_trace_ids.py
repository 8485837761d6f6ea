"""Names of traces and spans, as the W3C standard of trace context wants them."""

import re

from shared.telemetry import new_trace, parse_traceparent, working_within

TRACEPARENT = re.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-01")


def test_each_new_trace_has_a_name_of_its_own_in_the_form_of_the_standard() -> None:
    """So many that some begin with a zero."""
    made = [new_trace().traceparent for _ in range(1000)]
    assert all(TRACEPARENT.fullmatch(one) for one in made)
    assert all(parse_traceparent(one) is not None for one in made)
    assert len({one[3:35] for one in made}) == len({one[36:52] for one in made}) == len(made)


def test_a_child_belongs_to_its_parents_trace_under_a_name_of_its_own() -> None:
    parent = new_trace()
    names = set()
    for _ in range(100):
        with working_within(parent, "work") as child:
            assert TRACEPARENT.fullmatch(child.traceparent)
            assert child.trace_id == parent.trace_id
            names.add(child.span_id)
    assert len(names | {parent.span_id}) == 101
