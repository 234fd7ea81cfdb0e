"""The other server: it starts, its contract is one, it holds under concurrency, SessionProof finds nothing wrong."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, cast

import httpx
import pytest

from sessionproof.contract import contract_problems, load_contract

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "examples" / "other_server"
CONTRACT = SERVER / "contract.yaml"

# What a quick run without a clock shows of this server; later checks may show more.
PASSED = {
    *("LIF-01", "LIF-02", "LIF-03", "LIF-04", "LIF-05", "LIF-06"),
    *("RES-01", "RES-02", "RES-03", "RES-04", "RES-05", "RES-08", "RES-09", "RES-10", "RES-11"),
    *("ISO-01", "ISO-02", "ISO-03", "ISO-04", "ISO-05", "ISO-06", "ISO-07", "ISO-09"),
    *("ISO-08", "EXP-05", "MSG-01", "MSG-02", "MSG-04", "MSG-05", "MSG-06", "MSG-08", "MSG-09", "MSG-10", "MSG-11"),
    *("CAS-01", "CAS-02", "CAS-03", "CAS-04", "CAS-05", "CAS-07", "CAS-08"),
    *("UPL-01", "UPL-02", "UPL-03", "UPL-04", "UPL-05", "UPL-06"),
    *("SEC-01", "SEC-02", "SEC-03", "SEC-04", "SEC-05", "SEC-07", "SEC-08", "SEC-10"),
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, str(SERVER), "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        line = cast("IO[str]", process.stdout).readline()
        found = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", line)
        assert found, line
        yield found[1]
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")


@pytest.fixture
def ann(url: str) -> Iterator[httpx.Client]:
    with signed_in(url, "ann") as client:
        yield client


def signed_in(url: str, name: str) -> httpx.Client:
    answer = httpx.post(f"{url}/v2/login", json={"username": name, "password": f"of {name}"})
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {answer.json()['access_token']}"})


def started(client: httpx.Client, **query: str) -> dict[str, Any]:
    answer = client.post("/v2/conversations", params=query)
    assert answer.status_code == 200
    return cast("dict[str, Any]", answer.json())


def test_the_contract_is_one() -> None:
    assert contract_problems(CONTRACT) == []
    contract = load_contract(CONTRACT)
    assert contract.name == "other-server"
    assert {"identity", "list", "messages", "resume", "timeout", "update"} <= contract.capabilities
    assert {"cases", "clear", "idempotency", "query", "uploads"} <= contract.capabilities


def test_a_name_keeps_its_first_password(url: str, ann: httpx.Client) -> None:
    answer = ann.post("/v2/login", json={"username": "ann", "password": "another"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthenticated")


def test_starts_at_once_lead_to_one_conversation(url: str, ann: httpx.Client) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: started(ann, device="the-same"), range(64)))
    assert len({answer["conversation"]["id"] for answer in answers}) == 1
    assert [answer["resumed"] for answer in answers].count(False) == 1


def test_turns_at_once_are_all_kept(ann: httpx.Client) -> None:
    where = {"X-Conversation": started(ann)["conversation"]["id"]}
    texts = [f"turn {number}" for number in range(64)]
    with ThreadPoolExecutor(16) as pool:
        answers = pool.map(lambda text: ann.post("/v2/turns", headers=where, json={"text": text, "by": "human"}), texts)
    acknowledged = {answer.json()["turn"]["n"]: answer.json()["turn"] for answer in answers}
    turns = ann.get("/v2/turns", headers=where).json()["turns"]
    assert [turn["n"] for turn in turns] == list(range(1, 65))
    assert turns == [acknowledged[turn["n"]] for turn in turns]


def test_questions_at_once_open_one_topic(ann: httpx.Client) -> None:
    where = {"X-Conversation": started(ann)["conversation"]["id"]}
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: ann.post("/v2/ask", headers=where, json={"prompt": f"no. {n}"}), range(32)))
    (topic,) = ann.get("/v2/topics", headers=where).json()["topics"]
    assert topic["asked"] == 32
    exchanges = ann.get(f"/v2/topics/{topic['ref']}", headers=where).json()["exchanges"]
    assert sorted(exchanges, key=str) == sorted((answer.json()["exchange"] for answer in answers), key=str)


def test_the_assistant_repeats_its_topic_and_the_files_and_forgets_both(ann: httpx.Client) -> None:
    id = started(ann)["conversation"]["id"]
    where = {"X-Conversation": id}

    def answer(prompt: str) -> str:
        asked = ann.post("/v2/ask", headers=where, json={"prompt": prompt})
        return cast("str", asked.json()["exchange"]["reply"]["text"])

    ann.post(f"/v2/conversations/{id}/files", files={"document": ("notes.txt", b"of paper")})
    answer("first")
    assert answer("second").splitlines() == [
        "You ask: second",
        "You asked before: first",
        "There is notes.txt: of paper",
    ]
    ann.post("/v2/topics", headers=where)
    assert answer("third").splitlines() == ["You ask: third", "There is notes.txt: of paper"]
    ann.post(f"/v2/conversations/{id}/forget")
    assert answer("fourth").splitlines() == ["You ask: fourth"]


@pytest.mark.parametrize("content", [b"", b"\r\n--\r\n", bytes(range(256)) * 1024], ids=["none", "lines", "most"])
def test_a_file_comes_back_byte_for_byte(ann: httpx.Client, content: bytes) -> None:
    files = f"/v2/conversations/{started(ann)['conversation']['id']}/files"
    kept = ann.post(files, files={"document": ("a\u0308 b", content)}).json()["file"]
    assert (kept["name"], kept["md5"]) == ("a\u0308 b", hashlib.md5(content, usedforsecurity=False).hexdigest())
    assert ann.get(f"{files}/{kept['id']}").content == content
    assert ann.post(files, files={"document": ("a\u0308 b", content + bytes(2**18 + 1))}).status_code == 413
    assert ann.get(files).json()["files"].keys() == {kept["id"]}


def test_a_file_of_the_same_name_takes_the_place_of_the_first(ann: httpx.Client) -> None:
    files = f"/v2/conversations/{started(ann)['conversation']['id']}/files"
    first, second = (ann.post(files, files={"document": ("a", text)}).json()["file"]["id"] for text in (b"1", b"2"))
    assert ann.get(files).json()["files"].keys() == {second}
    assert ann.get(f"{files}/{first}").json()["error"]["code"] == "unknown_file"


@pytest.mark.parametrize(("path", "body"), [("/v2/turns", {"text": "x", "by": "human"}), ("/v2/ask", {"prompt": "x"})])
def test_requests_repeated_at_once_under_one_key_have_one_effect(
    url: str, ann: httpx.Client, path: str, body: dict[str, str]
) -> None:
    here, elsewhere = started(ann)["conversation"]["id"], started(ann)["conversation"]["id"]

    def repeated(_: int) -> bytes:
        return ann.post(path, headers={"X-Conversation": here, "Idempotency-Key": "k"}, json=body).content

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(repeated, range(32)))) == 1
    turns = ann.get("/v2/turns", headers={"X-Conversation": here}).json()["turns"]
    assert [turn["text"] for turn in turns if turn["by"] == "human"] == ["x"]
    other = {name: text + "y" if text == "x" else text for name, text in body.items()}
    refused = ann.post(path, headers={"X-Conversation": here, "Idempotency-Key": "k"}, json=other)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "key_reused")
    assert ann.get("/v2/turns", headers={"X-Conversation": here}).json()["turns"] == turns
    ann.post(path, headers={"X-Conversation": elsewhere, "Idempotency-Key": "k"}, json=body)
    assert ann.get("/v2/turns", headers={"X-Conversation": elsewhere}).json()["turns"]


def test_starts_repeated_under_one_key_lead_to_one_conversation(url: str, ann: httpx.Client) -> None:
    def started_under(client: httpx.Client, **body: str) -> httpx.Response:
        return client.post("/v2/conversations", headers={"Idempotency-Key": "start"}, json=body)

    with ThreadPoolExecutor(16) as pool:
        (only,) = set(pool.map(lambda _: started_under(ann, label="a").content, range(32)))
    assert started_under(ann, label="b").status_code == 409
    with signed_in(url, "ben") as ben:
        assert started_under(ben, label="a").json()["conversation"]["id"].encode() not in only
    ann.delete(f"/v2/conversations/{json.loads(only)['conversation']['id']}")
    assert started_under(ann, label="a").json()["resumed"] is False


def test_the_same_header_twice_is_refused(url: str, ann: httpx.Client) -> None:
    with signed_in(url, "ben") as ben:
        own, foreign = started(ben)["conversation"]["id"], started(ann)["conversation"]["id"]
        for pair in ((own, foreign), (foreign, own)):
            answer = ben.get("/v2/turns", headers=[("X-Conversation", id) for id in pair])
            assert answer.status_code == 400


def test_sessionproof_finds_nothing_wrong(url: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    run = subprocess.run(
        [
            *(sys.executable, "-m", "sessionproof", "verify", url, "--contract", str(CONTRACT)),
            *("--effort", "quick", "--json", str(report), "--quiet"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert report.exists(), run.stderr
    rows = json.loads(report.read_text(encoding="utf-8"))["requirements"]
    wrong = {row["id"]: row["reason"] for row in rows if row["verdict"] in ("failed", "warned", "error")}
    assert wrong == {}, run.stdout
    passed = {row["id"] for row in rows if row["verdict"] == "passed"}
    assert passed >= PASSED
