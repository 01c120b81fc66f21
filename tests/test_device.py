"""Where and how precisely is drawn: what the machine has, what is measured, what is given."""

import pytest
import torch

from lit import device
from lit.errors import InputError


def test_device_and_dtype_are_chosen_by_measuring_and_can_be_given(monkeypatch):
    assert device.choose("cpu", "bfloat16") == (torch.device("cpu"), torch.bfloat16)
    for native, speedup, expected in (
        (True, 1.5, torch.bfloat16),
        (True, 1.1, torch.float32),
        (False, 9.0, torch.float32),
    ):
        device.best_dtype.cache_clear()
        monkeypatch.setattr(device, "native_bfloat16", lambda native=native: native)
        monkeypatch.setattr(device, "bfloat16_speedup", lambda speedup=speedup: speedup)
        assert device.choose("cpu") == (torch.device("cpu"), expected)
    device.best_dtype.cache_clear()
    for bad in (
        {"device": "toaster"},
        {"device": "cuda:99"},
        {"device": "meta"},
        {"dtype": "float8"},
        {"dtype": torch.int8},
    ):
        with pytest.raises(InputError):
            device.choose(**bad)


def test_the_two_precisions_are_timed():
    assert 0.05 < device.bfloat16_speedup(repeats=2) < 50
