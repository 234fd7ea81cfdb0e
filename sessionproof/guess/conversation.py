"""Operations on what is said in a session: messages, questions, and their end."""

from __future__ import annotations

import re

from sessionproof.guess.carriers import OnSession, Words, keys_of
from sessionproof.guess.lists import Found, find_list, paging
from sessionproof.guess.model import Confidence, Guess, Operation
from sessionproof.guess.names import CASE_NOUNS, MESSAGE, MESSAGE_NOUNS, SESSION, Rule, singular
from sessionproof.guess.schema import Shape, snake
from sessionproof.guess.values import Scope, find, message_words, scopes

__all__ = ["add_message", "clear", "messages", "messages_inside", "query"]

_CONVERSATION = ("message", "turn", "history")
_SENT = ("role", "content", "metadata")


def _text(shape: Shape) -> bool:
    return shape.is_a("string") and not shape.enum


_QUESTION = Rule(("question", "query", "prompt"), ("message", "text", "input"), _text, _text)
_ANSWER = Rule(("answer",), ("response", "reply", "message", "output", "text"), _text)
_TALKS = re.compile(r"\b(repl(y|ies)|respon[sd]|answers?\b|assistant|generat|complet|ask)")
_ASKED_AT = Rule(MESSAGE["time"].sure, (), MESSAGE["time"].fits)
_CASE = Rule(tuple(f"{noun}_id" for noun in CASE_NOUNS), (), _text)
_CERTAINTY = Rule(("confidence", "confidence_score"), (), lambda shape: shape.is_a("number"))


def is_conversation(on: OnSession) -> bool:
    return singular(on.word) in _CONVERSATION


def add_message(on: OnSession) -> Operation | None:
    """POST to the messages; certain where the answer is the message itself."""
    if on.route.method != "POST" or singular(on.word) not in MESSAGE_NOUNS:
        return None
    sent = message_words((Scope("$request.body", on.route.body),))
    sent = {name: guess for name, guess in sent.items() if name in _SENT}
    answer = on.route.answer
    where = scopes("$response.body", answer, MESSAGE_NOUNS)
    got = message_words(where)
    if not _is_the_same(sent, got):
        got.pop("content", None)
    reply = find(where, _ANSWER)
    is_own = reply is not None and "content" in got and reply.value == got["content"].value
    replies = (reply is not None and not is_own) or bool(_TALKS.search(on.route.says))
    words: Words = {"session": on.session}
    for name in ("role", "content", "metadata", "message", "time"):
        if places := tuple(found[name] for found in (sent, got) if name in found):
            words[name] = places
    words |= {name: places for name, places in keys_of(on.route).items() if name == "idempotency_key"}
    confidence, reason = _says_something(sent, got, answer, on.word, replies)
    return Operation(on.route.method, on.route.path, "add_message", confidence, reason, words)


def _is_the_same(sent: dict[str, Guess], got: dict[str, Guess]) -> bool:
    """Whether the answer shows the message that was sent: its text under the same name, and more of it."""
    both = "content" in sent and "content" in got and {"message", "role", "time"} & set(got)
    return bool(both) and sent["content"].value.rsplit("/", 1)[-1] == got["content"].value.rsplit("/", 1)[-1]


def _says_something(
    sent: dict[str, Guess], got: dict[str, Guess], answer: Shape, word: str, replies: bool
) -> tuple[Confidence, str]:
    """Whoever sends a role stores messages; where none is sent, the answer may be the assistant's."""
    if "content" not in sent or not sent["content"].holds:
        return Confidence.UNSURE, f"POST to {word}, but no text could be told in what is sent"
    if "content" in got and got["content"].holds and "role" in sent:
        return Confidence.SURE, f"POST to {word}, and the answer is such a message"
    if "content" in got and got["content"].holds and not replies:
        return Confidence.LIKELY, f"POST to {word}, and the answer is such a message"
    if not answer.kinds or ("message" in got and not replies):
        return Confidence.LIKELY, f"POST to {word}, and the answer shows no reply"
    return Confidence.UNSURE, f"POST to {word}, but the answer isn't such a message; it could be a query"


