"""The random log, drawn once."""

import pytest

from tests.metrics.desk.log import full_log


@pytest.fixture(scope="session")
def desk_log():
    return full_log()
