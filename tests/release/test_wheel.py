"""The built wheel does the main job in another folder, without the checkout."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

pytestmark = pytest.mark.promised  # an environment of its own takes long to make

CHECKOUT = Path(__file__).resolve().parents[2]


def call(*command, cwd):
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(c) for c in command], cwd=cwd, capture_output=True, text=True, timeout=240, env=own
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A fresh environment with the wheel; only its dependencies come from this one."""
    folder = tmp_path_factory.mktemp("wheel")
    call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ".",
         cwd=CHECKOUT)  # fmt: skip
    call(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    (wheel,) = folder.glob("cxlab-*.whl")
    call(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = folder / "venv" / "lib" / version / "site-packages"
    # A plain path entry: the editable install beside the dependencies is not followed.
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return folder


def test_init_and_report_from_another_folder(installed):
    bin_ = installed / "venv" / "bin"
    where = call(bin_ / "python", "-c", "import cxlab; print(cxlab.__file__)", cwd=installed)
    assert Path(where).is_relative_to(installed)
    call(bin_ / "cxlab", "init", "work", cwd=installed)
    work = installed / "work"
    printed = call(
        bin_ / "cxlab", "report", "scenarios/base.toml", "-p", "replications=2", cwd=work
    )
    page = work / printed.splitlines()[-1]
    assert page.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")
    manifest = json.loads(page.with_suffix(".json").read_text())
    assert manifest["parameters"]["replications"] == 2


def test_shipped_names_work_without_any_file(installed, tmp_path):
    bin_ = installed / "venv" / "bin"
    printed = call(bin_ / "cxlab", "report", "base", "-p", "replications=2", cwd=tmp_path)
    assert (tmp_path / printed.splitlines()[-1]).is_file()
