"""What a content is decides whether it is taken, and which of a vendor's endpoints judges it."""

import struct

from harness import ServiceTest


def box(kind, payload=b""):
    return struct.pack(">I", len(payload) + 8) + kind + payload


def brands(major, *compatible):
    return box(b"ftyp", major + bytes(4) + b"".join(compatible))


def track(handler):
    return box(b"trak", box(b"tkhd", bytes(84))
               + box(b"mdia", box(b"hdlr", bytes(8) + handler + bytes(13))))


def movie(*handlers):
    header = box(b"mvhd", bytes(12) + struct.pack(">II", 1000, 2000) + bytes(80))
    return box(b"moov", header + b"".join(track(handler) for handler in handlers))


def items(codec):
    info = box(b"infe", b"\2\0\0\0" + struct.pack(">HH", 1, 0) + codec + b"\0")
    return box(b"meta", bytes(4) + box(b"hdlr", bytes(8) + b"pict" + bytes(13))
               + box(b"iinf", bytes(4) + struct.pack(">H", 1) + info))


def gif(pictures):
    picture = b"\x2c" + bytes(4) + b"\2\0\2\0\0" + b"\2\3abc\0"
    return b"GIF89a\2\0\2\0" + bytes(3) + picture * pictures + b";"


DATA = box(b"mdat", bytes(3000))


class MediaTypes(ServiceTest):
    def test_brands_decide_between_an_image_and_a_video(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        contents = [
            ("image/heic", brands(b"msf1", b"msf1", b"iso8", b"hevc", b"heic", b"mif1")),
            ("image/avif", brands(b"msf1", b"iso8", b"avis")),
            ("image/heic", brands(b"mif1", b"mif1") + items(b"hvc1")),
            ("image/avif", brands(b"mif1", b"mif1", b"isom") + items(b"av01")),
            ("video/3gpp", brands(b"3gp6", b"3gp6") + movie(b"vide")),
            ("video/quicktime", box(b"skip", bytes(8)) + movie(b"vide")),
            ("video/quicktime", box(b"pnot", bytes(12)) + movie(b"vide", b"soun")),
            ("video/quicktime", box(b"free") + box(b"wide") + DATA + movie(b"vide")),
        ]
        for seed, (media_type, content) in enumerate(contents):
            with self.subTest(media_type, seed=seed):
                answer = service.upload(content + DATA + box(b"free", bytes([seed])))
                self.assertEqual(answer.status, 200, answer.body)
                analysis = answer.json["analysis"]
                self.assertEqual(analysis["mediaType"], media_type)
                is_video = media_type.startswith("video/")
                self.assertEqual(analysis["type"], "VIDEO" if is_video else "IMAGE")
                # Only the endpoint for videos answers with frames.
                self.assertEqual("frames" in analysis["sources"][0], is_video, analysis)
        self.assertEqual(sandbox.charged, len(contents))

    def test_what_shows_nothing_is_refused_and_nothing_is_paid(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        for content, reason in [
                (brands(b"isom", b"mp42") + movie(b"soun") + DATA, "no video track"),
                (brands(b"mp42", b"isom") + DATA + movie(b"soun", b"text"), "no video track"),
                (brands(b"3gp5") + movie(b"soun") + DATA, "no video track"),
                (box(b"skip", bytes(60)) + movie(b"soun") + DATA, "no video track"),
                (brands(b"mif1", b"mif1") + items(b"jpeg") + DATA, "HEVC or AV1"),
                (b"\n\n\n mdat is a word, as is free. " * 9, "moov"),
                (b"the ftypisom is four letters and a brand. " * 9, "not an image or video")]:
            answer = service.upload(content)
            self.assertProblem(answer, 415, "unsupported_media_type")
            self.assertIn(reason, answer.json["error"])
        self.assertEqual(sandbox.calls()["total"], 0)
        self.assertEqual(service.stats()["cost"]["spent"], 0)

    def test_an_animation_is_judged_by_those_who_take_it(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, DETECTORS_IMAGE="sightengine,aiornot",
                               AIORNOT_API_KEY="key", AIORNOT_BASE_URL=sandbox.url + "/aiornot")
        answer = service.upload(gif(2))
        self.assertEqual(answer.status, 200, answer.body)
        analysis = answer.json["analysis"]
        self.assertEqual((analysis["mediaType"], analysis["provider"]), ("image/gif", "sightengine"))
        self.assertNotIn("partial", analysis)
        self.assertEqual(service.stats()["cost"]["spent"], 0.02)  # two pictures, at a cent each

    def test_when_nobody_takes_it_the_reason_is_told_and_nothing_is_paid(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, DETECTORS_IMAGE="aiornot", AIORNOT_API_KEY="key",
                               AIORNOT_BASE_URL=sandbox.url + "/aiornot")
        for content, reason in [(gif(2), "GIF"), (brands(b"avis", b"avif") + DATA, "AVIF"),
                                (brands(b"hevc", b"msf1", b"iso8") + DATA, "sequences")]:
            answer = service.upload(content)
            self.assertProblem(answer, 502, "vendor_refused")
            self.assertIn(reason, answer.json["error"])
        self.assertEqual(sandbox.calls()["total"], 0)
