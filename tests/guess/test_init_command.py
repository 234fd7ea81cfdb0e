"""`sessionproof init`: what it writes, what it says, and one line for whatever can't be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sessionproof.contract import contract_problems, load_contract
from sessionproof.errors import UsageError
from sessionproof.history.redact import Redactor
from sessionproof.users import given_users

from .comparing import DOCUMENTS
from .running import answering, sessionproof
from .served import OTHER

EXPRESS = (DOCUMENTS / "express.yaml").read_text(encoding="utf-8")


def test_a_file_gives_a_contract_that_checks(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "api.yaml").write_text(EXPRESS, encoding="utf-8")
    done = sessionproof(tmp_path, "init", "docs/api.yaml", "--output", "my.yaml")
    assert done.returncode == 0, done.stderr
    assert contract_problems(tmp_path / "my.yaml") == []
    contract = load_contract(tmp_path / "my.yaml")
    assert contract.name == "support-desk-api"
    assert sessionproof(tmp_path, "contract", "check", "my.yaml").returncode == 0
    assert "POST /api/sessions" in done.stdout
    assert "resume       12" in done.stdout  # requirements that the missing answer costs
    assert done.stdout.splitlines()[-1].strip().endswith("--sidecar my.yaml")


def test_a_target_is_named_by_its_path_and_asked_by_get_only(tmp_path: Path) -> None:
    with answering(EXPRESS.encode(), "text/yaml", "/openapi.yaml") as url:
        missing = sessionproof(tmp_path, "init", url)  # a comment before `openapi:` hides it
    with answering(EXPRESS[EXPRESS.index("openapi:") :].encode(), "text/yaml", "/openapi.yaml") as url:
        done = sessionproof(tmp_path, "init", url)
    assert missing.returncode == 3
    assert done.returncode == 0, done.stderr
    assert "\nopenapi: /openapi.yaml\n" in (tmp_path / "sessionproof-contract.yaml").read_text(encoding="utf-8")
    (tmp_path / "copy.yaml").write_text(EXPRESS, encoding="utf-8")
    checked = sessionproof(tmp_path, "contract", "check", "copy.yaml", "--sidecar", "sessionproof-contract.yaml")
    assert checked.returncode == 0, checked.stderr


def test_nothing_is_written_over_unless_told_so(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(EXPRESS, encoding="utf-8")
    file = tmp_path / "sessionproof-contract.yaml"
    file.write_text("mine", encoding="utf-8")
    refused = sessionproof(tmp_path, "init", "api.yaml")
    assert (refused.returncode, file.read_text(encoding="utf-8")) == (4, "mine")
    assert len(refused.stderr.splitlines()) == 1
    assert sessionproof(tmp_path, "init", "api.yaml", "--force").returncode == 0
    assert file.read_text(encoding="utf-8") != "mine"


def test_standard_output_has_the_sidecar_alone(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(EXPRESS, encoding="utf-8")
    done = sessionproof(tmp_path, "init", "api.yaml", "--output", "-")
    (tmp_path / "out.yaml").write_text(done.stdout, encoding="utf-8")
    assert contract_problems(tmp_path / "out.yaml") == []
    assert "Next: look at" in done.stderr


FILES = {
    "a page": "<!doctype html><html><body>Hello: there</body></html>",
    "nothing": "",
    "a list": "[1, 2]",
    "a number": "7",
    "broken JSON": '{"openapi": "3.1.0", ',
    "broken YAML": "openapi: 3.1.0\npaths: {a: [",
    "deep JSON": '{"openapi": "3.1.0", "paths": ' + "[" * 20000 + "]" * 20000 + "}",
    "Swagger 2": json.dumps({"swagger": "2.0", "paths": {"/sessions": {}}}),
    "no paths": json.dumps({"openapi": "3.1.0", "paths": {}}),
    "paths of another type": json.dumps({"openapi": "3.1.0", "paths": [1]}),
    "no sessions": json.dumps({"openapi": "3.1.0", "paths": {"/pets": {"get": {"responses": {"200": {}}}}}}),
    "annotated already": json.dumps({"openapi": "3.1.0", "x-session": {}, "paths": {"/sessions": {"get": {}}}}),
    "no read": EXPRESS.replace("/api/sessions/{sessionId}:", "/api/others/{sessionId}:"),
    "no create": EXPRESS.replace("/api/sessions:", "/api/others:"),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_cannot_be_used_gets_one_line(what: str, tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(FILES[what], encoding="utf-8")
    done = sessionproof(tmp_path, "init", "api.yaml")
    assert done.returncode == 4
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("sessionproof: api.yaml: ")
    assert not (tmp_path / "sessionproof-contract.yaml").exists()


@pytest.mark.parametrize("source", ["missing.yaml", ".", "http://", "ftp://127.0.0.1/openapi.json", "http://a:99999"])
def test_a_source_that_is_none_gets_one_line(source: str, tmp_path: Path) -> None:
    done = sessionproof(tmp_path, "init", source)
    assert (done.returncode, len(done.stderr.splitlines())) == (4, 1)


TARGETS = {
    "a page": (b"<!doctype html><html>openapi</html>", "text/html"),
    "a page that says openapi": (b'<!doctype html><html>"openapi"</html>', "text/html"),
    "another JSON": (b'{"status": "ok"}', "application/json"),
    "no sessions": (FILES["no sessions"].encode(), "application/json"),
    "not UTF-8": (b'{"openapi": "3.1.0", "paths": "\xff\xfe"}', "application/json"),
    "huge": (b'{"openapi": "3.1.0", "x": "' + b"x" * (17 * 2**20) + b'"}', "application/json"),
}


@pytest.mark.parametrize("what", TARGETS)
def test_a_target_that_cannot_be_used_gets_one_line(what: str, tmp_path: Path) -> None:
    with answering(*TARGETS[what]) as url:
        done = sessionproof(tmp_path, "init", url)
    assert done.returncode == 3, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert url in done.stderr


def test_a_dead_target_gets_one_line(tmp_path: Path) -> None:
    with answering(b"") as url:
        pass
    done = sessionproof(tmp_path, "init", url)
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 1)


def test_an_open_log_in_is_the_first_way_on_that_is_named(tmp_path: Path) -> None:
    done = sessionproof(tmp_path, "init", str(OTHER / "openapi.json"), "--output", "my.yaml")
    *_, look, first, otherwise, second = done.stdout.splitlines()
    assert "If POST /v2/login gives a token to any new name, write login: anyone in it" in look
    assert first.endswith("--sidecar my.yaml")
    assert "ALICE_TOKEN and BOB_TOKEN" in otherwise
    assert second.endswith("--user bob=Authorization:env:BOB_TOKEN")
    text = (tmp_path / "my.yaml").read_text(encoding="utf-8")
    (tmp_path / "my.yaml").write_text(text.replace("login: known", "login: anyone"), encoding="utf-8")
    assert contract_problems(tmp_path / "my.yaml") == []


def test_without_users_an_open_log_in_is_named_as_well(tmp_path: Path) -> None:
    document = OTHER / "openapi.json"
    sessionproof(tmp_path, "init", str(document), "--output", "my.yaml")
    with pytest.raises(UsageError, match="if POST /v2/login gives a token to any new name, write login: anyone in the"):
        given_users((), load_contract(document, tmp_path / "my.yaml"), Redactor())
