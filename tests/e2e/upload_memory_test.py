"""A large video on its way to a vendor stays out of the service's memory."""

import random
import unittest

from harness import SANITIZED, ServiceTest

MIB = 1024 * 1024
HEAD = bytes.fromhex("00000018667479706d703432000000006d70343269736f6d")  # an MP4's first box


def video(mebibytes, seed):
    """The bytes of an MP4 as pieces, the same for the same seed; never whole in this process."""
    piece = random.Random(seed).randbytes(MIB - len(HEAD))
    for _ in range(mebibytes):
        yield HEAD + piece


@unittest.skipIf(SANITIZED, "sanitizers need memory of their own")
class UploadMemory(ServiceTest):
    def check_stays_small(self, **environment):
        sandbox = self.sandbox()
        service = self.service(sandbox, MAX_UPLOAD_MB="300",
                               **{name: value.replace("SANDBOX", sandbox.url)
                                  for name, value in environment.items()})

        def upload(mebibytes, seed):
            answer = service.request("POST", "/api/analysis/file", video(mebibytes, seed),
                                     {"Content-Type": "video/mp4"}, timeout=120)
            self.assertEqual((answer.status, answer.cache), (200, "MISS"), answer.body)

        upload(4, 1)  # threads, buffers and TLS tables that any upload needs
        before = service.peak_kib()
        upload(200, 2)
        self.assertLess(service.peak_kib() - before, 16 * 1024)
        self.assertEqual(sandbox.charged, 2)

    def test_as_a_form(self):
        self.check_stays_small(DETECTORS_VIDEO="hive", HIVE_API_KEY="key",
                               HIVE_BASE_URL="SANDBOX/hive/api/v3")  # Sightengine takes 50 MB

    def test_to_a_signed_url(self):
        self.check_stays_small(DETECTORS_VIDEO="realitydefender", REALITYDEFENDER_API_KEY="key",
                               REALITYDEFENDER_BASE_URL="SANDBOX/realitydefender")

    def test_as_a_body_of_its_own(self):
        self.check_stays_small(DETECTORS_VIDEO="custom", CUSTOM_URL="SANDBOX/custom/detect",
                               CUSTOM_KINDS="video", CUSTOM_SCORE_POINTER="/result/probability",
                               CUSTOM_SCORE_MAX="100", CUSTOM_HEADERS="Authorization: Bearer k")
