"""docs/openapi.json: the same routes as docs/api.md, examples that are true, and clean to a linter."""

import json
import pathlib
import re
import shutil
import subprocess
import unittest

from harness import BUILD, ServiceTest, form, jpeg
from json_schema import Schemas
from official_clients_test import install
from paths_test import DOCS
from specification import DOCUMENT, METHODS, specification

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "official_clients" / "specification"
PLACE = BUILD / "official_clients" / "specification"
# Parts of closed schemas; open, because in each of those others stand beside them.
PARTS = ("AnalysisSummary", "VerdictDetails", "HistoryNote")


def named_routes():
    """Each method and path of the table in docs/api.md. The variable part of a path is `{}`."""
    routes = set()
    for row in re.findall(r"^\| (`.*?) \|", DOCS.read_text().split("\n## ")[0], re.M):
        methods, alone = [], []
        for name in re.findall(r"`([^`]+)`", row):
            *given, last = name.split()
            if not last.startswith("/"):
                alone.append(last)  # the first of `GET`, `HEAD /path`
                continue
            methods, alone = [*alone, *given] or methods, []
            routes |= {(method, re.sub(r"<[^>]*>", "{}", last)) for method in methods}
    return routes


def specified_routes(document):
    return {(method.upper(), re.sub(r"{[^}]*}", "{}", path))
            for path, item in document["paths"].items() for method in METHODS if method in item}


def places_with_content(node):
    """Each media type object of the document: where there is a schema, and examples of it."""
    if isinstance(node, list):
        node = dict(enumerate(node))
    if not isinstance(node, dict):
        return
    for media_type, content in (node.get("content") or {}).items():
        if isinstance(content, dict) and "schema" in content:
            yield media_type, content
    for key, value in node.items():
        if key not in ("schema", "examples"):
            yield from places_with_content(value)


def undecided(node, place):
    """Where an object has named members, and nothing says whether others may stand beside them."""
    if isinstance(node, list):
        node = dict(enumerate(node))
    if not isinstance(node, dict):
        return
    if isinstance(node.get("properties"), dict) and "additionalProperties" not in node:
        yield place
    for key, value in node.items():
        yield from undecided(value, f"{place}/{key}")


class Document(unittest.TestCase):
    def setUp(self):
        self.document = specification().document

    def test_it_names_the_routes_of_the_table_in_the_docs(self):
        self.assertGreater(len(named_routes()), 20)
        self.assertEqual(specified_routes(self.document), named_routes())

    def test_it_names_the_error_codes_of_the_table_in_the_docs(self):
        told = DOCS.read_text().split("\n## Errors\n")[1]
        codes = set()
        for row in re.findall(r"^\| \d+ \| (.*?) \|", told, re.M):
            codes |= set(re.findall(r"`([a-z0-9_]+)`", row))
        self.assertEqual(set(self.document["components"]["schemas"]["Code"]["enum"]), codes)

    def test_every_example_is_what_its_schema_says(self):
        schemas = specification().schemas
        examples = 0
        for _, content in places_with_content(self.document):
            for name, example in content.get("examples", {}).items():
                examples += 1
                with self.subTest(name):
                    self.assertIsNone(schemas.check(content["schema"])(example["value"]))
        self.assertGreater(examples, 30)

    def test_every_object_says_whether_it_has_more_members(self):
        schemas = dict(self.document["components"]["schemas"])
        for part in PARTS:
            self.assertNotIn("additionalProperties", schemas.pop(part))
        self.assertEqual(list(undecided(schemas, "")), [])

    def test_redocly_finds_nothing(self):
        if shutil.which("npm") is None:
            self.skipTest("npm is not installed")
        try:
            install(SOURCE, PLACE, "redocly.yaml")
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            self.skipTest(f"the registry was not reached: {error}")
        ran = subprocess.run(
            ["node", "node_modules/@redocly/cli/bin/cli.js", "lint", "--config", "redocly.yaml",
             "--format", "json", str(DOCUMENT)], cwd=PLACE, capture_output=True, text=True, timeout=120,
            env={"PATH": "/usr/bin:/bin", "REDOCLY_TELEMETRY": "off",
                 "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"})
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertEqual(json.loads(ran.stdout)["totals"], {"errors": 0, "warnings": 0, "ignored": 0})


