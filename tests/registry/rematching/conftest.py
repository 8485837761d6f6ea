"""A registry whose model in use others can be rehearsed against."""

from collections.abc import Iterator

import pytest

from tests.registry.rematching.models import Models, serving_models


@pytest.fixture(scope="module", autouse=True)
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    with serving_models(tmp_path_factory.mktemp("linkage") / "models") as found:
        yield found
