"""An address is counted under its template, and one that is nobody's under none."""

import pytest

from gateway.documents.templates import Templates

TEMPLATES = Templates(
    [
        "/v1/cases",
        "/v1/cases/{case_id}",
        "/v1/cases/{case_id}/closures",
        "/v1/persons/searches",
        "/v1/persons/{person_id}",
        "/v1/reference/{table}",
    ]
)


@pytest.mark.parametrize(
    ("path", "template"),
    [
        (b"/v1/cases", "/v1/cases"),
        (b"/v1/cases/9901", "/v1/cases/{case_id}"),
        (b"/v1/cases/9901/closures", "/v1/cases/{case_id}/closures"),
        (b"/v1/persons/searches", "/v1/persons/searches"),
        (b"/v1/persons/9912345678901234", "/v1/persons/{person_id}"),
        (b"/v1/reference/countries", "/v1/reference/{table}"),
        (b"/v1/9912345678901234", None),
        (b"/v1/cases/9901/closures/2", None),
        (b"/v1/cases/", "/v1/cases/{case_id}"),
        (b"", None),
    ],
)
def test_the_template_of_an_address(path: bytes, template: str | None) -> None:
    assert TEMPLATES.find(path) == template
