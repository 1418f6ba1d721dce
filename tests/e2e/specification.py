"""docs/openapi.json as a judge: what the service answers must stand there, whole and in each detail."""

import json
import pathlib
import re
import urllib.parse

from json_schema import Schemas

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
METHODS = ("get", "head", "post", "put", "patch", "delete")
PROBLEM = "application/problem+json"
# Fields of HTTP itself, of safety and of CORS: every answer may have them.
EVERYWHERE = re.compile(
    r"access-control-.*|cache-control|connection|content-length|content-security-policy|content-type|"
    r"date|keep-alive|referrer-policy|transfer-encoding|vary|x-content-type-options")
# What a path or a method that does not exist gets, and what is wrong with any request's head.
NOWHERE = {400, 404, 405, 408, 413, 415, 421, 431, 500, 501, 503}


class Specification:
    def __init__(self, document):
        self.document = document
        self.schemas = Schemas(document)
        self._routes = []
        for path, item in document["paths"].items():
            pattern = re.compile("/".join(
                "[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/")))
            self._routes.append((path.count("{"), path, pattern, item))
        self._routes.sort(key=lambda route: route[0])  # literal ones win
        self._problem = self.schemas.check(document["components"]["schemas"]["Problem"])

    def operation(self, method, path):
        """What the document says of the route of a request, or None. GET stands for HEAD too."""
        path = urllib.parse.urlsplit(path).path if path.startswith("/") else path
        for _, _, pattern, item in self._routes:
            if pattern.fullmatch(path):
                return item.get(method.lower()) or (item.get("get") if method == "HEAD" else None)
        return None

    def fault(self, method, path, status, headers, body):
        """What is wrong with an answer by the document, or None."""
        operation = self.operation(method, path)
        if operation is None or method == "OPTIONS":
            return self._fault_of_none(method, status, headers, body)
        response = operation["responses"].get(str(status))
        if response is None:
            return f"{method} {path}: the specification has no status {status}"
        response = self.schemas.resolve(response)
        where = f"{method} {path}: {status}"
        return self._fault_of_headers(where, response, headers) or (
            None if method == "HEAD" else self._fault_of_body(where, response, headers, body))

    def _fault_of_none(self, method, status, headers, body):
        if method == "OPTIONS" and status == 204:
            return None if "allow" in headers else "OPTIONS: no Allow"
        if status not in NOWHERE:
            return f"{method}: {status} of a route that the specification does not have"
        if status == 405 and "allow" not in headers:
            return f"{method}: 405 without Allow"
        if method == "HEAD":
            return None
        wrong = self._problem(json.loads(body))
        return wrong and f"{method}: {status}: body{wrong}"

    def _fault_of_headers(self, where, response, headers):
        known = {name.lower(): self.schemas.resolve(header)
                 for name, header in response.get("headers", {}).items()}
        for name, header in known.items():
            if name not in headers:
                if header.get("required"):
                    return f"{where}: no {name}"
                continue
            value = headers[name]
            if header["schema"].get("type") == "integer" and value.isdigit():
                value = int(value)
            if wrong := self.schemas.check(header["schema"])(value):
                return f"{where}: {name}{wrong}"
        for name in headers:
            if name not in known and not EVERYWHERE.fullmatch(name):
                return f"{where}: the specification has no header {name}"
        return None

    def _fault_of_body(self, where, response, headers, body):
        content = response.get("content")
        if not content:
            return f"{where}: the specification has no body" if body else None
        media_type = headers.get("content-type", "").split(";")[0].strip()
        if media_type not in content:
            return f"{where}: {media_type} is none of {list(content)}"
        if not media_type.endswith(("/json", "+json")):  # lines of JSON are none
            return None
        wrong = self.schemas.check(content[media_type]["schema"])(json.loads(body))
        return wrong and f"{where}: body{wrong}"


_shared = []


def specification():
    """The one of this tree, read once."""
    if not _shared:
        _shared.append(Specification(json.loads(DOCUMENT.read_text(encoding="utf-8"))))
    return _shared[0]
