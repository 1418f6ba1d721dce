"""The page without a script: its forms, and the readable answers to them."""

import re
import unittest

from harness import ServiceTest, form, jpeg

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


class Forms(ServiceTest):
    def setUp(self):
        super().setUp()
        self.box = self.sandbox()
        self.app = self.service(self.box)

    def send(self, path, body, content_type):
        return self.app.request("POST", path, body, {"Content-Type": content_type,
                                                     "Accept": BROWSER})

    def assertPage(self, answer, status, *texts):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["content-type"], "text/html; charset=utf-8")
        page = answer.body.decode()
        for text in texts:
            self.assertIn(text, page)
        self.assertNotIn("<script", page)

    def test_a_photograph_twice(self):
        body, content_type = form(jpeg(1), file_name="<i>.jpg")
        first = self.send("/api/analysis/file", body, content_type)
        self.assertPage(first, 200, "<h1>", "Analysed now.", "&lt;i&gt;.jpg",
                        "sightengine", '<a href="/">')
        self.assertEqual(first.cache, "MISS")
        second = self.send("/api/analysis/file", body, content_type)
        self.assertPage(second, 200, "Answered from the cache", "saved 0.01 USD")
        self.assertEqual(self.box.charged, 1)

    def test_what_is_wrong_is_said_on_a_page_too(self):
        short = self.send("/api/analysis/text", "text=too+short", "application/x-www-form-urlencoded")
        self.assertPage(short, 422, "could not be analysed", "50", '<a href="/">')
        self.assertPage(self.send("/api/analysis/file", *form(b"no picture")), 415,
                        "could not be analysed")

    def test_programs_get_json_as_ever(self):
        body, content_type = form(jpeg(1))
        for accept in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
            answer = self.app.request("POST", "/api/analysis/file", body,
                                      {"Content-Type": content_type, **accept})
            self.assertEqual(answer.headers["content-type"], "application/json")

    def test_the_page_loads_its_style_from_here_only(self):
        page = self.app.request("GET", "/")
        policy = page.headers["content-security-policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertIn("style-src 'self'", policy)
        (style,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page.body.decode())
        answer = self.app.request("GET", style)
        self.assertEqual((answer.status, answer.headers["content-type"]),
                         (200, "text/css; charset=utf-8"))
        tag = answer.headers["etag"]
        again = self.app.request("GET", style, headers={"If-None-Match": tag})
        self.assertEqual((again.status, again.body), (304, b""))

    def test_a_sandbox_is_named_on_both_pages(self):
        trial = self.service(DETECTION_SANDBOX_URL=self.box.url)
        body, content_type = form(jpeg(1))
        answer = trial.request("POST", "/api/analysis/file", body,
                               {"Content-Type": content_type, "Accept": BROWSER})
        self.assertPage(answer, 200, "a sandbox made this verdict up")
        self.assertIn(b"a sandbox makes its verdicts up", trial.request("GET", "/").body)
        self.assertNotIn(b"sandbox", self.app.request("GET", "/").body)

    def test_a_closed_service_says_that_forms_are_no_way_in(self):
        closed = self.service(self.box, API_KEYS="site:u6Zt4wPa9Mk2Bq7Ds1")
        body, content_type = form(jpeg(1))
        answer = closed.request("POST", "/api/analysis/file", body,
                                {"Content-Type": content_type, "Accept": BROWSER})
        self.assertPage(answer, 401, "with a key only")


if __name__ == "__main__":
    unittest.main()
