"""What is wrong with an extension's folder, or with the file that says how to drive it, is told in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from sessionproof.browser.client import bundled_extension, read_client
from sessionproof.errors import UsageError

from .driving import EXTENSION, OTHER

RIGHT: dict[str, Any] = yaml.safe_load((EXTENSION.parent / "extension.yaml").read_text(encoding="utf-8"))


def wrong(folder: Path, extension: Path = EXTENSION, **changes: Any) -> str:
    """What is said of the bundled file with these changes; None takes a key away."""
    said = {name: value for name, value in {**RIGHT, **changes}.items() if value is not None}
    file = folder / "client.yaml"
    file.write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_client(extension, file)
    line = str(caught.value)
    assert "\n" not in line
    return line.replace(f"{file}:", "").partition(": ")[2]


def test_the_bundled_file_is_read() -> None:
    client = read_client(*bundled_extension())
    assert (client.name, client.panel, client.contract) == ("Session panel 1.0.0", "sidepanel.html", "faultmaven")
    assert client.storage == {"backend": "backendUrl", "user": "userId"}
    assert client.knows_its_user


def test_the_examples_file_is_read() -> None:
    client = read_client(OTHER, OTHER / "client.yaml")
    assert (client.name, client.contract, client.address) == (
        "Pocket Agent 0.7",
        "agentic-multi-client",
        "http://localhost:8000",
    )
    assert not client.knows_its_user


def test_a_contract_beside_the_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("", encoding="utf-8")
    file = tmp_path / "client.yaml"
    file.write_text(yaml.safe_dump({**RIGHT, "contract": "mine.yaml"}), encoding="utf-8")
    assert read_client(EXTENSION, file).contract == str(tmp_path / "mine.yaml")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"send": None}, "the file lacks 'send'; add `send:` (docs/browser.md)"),
        ({"panle": "x"}, "unknown key 'panle' in the file; did you mean panel?"),
        ({"panel": "missing.html"}, f"missing.html is no file in {EXTENSION}; name a page of the extension"),
        ({"panel": "/etc/passwd"}, "see docs/browser.md"),
        ({"session": {"id": "/id"}}, "session has 1 keys; choose among message, storage, id"),
        ({"session": {"message": 1, "id": "id"}}, "see docs/browser.md"),
        ({"settings": {"storage": {"user": "u"}}}, "settings say not once how the back end is set"),
        (
            {"settings": {"storage": {"backend": "b"}, "address": "http://localhost:1"}},
            "settings say not once how the back end is set",
        ),
        ({"settings": {"address": "https://example.org"}}, "see docs/browser.md"),
        ({"new_chat": ""}, "see docs/browser.md"),
        ({"shows": {"cases": "#cases"}}, "unknown key 'cases' in shows; did you mean case?"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    assert said in wrong(tmp_path, **changes)


def test_the_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "client.yaml"
    file.write_text("panel: sidepanel.html\nsettings:\n  storge: {}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"client\.yaml:(1|3): "):
        read_client(EXTENSION, file)


@pytest.mark.parametrize("text", ["", "[]", "null", "a: [", "\x00", "{" * 10000])
def test_garbage_is_a_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "client.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_client(EXTENSION, file)
    assert "\n" not in str(caught.value)


def extension(folder: Path, manifest: Any) -> Path:
    text = manifest if isinstance(manifest, str) else json.dumps(manifest)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("{", "not valid JSON"),
        ({"manifest_version": 2, "version": "1"}, "manifest_version is not 3"),
        ([], "manifest_version is not 3"),
    ],
)
def test_what_is_wrong_with_the_manifest_is_said(manifest: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        read_client(extension(tmp_path, manifest), EXTENSION.parent / "extension.yaml")


def test_a_folder_without_manifest_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"has no manifest\.json"):
        read_client(tmp_path, EXTENSION.parent / "extension.yaml")
