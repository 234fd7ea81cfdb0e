"""What Schemathesis gets to see: the contract's operations, linked from `x-session`, without identities."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml

from sessionproof.contract import Contract, bundled_contracts, load_contract
from sessionproof.errors import UsageError
from sessionproof.fuzz.document import explored
from sessionproof.fuzz.links import links
from tests.engine.documents import ROOT
from tests.engine.fake_api import CONTRACT

OTHER = ROOT / "examples" / "other_server" / "contract.yaml"
ALL = [*bundled_contracts().values(), OTHER]


@pytest.fixture(params=ALL, ids=lambda file: file.parent.name + "/" + file.stem)
def contract(request: pytest.FixtureRequest) -> Contract:
    return load_contract(request.param)


def changed(folder: Path, **parts: Any) -> Contract:
    document = {**yaml.safe_load(CONTRACT), **parts}
    file = folder / "contract.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return load_contract(file)


def test_each_operation_on_a_session_is_reached_by_a_link_from_create(contract: Contract) -> None:
    from_create = {link["operationRef"] for source, _, _, link in links(contract) if source.operation == "create"}
    for binding in contract.on_session(leave_out=["case_history"]):
        path = binding.path.replace("/", "~1")
        assert f"#/paths/{path}/{binding.method.lower()}" in from_create, binding.name


def test_a_delete_leads_to_all_that_must_no_longer_work(contract: Contract) -> None:
    after = {link["operationRef"] for source, _, _, link in links(contract) if source.operation == "delete"}
    assert len(after) >= len(contract.on_session(leave_out=["case_history"]))


def test_a_link_names_the_session_in_every_place_that_carries_it() -> None:
    contract = load_contract(bundled_contracts()["agentic-multi-client"])
    reads = [link for source, _, name, link in links(contract) if source.operation == "create" and "read" in name]
    assert reads[0]["parameters"] == {
        "path.session_id": "$response.body#/session_id",
        "header.X-Session-ID": "$response.body#/session_id",
    }


def test_schemathesis_takes_the_links(contract: Contract) -> None:
    schema = schemathesis.openapi.from_dict(explored(contract), config=schemathesis.Config.from_dict({}))
    assert schema.statistic.transitions.total >= len(list(links(contract)))
    schema.as_state_machine()


def test_identities_are_left_to_the_run(contract: Contract) -> None:
    document = explored(contract)
    declared = [
        parameter.get("$ref", parameter.get("name", ""))
        for item in document["paths"].values()
        for operation in item.values()
        for parameter in operation["parameters"]
    ]
    assert not [name for name in declared if "User" in name or "Authorization" in name]
    assert "security" not in document


def test_what_no_flow_speaks_of_is_not_called(tmp_path: Path) -> None:
    paths = yaml.safe_load(CONTRACT)["paths"]
    paths["/admin/wipe"] = {"post": {"responses": {"200": {"description": "All is gone."}}}}
    document = explored(changed(tmp_path, paths=paths))
    assert "/admin/wipe" not in document["paths"]


def test_a_part_of_a_path_needs_no_declaration(tmp_path: Path) -> None:
    document = explored(changed(tmp_path))
    (parameter,) = document["paths"]["/s/{id}"]["get"]["parameters"]
    assert (parameter["name"], parameter["in"]) == ("id", "path")


def test_without_create_there_are_no_sessions_to_explore() -> None:
    contract = load_contract(OTHER)
    without = tuple(binding for binding in contract.bindings if binding.operation != "create")
    with pytest.raises(UsageError, match="declares no create"):
        explored(replace(contract, bindings=without))
