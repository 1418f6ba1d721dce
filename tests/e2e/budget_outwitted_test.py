"""What an upload can cost is known before anybody is paid: the vendors' stand-in keeps the bill."""

import struct

from harness import ServiceTest, at_once, jpeg
from provenance_test import box, declaring

HALF_HOUR_MS = 1_800_000


def bare_movie(milliseconds):
    """An MP4 of 152 bytes whose head claims a length, and which has nothing to show for it."""
    header = bytes(12) + struct.pack(">II", 1000, milliseconds) + bytes(80)
    file = box(b"ftyp", b"isom" + bytes(4) + b"isom") + box(b"moov", box(b"mvhd", header))
    return file + box(b"free", bytes(152 - 8 - len(file)))


def movie(milliseconds, seed=0, header_milliseconds=None):
    """An MP4 with a track of pictures, each of half a second, all of them counted."""
    says = milliseconds if header_milliseconds is None else header_milliseconds
    clock = struct.pack(">II", 1000, says)
    samples = max(milliseconds // 500, 1)
    tables = (box(b"stts", bytes(4) + struct.pack(">III", 1, samples, 500))
              + box(b"stsz", bytes(4) + struct.pack(">II", 8, samples)))
    media = (box(b"mdhd", bytes(12) + clock + bytes(4))
             + box(b"hdlr", bytes(8) + b"vide" + bytes(13))
             + box(b"minf", box(b"stbl", tables)))
    size = struct.pack(">II", 640 << 16, 360 << 16)
    track = box(b"trak", box(b"tkhd", bytes(20) + struct.pack(">I", says) + bytes(52) + size)
                + box(b"mdia", media))
    return (box(b"ftyp", b"isom" + bytes(4) + b"isom")
            + box(b"moov", box(b"mvhd", bytes(12) + clock + bytes(80)) + track)
            + box(b"mdat", struct.pack(">Q", seed) * 100))


class BudgetOutwitted(ServiceTest):
    def upload(self, service, content, media_type="video/mp4"):
        return service.upload(content, file_name="a.mp4", media_type=media_type)

    def billed(self, sandbox):
        return sandbox.calls()["costMicros"] / 1e6

    def spent(self, service):
        return round(service.stats()["cost"]["budget"]["daily"]["spentUsd"], 6)

    def test_a_video_that_claims_half_an_hour_is_not_paid_from_a_dollar(self):
        sandbox = self.sandbox()
        sandbox.behave(frames=1800)
        service = self.service(sandbox, DAILY_BUDGET_USD="1")
        bare = bare_movie(HALF_HOUR_MS)
        self.assertEqual(len(bare), 152)
        self.assertIn(self.upload(service, bare).status, (415, 503))
        problem = self.assertProblem(self.upload(service, movie(HALF_HOUR_MS)), 503,
                                     "budget_exhausted")
        self.assertIn("costs more than the whole budget", problem["error"])
        # It says one second, and its samples last for half an hour.
        self.assertProblem(self.upload(service, movie(HALF_HOUR_MS, header_milliseconds=1000)),
                           503, "budget_exhausted")
        self.assertEqual((sandbox.calls()["total"], self.billed(sandbox)), (0, 0))
        self.assertEqual(self.spent(service), 0)
        self.assertEqual(service.upload(jpeg("small")).status, 200)  # what fits goes on

    def test_of_fifty_different_videos_at_once_no_more_is_paid_than_the_budget_has(self):
        sandbox = self.sandbox()
        sandbox.behave(frames=30, latencyMs=200)
        service = self.service(sandbox, DAILY_BUDGET_USD="1", MONTHLY_BUDGET_USD="2")
        answers = at_once(50, lambda i: self.upload(service, movie(30_000, seed=i)))
        statuses = sorted(answer.status for answer in answers)
        self.assertEqual(statuses, [200] * 3 + [503] * 47)
        self.assertLessEqual(self.billed(sandbox), 1)
        self.assertEqual(self.billed(sandbox), self.spent(service))

    def test_what_the_vendor_charges_above_counts_at_once_and_is_an_error_in_the_log(self):
        sandbox = self.sandbox()
        sandbox.behave(frames=70)  # of a video of ten seconds
        service = self.service(sandbox, DAILY_BUDGET_USD="0.75")
        self.assertEqual(self.upload(service, movie(10_000)).status, 200)
        line = service.await_line(r"error.*A vendor charged more.*").group(0)
        self.assertIn("vendor=sightengine", line)
        self.assertIn("set_aside_usd=0.1", line)
        self.assertIn("charged_usd=0.7", line)
        self.assertEqual(self.spent(service), 0.7)
        self.assertProblem(self.upload(service, movie(10_000, seed=1)), 503, "budget_exhausted")
        self.assertEqual(self.billed(sandbox), 0.7)

    def test_limits_of_length_and_price_refuse_before_anything_is_paid(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, MAX_VIDEO_SECONDS="40", MAX_COST_PER_CALL_USD="0.3")
        problem = self.assertProblem(self.upload(service, movie(41_000)), 422, "video_too_long")
        self.assertIn("41 seconds", problem["error"])
        self.assertIn("up to 40 seconds", problem["error"])
        problem = self.assertProblem(self.upload(service, movie(31_000)), 422, "too_expensive")
        self.assertIn("0.31 USD", problem["error"])
        self.assertEqual(sandbox.calls()["total"], 0)
        self.assertEqual(self.upload(service, movie(30_000)).status, 200)
        self.assertEqual(service.stats()["cost"]["unknownCharges"], 0)
        ready = service.request("GET", "/api/health/ready").json
        self.assertEqual(ready["vendorStates"]["sightengine"]["state"], "closed")

    def test_what_a_claim_decides_is_answered_with_a_spent_budget(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, DAILY_BUDGET_USD="0.01", DETECTION_PROVENANCE="decide")
        self.assertEqual(service.upload(jpeg("the only one")).status, 200)
        self.assertProblem(service.upload(jpeg("one more")), 503, "budget_exhausted")
        answer = service.upload(declaring("trainedAlgorithmicMedia"))
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.json["analysis"]["provider"], "provenance")
        self.assertEqual(sandbox.charged, 1)
