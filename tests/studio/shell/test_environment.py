"""What a process inherits from its environment decides nothing that the studio does not need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lit import environment
from lit.errors import InputError

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(os.name != "posix", reason="a shell closes them")
@pytest.mark.parametrize("closed", ["1", "2", "0-2"])
def test_closed_streams_keep_nothing_from_starting_and_no_file_gets_their_number(tmp_path, closed):
    numbers = range(3) if closed == "0-2" else [int(closed)]
    probe = (
        "import os, sys; from lit import environment; environment.open_streams()\n"
        f"for number in {list(numbers)}: assert os.path.samestat(os.fstat(number), os.stat(os.devnull))\n"
        "print('said', flush=True); sys.stderr.write('said')\n"
        f"assert not sys.stdout.isatty(); open({str(tmp_path / 'started')!r}, 'w').close()\n"
    )
    shut = " ".join(f"{number}>&-" for number in numbers)
    command = f'exec "$0" -c "$1" {shut}'
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(["sh", "-c", command, sys.executable, probe], env=environ, timeout=60)
    assert (tmp_path / "started").exists()


def test_proxies_are_left_out_inside_alone(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "example.com")
    monkeypatch.delenv("no_proxy", raising=False)
    with environment.without_proxies():
        assert os.environ["NO_PROXY"] == os.environ["no_proxy"] == "*"
    assert os.environ["NO_PROXY"] == "example.com" and "no_proxy" not in os.environ


def test_a_users_own_choice_stays(monkeypatch):
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    environment.prepare_torch()
    environment.prepare(offline=True)
    assert (os.environ["GOMP_SPINCOUNT"], os.environ["HF_HUB_OFFLINE"]) == ("7", "0")


def test_torchs_threads_are_told_how_long_to_spin_before_they_start():
    probe = "import lit, torch; torch.ones(9).sum()"
    variables = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    variables |= {"PYTHONPATH": str(ROOT), "OMP_DISPLAY_ENV": "verbose"}
    done = subprocess.run([sys.executable, "-c", probe], env=variables, capture_output=True, text=True, timeout=60)
    if "GOMP_SPINCOUNT" not in done.stderr:
        pytest.skip("torch here has another OpenMP")
    assert f"GOMP_SPINCOUNT = '{environment.THREADS_SPIN}'" in done.stderr


def test_the_data_folder_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("LIT_HOME", str(tmp_path))
    assert environment.data_folder() == tmp_path
    monkeypatch.delenv("LIT_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert environment.data_folder() == Path("/data/lit-studio")


@pytest.mark.parametrize(
    "folder, variable", [(environment.data_folder, "LIT_HOME"), (environment.cache_folder, "LIT_CACHE")]
)
def test_without_a_home_it_is_said_what_to_set(monkeypatch, folder, variable):
    def unknown(self):
        raise RuntimeError("Could not determine home directory.")

    for name in ("LIT_HOME", "LIT_CACHE", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "expanduser", unknown)
    with pytest.raises(InputError, match=f"{variable}: .*a folder's path"):
        folder()
