"""What people install is whole, quick to start, and judges the same inside anybody's repository.

Runs once, with `make test` or `tox -e packaging`: it builds, and installs from a package registry.
"""

from __future__ import annotations

import configparser
import os
import resource
import statistics
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = ("contracts", "reference_server", "fixtures", "suites", "load")
HELP_CPU = 0.4  # seconds that `sessionproof --help` may take at most
REFUSE = "raise RuntimeError('picked up by mistake')\n"
HOSTILE = {
    "PYTEST_ADDOPTS": "--nonsense",
    "PYTEST_PLUGINS": "nonsense",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "PORT": "nonsense",
    "REDIS_URL": "nonsense",
    "SESSION_TTL_MINUTES": "nonsense",
    "LOG_LEVEL": "nonsense",
}

pytestmark = pytest.mark.timeout(600)


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SESSIONPROOF_", "PYTEST"))}
    return subprocess.run(command, cwd=cwd, env={**kept, **environment}, capture_output=True, text=True, check=False)


def succeeded(ended: subprocess.CompletedProcess[str]) -> str:
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("built")
    succeeded(run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder))
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody's repository, in which everything that could be picked up by mistake fails."""
    root = tmp_path_factory.mktemp("somebody") / "repository"
    for package in (*BUNDLE, "tests"):
        (root / package).mkdir(parents=True)
        for module in ("__init__.py", "__main__.py", "conftest.py"):
            (root / package / module).write_text(REFUSE)
    (root / "conftest.py").write_text(REFUSE)
    (root / "suites" / "resumption.py").write_text(REFUSE)
    (root / "contracts" / "requirements.toml").write_text("not = [TOML")
    (root / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    (root / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = "--nonsense"\n')
    (root / "tox.ini").write_text("[pytest]\naddopts = --nonsense\n")
    return root


@pytest.fixture(scope="module")
def programs(wheel: Path, hostile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs in the repository's virtual environment, which has the wheel and what it depends on."""
    elsewhere, python = tmp_path_factory.mktemp("elsewhere"), hostile / ".venv/bin/python"
    succeeded(run(sys.executable, "-m", "venv", hostile / ".venv", cwd=elsewhere))
    succeeded(run(python, "-m", "pip", "install", "--quiet", wheel, cwd=elsewhere))
    return python.parent


def sources(folder: str) -> set[str]:
    files = (file for file in (ROOT / folder).rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return {file.relative_to(ROOT).as_posix() for file in files}


def test_the_wheel_holds_the_package_and_the_bundle_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    bundled = {"conftest.py", "pytest.ini", *(file for folder in BUNDLE for file in sources(folder))}
    assert names == sources("sessionproof") | {f"sessionproof/bundle/{file}" for file in bundled}
    for needed in (
        "sessionproof/py.typed",
        "sessionproof/report/templates/page.html.j2",
        "sessionproof/bundle/contracts/requirements.toml",
        "sessionproof/bundle/contracts/openapi/fm-session-service.yaml",
        "sessionproof/bundle/contracts/schemas/x-session.schema.json",
        "sessionproof/bundle/reference_server/__main__.py",
        "sessionproof/bundle/suites/resumption.py",
    ):
        assert needed in names


def test_the_sdist_holds_what_it_takes_to_work_on_it(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "README.md", "LICENSE", "pyproject.toml", "tox.ini", "tests/test_scaffold.py"} <= names
    assert not [name for name in names if name.startswith((".venv", ".git/", "dist")) or "__pycache__" in name]


def test_installing_it_changes_nobodys_pytest(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt"))
        entry_points = configparser.ConfigParser()
        entry_points.read_string(archive.read(name).decode())
    assert entry_points.sections() == ["console_scripts"]
    assert dict(entry_points["console_scripts"]) == {"sessionproof": "sessionproof.commands:main"}


def test_its_dependencies_fit_together(programs: Path) -> None:
    assert "No broken requirements" in succeeded(run(programs / "python", "-m", "pip", "check", cwd=programs))


def test_help_is_quick(programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        succeeded(run(programs / "sessionproof", "--help", cwd=programs))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    median = statistics.median(seconds() for _ in range(5))
    with capsys.disabled():
        print(f"\nsessionproof --help: {median:.3f} s of CPU (median of 5; promised: {HELP_CPU} s)")
    assert median < 2 * HELP_CPU


def left_in(root: Path) -> set[Path]:
    return {file for file in root.rglob("*") if ".venv" not in file.parts}


def test_it_judges_inside_a_hostile_repository(programs: Path, hostile: Path) -> None:
    before = left_in(hostile)
    shown = succeeded(run(programs / "sessionproof", "verify", "--max-time", "5", cwd=hostile, **HOSTILE))
    assert shown.splitlines()[-1].startswith("PROVEN")
    assert left_in(hostile) == before


def test_it_judges_where_the_repository_is_on_the_python_path(programs: Path, hostile: Path) -> None:
    path = {"PYTHONPATH": str(hostile)}
    shown = succeeded(run(programs / "sessionproof", "verify", "--effort", "quick", cwd=hostile, **HOSTILE, **path))
    assert shown.splitlines()[-1].startswith("PROVEN")


def test_it_judges_beside_modules_that_are_called_like_its_own(programs: Path, hostile: Path) -> None:
    modules = [hostile / f"{name}.py" for name in ("click", "httpx", "pytest", "sessionproof", "uvicorn", "yaml")]
    for module in modules:
        module.write_text(REFUSE)
    try:
        shown = succeeded(run(programs / "sessionproof", "verify", "--effort", "quick", cwd=hostile, **HOSTILE))
    finally:
        for module in modules:
            module.unlink()
    assert shown.splitlines()[-1].startswith("PROVEN")
