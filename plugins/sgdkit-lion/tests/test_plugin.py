import pytest

from sgdkit.testing import check_optimizer

lion = pytest.importorskip(
    "sgdkit_lion", reason="sgdkit-lion is not installed: pip install plugins/sgdkit-lion"
)


def test_lion_keeps_the_contract_of_update_rules():
    check_optimizer(lion.Lion())
