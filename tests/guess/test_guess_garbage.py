"""Whatever a document holds: a guess that holds against it, or one clear error; never a traceback."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from sessionproof.contract.source import read_source
from sessionproof.errors import SessionProofError
from sessionproof.guess import guess
from sessionproof.guess.checked import read_back
from sessionproof.guess.document import Origin
from sessionproof.guess.draft import NotGuessable
from sessionproof.guess.sidecar import sidecar_text

from .comparing import DOCUMENTS

NAMES = ("express", "django", "spring")
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1e300, "", "x", "$ref", [], [None], ["x"], [[]], {}, {"$ref": "#/nowhere"}, {"$ref": 3},
    {"$ref": "#/components/schemas/Loop"}, {"x": None}, 10**30, "\u2028\x07# : {", {"type": ["string", 3]}, "post",
)  # fmt: skip
LOOP = {"allOf": [{"$ref": "#/components/schemas/Loop"}, {"properties": {"id": {"$ref": "#/components/schemas/Loop"}}}]}


@pytest.mark.parametrize("name", NAMES)
def test_damaged_documents(name: str) -> None:
    whole = read_source(DOCUMENTS / f"{name}.yaml").document
    whole["components"]["schemas"]["Loop"] = LOOP
    chance = random.Random(f"damage to {name}")
    said = []
    for _ in range(150):
        document = copy.deepcopy(whole)
        for _ in range(chance.randint(1, 6)):
            damage(document, chance)
        said.append(outcome(document))
    assert said.count("") > 50
    of_the_document = ("could be the create", "could be told to make a session", "not a well-formed OpenAPI document")
    assert [one for one in said if one and not any(words in one for words in of_the_document)] == []
    assert max(len(one.splitlines()) for one in said) == 1


def damage(value: Any, chance: random.Random) -> None:
    """Put junk in the place of something, at any depth."""
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            return
        key = chance.choice(keys)
        if isinstance(value[key], dict | list) and value[key] and chance.random() < 0.9:
            value = value[key]
            continue
        value[key] = copy.deepcopy(chance.choice(JUNK))
        return


def outcome(document: Any) -> str:
    """Guess as the command does, and read back what would be written; "" when that holds, else what is said."""
    origin = Origin(document, json.dumps(document), "", "damaged.json")
    try:
        draft = guess(document)
        read_back(origin, sidecar_text(draft, "damaged.json", origin.label))
    except (NotGuessable, SessionProofError) as error:
        return str(error)
    return ""


def test_endless_references_end() -> None:
    document = read_source(DOCUMENTS / "express.yaml").document
    document["components"]["schemas"]["Loop"] = LOOP
    document["components"]["schemas"]["Session"]["properties"]["metadata"] = {"$ref": "#/components/schemas/Loop"}
    assert outcome(document) == ""


def test_many_paths_are_guessed_in_time() -> None:
    document = read_source(DOCUMENTS / "express.yaml").document
    item = document["paths"]["/api/sessions/{sessionId}/messages"]
    document["paths"] |= {f"/api/things{number}/{{id}}/messages": item for number in range(5000)}
    assert len(guess(document).trusted) == 10