class Judge(unittest.TestCase):
    """What it must not let pass."""

    def health(self, status=200, body=None, **headers):
        body = {"status": "ok", "version": "1", "uptimeSeconds": 1} if body is None else body
        headers = {"content-type": "application/json", "x-request-id": "1", **headers}
        return specification().fault("GET", "/api/health", status, headers, json.dumps(body))

    def test_an_answer_as_it_should_be_has_no_fault(self):
        self.assertIsNone(self.health())

    def test_unknown_missing_and_wrong_members_are_faults(self):
        good = {"status": "ok", "version": "1", "uptimeSeconds": 1}
        self.assertIn("nobody knows more", self.health(body={**good, "more": 1}))
        self.assertIn("has no version", self.health(body={"status": "ok", "uptimeSeconds": 1}))
        self.assertIn("uptimeSeconds", self.health(body={**good, "uptimeSeconds": "1"}))
        self.assertIn("status", self.health(body={**good, "status": "fine"}))

    def test_unknown_statuses_headers_types_and_routes_are_faults(self):
        self.assertIn("no status 201", self.health(status=201))
        self.assertIn("no header x-more", self.health(**{"x-more": "1"}))
        self.assertIn("text/html", self.health(**{"content-type": "text/html"}))
        self.assertIn("x-request-id", self.health(**{"x-request-id": "not so"}))
        self.assertIn("does not have", specification().fault("GET", "/api/new", 200, {}, "{}"))

    def test_an_analysis_may_have_nothing_of_a_history(self):
        check = specification().schemas.check({"$ref": "#/components/schemas/AnalysisAnswer"})
        response = specification().document["components"]["responses"]["Analysed"]
        answer = json.loads(json.dumps(
            response["content"]["application/json"]["examples"]["known file"]["value"]))
        self.assertIsNone(check(answer))
        answer["analysis"]["savedUsd"] = 0.01
        self.assertIn("savedUsd", check(answer))

    def test_a_keyword_that_it_does_not_know_is_a_mistake_of_the_schema(self):
        with self.assertRaises(AttributeError):
            Schemas({}).check({"type": "string", "maxLength": 3})


class Served(ServiceTest):
    def test_it_is_open_the_one_of_the_tree_and_of_this_version(self):
        service = self.service(self.sandbox(), API_KEYS="site:k7Qz2mX9vT4bN8wR1cLs5pHd")
        answer = service.request("GET", "/openapi.json")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.body, DOCUMENT.read_bytes())
        self.assertEqual(answer.headers["access-control-allow-origin"], "*")
        self.assertEqual(answer.json["info"]["version"],
                         service.request("GET", "/api/health").json["version"])

    def test_who_has_it_is_told_so(self):
        service = self.service(self.sandbox())
        tag = service.request("GET", "/openapi.json").headers["etag"]
        for stated, status in ((tag, 304), (f'"x", W/{tag}', 304), ("*", 304), ('"x"', 200)):
            with self.subTest(stated):
                again = service.request("GET", "/openapi.json", headers={"If-None-Match": stated})
                self.assertEqual((again.status, again.headers["etag"]), (status, tag))
                self.assertEqual(again.body == b"", status == 304)

    def test_an_answer_that_it_does_not_describe_fails_the_test_that_got_it(self):
        service = self.service(self.sandbox())
        answers = specification().operation("POST", "/api/analysis/file")["responses"]
        described = answers.pop("200")
        try:
            with self.assertRaisesRegex(AssertionError, "no status 200"):
                service.upload(jpeg("undescribed"))
            self.assertIn("no status 200", service.undescribed.pop())
        finally:
            answers["200"] = described


class EveryRoute(ServiceTest):
    """Each operation of the document is there, and takes the bodies that the document shows."""

    KEY = "k7Qz2mX9vT4bN8wR1cLs5pHd"

    def setUp(self):
        super().setUp()
        self.app = self.service(self.sandbox(), API_KEYS=f"site:{self.KEY}:admin",
                                METRICS_TOKEN="Zx8vQm2Lr7Tn4Wb9Kp1s")

    def ask(self, method, path, body=None, media_type=None):
        headers = {"X-Api-Key": self.KEY, **({"Content-Type": media_type} if media_type else {})}
        return self.app.request(method, path, body, headers)

    def bodies(self, operation):
        """Bodies that the document allows for a request, with their types."""
        if "requestBody" not in operation:
            return [(None, None)]
        content = specification().schemas.resolve(operation["requestBody"])["content"]
        found = []
        for media_type, described in content.items():
            for example in described.get("examples", {}).values():
                self.assertIsNone(specification().schemas.check(described["schema"])(example["value"]))
                shown = example["value"]
                found.append((shown if isinstance(shown, str) else json.dumps(shown), media_type))
            if media_type == "multipart/form-data":
                fields = described["schema"]["properties"]
                found.append(form(jpeg("known"), name="files" if "files" in fields else "file"))
            elif media_type == "application/octet-stream":
                found.append((jpeg("known"), media_type))
        return found

    def test_each_operation_succeeds_with_each_body_shown(self):
        analysis = self.ask("POST", "/api/analysis/file", *form(jpeg("known"))).json["analysis"]
        asked = 0
        for path, item in specification().document["paths"].items():
            for method in [method for method in METHODS if method in item]:
                one = analysis["id" if method == "delete" else "sha256"]
                place = (path.replace("{hashOrId}", one).replace("{user}", "42")
                         .replace("{id}", "analysis-" + analysis["sha256"])
                         .replace("{key}", analysis["sha256"]))
                if "{key}" in path:  # another operation has cleared the cache
                    self.ask("POST", "/api/analysis/file", *form(jpeg("known")))
                self.assertNotIn("{", place, "tell this test a value of the parameter")
                for body, media_type in self.bodies(item[method]):
                    with self.subTest(f"{method} {path} {media_type}"):
                        asked += 1
                        answer = self.ask(method.upper(), place, body, media_type)
                        self.assertLess(answer.status, 300, answer.body)
        self.assertGreater(asked, 30)


if __name__ == "__main__":
    unittest.main()
