"""The part of JSON Schema (2020-12) that docs/openapi.json uses, compiled to functions.

A keyword that is not known here is a mistake of the schema, never passed over. Not Debian's
python3-jsonschema: each answer of the end-to-end tests is checked, and that must cost nothing.
"""

import datetime
import re
import threading

NOTES = {"description", "default", "examples", "example", "title", "contentMediaType", "$comment"}
TYPES = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
}


def is_same(one, other):
    return type(one) is type(other) and one == other


def is_time(text):
    try:
        return datetime.datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


class Schemas:
    """Compiles the schemas of one document; each once. Thread-safe."""

    def __init__(self, document):
        self._document = document
        self._compiled = {}
        self._compiling = threading.RLock()  # nobody may call what is half compiled

    def resolve(self, node):
        """The node, or what it refers to within the document."""
        while "$ref" in node:
            place, target = self._document, node["$ref"]
            assert target.startswith("#/"), target
            for part in target[2:].split("/"):
                place = place[part.replace("~1", "/").replace("~0", "~")]
            node = place
        return node

    def check(self, schema):
        """A function of a value that returns what is wrong with it, or None."""
        key = schema.get("$ref") or id(schema)
        with self._compiling:
            if key not in self._compiled:
                self._compiled[key] = lambda value: self._compiled[key](value)  # for what holds itself
                self._compiled[key] = self._compile(schema)
            return self._compiled[key]

    def _compile(self, schema):
        if "$ref" in schema:
            assert not schema.keys() - NOTES - {"$ref"}, schema
            return self.check(self.resolve(schema))
        steps = []
        for keyword, given in schema.items():
            if keyword in NOTES or keyword in ("additionalProperties", "required"):
                continue
            steps.append(getattr(self, "_" + keyword.strip("$"))(given, schema))
        if not schema.get("properties") and ("additionalProperties" in schema or "required" in schema):
            steps.append(self._properties({}, schema))

        def run(value):
            for step in steps:
                if wrong := step(value):
                    return wrong
            return None
        return run

    def _type(self, given, _):
        tests = [TYPES[name] for name in ([given] if isinstance(given, str) else given)]
        return lambda value: None if any(test(value) for test in tests) else (
            f": {value!r:.80} is no {given}")

    def _properties(self, given, schema):
        known = {name: self.check(member) for name, member in given.items()}
        required = schema.get("required", [])
        others = schema.get("additionalProperties", True)
        check_other = self.check(others) if isinstance(others, dict) else None

        def run(value):
            if not isinstance(value, dict):
                return None
            for name in required:
                if name not in value:
                    return f": has no {name}"
            for name, member in value.items():
                check = known.get(name, check_other)
                if check is None:
                    if others is False:
                        return f": nobody knows {name}"
                elif wrong := check(member):
                    return f".{name}{wrong}"
            return None
        return run

    def _names(self, schema):
        """The properties that a schema names, by itself and by what it is made of."""
        schema = self.resolve(schema)
        names = set(schema.get("properties", {}))
        for part in schema.get("allOf", []):
            names |= self._names(part)
        return names

    def _unevaluatedProperties(self, given, schema):
        assert given is False
        names = self._names(schema)
        return lambda value: next(
            (f": nobody knows {name}" for name in value if name not in names), None)

    def _items(self, given, _):
        check = self.check(given)

        def run(value):
            for index, item in enumerate(value if isinstance(value, list) else ()):
                if wrong := check(item):
                    return f"[{index}]{wrong}"
            return None
        return run

    def _allOf(self, given, _):
        checks = [self.check(part) for part in given]
        return lambda value: next((wrong for check in checks if (wrong := check(value))), None)

    def _anyOf(self, given, _):
        checks = [self.check(part) for part in given]

        def run(value):
            faults = []
            for check in checks:
                if (wrong := check(value)) is None:
                    return None
                faults.append(wrong)
            return ": fits none of these: " + " | ".join(faults)
        return run

    def _oneOf(self, given, schema):
        at_least_one = self._anyOf(given, schema)
        checks = [self.check(part) for part in given]

        def run(value):
            if wrong := at_least_one(value):
                return wrong
            several = sum(check(value) is None for check in checks) > 1
            return ": fits several of the alternatives" if several else None
        return run

    def _const(self, given, _):
        return lambda value: None if is_same(value, given) else f": {value!r:.80} is not {given!r}"

    def _enum(self, given, _):
        return lambda value: None if any(is_same(value, one) for one in given) else (
            f": {value!r:.80} is none of {given}")

    def _pattern(self, given, _):
        pattern = re.compile(given)
        return lambda value: f": {value!r:.80} is not like {given}" if (
            isinstance(value, str) and not pattern.search(value)) else None

    def _format(self, given, _):
        assert given == "date-time", given
        return lambda value: f": {value!r:.80} is no time" if (
            isinstance(value, str) and not is_time(value)) else None

    @staticmethod
    def _bound(is_wrong, what):
        def run(value):
            counted = isinstance(value, (int, float)) and not isinstance(value, bool)
            return f": {value} is {what}" if counted and is_wrong(value) else None
        return run

    def _minimum(self, given, _):
        return self._bound(lambda value: value < given, f"below {given}")

    def _maximum(self, given, _):
        return self._bound(lambda value: value > given, f"above {given}")

    def _exclusiveMinimum(self, given, _):
        return self._bound(lambda value: value <= given, f"not above {given}")

    def _minItems(self, given, _):
        return lambda value: f": fewer than {given}" if (
            isinstance(value, list) and len(value) < given) else None

    def _maxItems(self, given, _):
        return lambda value: f": more than {given}" if (
            isinstance(value, list) and len(value) > given) else None
