"""What a file declares of itself: reported beside the verdict, or deciding in place of a vendor."""

import struct

from harness import ServiceTest, jpeg

TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def declaring(term, seed=1):
    """A JPEG whose XMP has this IPTC digital source type."""
    packet = ("<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>"
              "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "
              "rdf:about='' xmlns:Iptc4xmpExt='http://iptc.org/std/Iptc4xmpExt/2008-02-29/' "
              f"Iptc4xmpExt:DigitalSourceType='{TERMS}{term}'/></rdf:RDF></x:xmpmeta>"
              "<?xpacket end='w'?>")
    payload = b"http://ns.adobe.com/xap/1.0/\0" + packet.encode()
    segment = b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload
    picture = b"\xff\xda\x00\x08" + jpeg(seed)
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(9) + segment + picture


def box(kind, payload):
    return struct.pack(">I", len(payload) + 8) + kind + payload


def video(milliseconds):
    header = bytes(12) + struct.pack(">II", 1000, milliseconds) + bytes(80)
    return (box(b"ftyp", b"isom" + bytes(4) + b"isom") + box(b"mdat", bytes(50_000))
            + box(b"moov", box(b"mvhd", header)))


class ProvenanceTest(ServiceTest):
    def test_a_claim_is_reported_beside_the_vendors_verdict_and_kept_with_it(self):
        sandbox = self.sandbox()
        service = self.service(sandbox)
        for expected in ("MISS", "HIT"):
            answer = service.upload(declaring("trainedAlgorithmicMedia"))
            self.assertEqual((answer.status, answer.cache), (200, expected), answer.body)
            analysis = answer.json["analysis"]
            self.assertEqual(analysis["provider"], "sightengine")
            self.assertEqual(analysis["provenance"]["claim"], "ai_generated")
            self.assertEqual(analysis["provenance"]["by"], ["iptc"])
            self.assertEqual(analysis["provenance"]["digitalSourceType"], "trainedAlgorithmicMedia")
            self.assertIs(analysis["provenance"]["verified"], False)
        self.assertEqual(sandbox.charged, 1)
        self.assertNotIn("provenance", service.upload(jpeg(2)).json["analysis"])

    def test_a_claim_that_decides_costs_no_call_also_after_a_restart(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, DETECTION_PROVENANCE="decide")
        service.await_line(r"warn.*DETECTION_PROVENANCE=decide")
        answer = service.upload(declaring("trainedAlgorithmicMedia"))
        self.assertEqual((answer.status, answer.cache), (200, "MISS"), answer.body)
        analysis = answer.json["analysis"]
        self.assertEqual((analysis["provider"], analysis["aiScore"]), ("provenance", 100))
        self.assertEqual(service.stats()["cost"]["spent"], 0)
        service.stop()
        again = self.service(sandbox, DETECTION_PROVENANCE="decide", CACHE_SAME_DETECTORS="1")
        hit = again.upload(declaring("trainedAlgorithmicMedia"))
        self.assertEqual((hit.cache, hit.json["analysis"]["provider"]), ("HIT", "provenance"))
        self.assertEqual(hit.json["cache"]["savedUsd"], 0)
        self.assertEqual(sandbox.charged, 0)

    def test_the_claim_of_a_photograph_decides_nothing(self):
        sandbox = self.sandbox()
        service = self.service(sandbox, DETECTION_PROVENANCE="decide")
        for seed, term in enumerate(("digitalCapture", "compositeWithTrainedAlgorithmicMedia")):
            answer = service.upload(declaring(term, seed))
            self.assertEqual(answer.json["analysis"]["provider"], "sightengine", answer.body)
        self.assertEqual(sandbox.charged, 2)

    def test_off_means_that_nothing_is_read(self):
        service = self.service(self.sandbox(), DETECTION_PROVENANCE="off")
        answer = service.upload(declaring("trainedAlgorithmicMedia"))
        self.assertNotIn("provenance", answer.json["analysis"])

    def test_a_videos_length_is_told_and_kept(self):
        service = self.service(self.sandbox())
        for expected in ("MISS", "HIT"):
            answer = service.upload(video(12_500), file_name="a.mp4", media_type="video/mp4")
            self.assertEqual((answer.status, answer.cache), (200, expected), answer.body)
            self.assertEqual(answer.json["analysis"]["videoMetadata"], {"durationSeconds": 12.5})
