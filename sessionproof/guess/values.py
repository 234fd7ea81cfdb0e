"""Where the values of a session or a message stand in a body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sessionproof.guess.model import Confidence, Guess
from sessionproof.guess.names import MESSAGE, SESSION, SPEAKER, Rule, life_unit, singular
from sessionproof.guess.schema import Shape, snake

__all__ = ["Scope", "find", "message_words", "pointer_step", "scopes", "session_id", "session_words", "times_of"]

_WRAPPERS = ("data", "result", "item", "payload")
_SETTINGS = ("metadata", "settings", "options", "config")
_TIMES = ("created", "updated", "activity", "expires")


@dataclass(frozen=True)
class Scope:
    """A part of a body: the place of its start (`$response.body#/conversation`), and what is there."""

    place: str
    shape: Shape

    def at(self, name: str) -> str:
        start = self.place if "#" in self.place else f"{self.place}#"
        return f"{start}/{pointer_step(name)}"

    def below(self, name: str) -> Scope:
        return Scope(self.at(name), self.shape.below(name))


def pointer_step(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def scopes(place: str, shape: Shape, nouns: Iterable[str]) -> tuple[Scope, ...]:
    """Where to look for a thing's fields: inside its envelope, if it has one, and beside it."""
    root = Scope(place, shape)
    words = {snake(name): name for name in shape.properties}
    own = {"id", *(f"{noun}_id" for noun in nouns)}
    if own & set(words):
        return (root,)
    inner = [root.below(words[word]) for word in (*nouns, *_WRAPPERS) if word in words]
    return (*(scope for scope in inner if scope.shape.properties), root)


def find(where: Iterable[Scope], rule: Rule) -> Guess | None:
    """The first place that `rule` recognises; UNSURE where the name says so and the schema doesn't."""
    for scope in where:
        words = {snake(name): name for name in scope.shape.properties}
        for names, confidence in ((rule.sure, Confidence.SURE), (rule.likely, Confidence.LIKELY)):
            for word in names:
                if word in words:
                    guess = _judged(scope, words[word], rule, confidence)
                    if guess is not None:
                        return guess
    return None


def _judged(scope: Scope, name: str, rule: Rule, confidence: Confidence) -> Guess | None:
    shape, place = scope.shape.below(name), scope.at(name)
    fits = rule.fits
    if scope.place.startswith("$request"):
        if rule.sendable is None:
            return None
        fits = rule.sendable
    if fits(shape):
        return Guess(place, confidence, f"called {name}")
    if not shape.kinds:
        return Guess(place, Confidence.UNSURE, f"called {name}, but the document doesn't say of which type")
    if confidence is Confidence.SURE and rule.fits(shape):
        return Guess(place, Confidence.UNSURE, f"called {name}, but it doesn't take any value that a client chooses")
    return None


def session_id(where: Iterable[Scope], noun: str) -> Guess | None:
    """The session's own id: a text or a whole number, called `session_id` or `id`."""
    return find(where, Rule((f"{noun}_id",), ("id", f"{noun}_uuid", "uuid", noun), _is_id))


def _is_id(shape: Shape) -> bool:
    return shape.is_a("string", "integer") and not shape.enum


def session_words(where: tuple[Scope, ...], names: Iterable[str] = SESSION) -> dict[str, Guess]:
    """The session's values, by vocabulary name; `kind` also inside metadata and the like."""
    found = {}
    for name in names:
        guess = find(where, SESSION[name])
        if guess is None and name == "kind":
            guess = find(_settings(where), SESSION[name])
        if guess is not None:
            found[name] = guess
    return found


def _settings(where: Iterable[Scope]) -> list[Scope]:
    return [scope.below(name) for scope in where for name in scope.shape.properties if snake(name) in _SETTINGS]


def life_of(where: tuple[Scope, ...]) -> tuple[Guess, str] | None:
    """The length of life that a request asks for, with its unit from the name."""
    for scope in (*where, *_settings(where)):
        for name in scope.shape.properties:
            unit = life_unit(snake(name))
            if unit and scope.shape.below(name).is_a("number", "integer"):
                return Guess(scope.at(name), Confidence.LIKELY, f"called {name}"), unit
    return None


def same_life(where: tuple[Scope, ...], asked: str) -> Guess | None:
    """The place in an answer that is called as the one in the request is."""
    last = asked.rsplit("/", 1)[-1]
    for scope in (*where, *_settings(where)):
        for name in scope.shape.properties:
            if pointer_step(name) == last:
                return Guess(scope.at(name), Confidence.LIKELY, "called as in the request")
    return None


def message_words(where: tuple[Scope, ...]) -> dict[str, Guess]:
    """A message's values, by vocabulary name."""
    found = {name: guess for name, rule in MESSAGE.items() if (guess := find(where, rule)) is not None}
    if "role" not in found and (speaker := find(where, SPEAKER)) is not None:
        found["role"] = replace(speaker, reason=f"{speaker.reason}, one of the speakers")
    return {name: found[name] for name in (*MESSAGE,) if name in found}


def message_nouns(noun: str) -> tuple[str, ...]:
    return (singular(noun), "message", "turn", "entry")


def times_of(words: Mapping[str, Guess]) -> list[str]:
    """The places of a session's times."""
    return [words[name].value for name in _TIMES if name in words]