def messages(on: OnSession) -> Operation | None:
    """GET of the messages, a list of what was said."""
    if on.route.method != "GET" or not is_conversation(on):
        return None
    found = find_list(on.route.answer, _CONVERSATION)
    if found is None or not (entry := _entry(found)):
        reason = f"GET of {on.word}, but no list of messages could be told in the answer"
        return Operation(on.route.method, on.route.path, "messages", Confidence.UNSURE, reason, {"session": on.session})
    if on.route.newest_first:
        entry["order"] = Guess("newest first", Confidence.LIKELY, "described so")
    pages, endless = paging(on.route)
    words = {"session": on.session, **pages}
    confidence, reason = Confidence.SURE, f"GET of {on.word}, {found.at.reason}"
    if endless:
        confidence, reason = Confidence.UNSURE, f"GET of {on.word}, but {endless}"
    return Operation(on.route.method, on.route.path, "messages", confidence, reason, words, {"each": entry})


def _entry(found: Found) -> dict[str, Guess]:
    words = {} if found.keyed else message_words(found.scope)
    return {"in": found.at, **words} if "content" in words and words["content"].holds else {}


def messages_inside(where: tuple[Scope, ...]) -> dict[str, Guess]:
    """The conversation inside a session, where an answer embeds it."""
    for scope in where:
        for name in scope.shape.properties:
            shape = scope.shape.below(name)
            if singular(name.lower()) in _CONVERSATION and shape.is_a("array"):
                found = Found(Guess(scope.at(name), Confidence.SURE, f"an array called {name}"), shape.entries)
                return _entry(found)
    return {}


def query(on: OnSession) -> Operation | None:
    """A question that the assistant answers."""
    if on.route.method != "POST" or singular(on.word) not in ("query", "querie", "ask", "chat", "question"):
        return None
    question = find((Scope("$request.body", on.route.body),), _QUESTION)
    where = scopes("$response.body", on.route.answer, ())
    answer = find(where, _ANSWER)
    words: Words = {"session": on.session, **keys_of(on.route)}
    if question is not None:
        words["question"] = tuple(one for one in (question, _repeated(where, question)) if one is not None)
    rules = (("confidence", _CERTAINTY), ("time", _ASKED_AT), ("case", _CASE))
    others = {name: found for name, rule in rules if (found := find(where, rule)) is not None}
    if answer is not None:
        words |= {name: (found,) for name, found in {"answer": answer, **others}.items()}
    both = question is not None and answer is not None and question.holds and answer.holds
    confidence = Confidence.LIKELY if both else Confidence.UNSURE
    reason = f"POST to {on.word}" + (
        ", a question and an answer" if both else ", but not both a question and an answer"
    )
    return Operation(on.route.method, on.route.path, "query", confidence, reason, words)


def _repeated(where: tuple[Scope, ...], question: Guess) -> Guess | None:
    """The question in its answer, under its own name; `message` and the like could be the assistant's there."""
    name = question.value.rsplit("/", 1)[-1]
    return find(where, Rule((), (name,), _text)) if snake(name) in _QUESTION.sure and snake(name) == name else None


def clear(on: OnSession) -> Operation | None:
    """The conversation emptied, the session kept."""
    if on.route.method == "POST" and on.word in ("clear", "reset", "forget"):
        confidence = Confidence.SURE if on.word == "clear" else Confidence.UNSURE
        reason = f"POST to {on.word}"
    elif on.route.method == "DELETE" and is_conversation(on):
        confidence, reason = Confidence.LIKELY, f"DELETE of all {on.word}"
    else:
        return None
    words: Words = {"session": on.session}
    if (count := find(scopes("$response.body", on.route.answer, ()), SESSION["count"])) is not None:
        words["count"] = (count,)
    return Operation(on.route.method, on.route.path, "clear", confidence, reason, words)
