"""Requests as bytes: attacks on the framing, odd but valid ones, and ones that never end.

Each says what the service itself answers. `SMUGGLED` stands behind the framing trick of each attack,
so that whoever is tricked sees one request more.
"""

import dataclasses

TEXT = "/api/analysis/text"


@dataclasses.dataclass(frozen=True)
class Raw:
    name: str
    data: bytes
    answers: tuple  # the statuses that the service gives when it is asked directly

    @property
    def requests(self):
        """How many requests these bytes can be by any reading: one for each request line."""
        return self.data.count(b" HTTP/1.")


def identity(name, number):
    """A request's own X-Request-Id, by which logs tell what it was."""
    return f"{name.replace(' ', '-')}.{number}"


def request(name, method="GET", target="/", fields=b"", body=b"", number=1, end=b"\r\n"):
    head = f"{method} {target} HTTP/1.1".encode() + end
    head += b"Host: x" + end + f"X-Request-Id: {identity(name, number)}".encode() + end
    return head + fields + end + body


def smuggled(name):
    return request(name, target="/smuggled", number="smuggled")


def _text(name, fields, body):
    return request(name, "POST", TEXT, b"Content-Type: text/plain\r\n" + fields, body)


def _length(body):
    return b"Content-Length: %d\r\n" % len(body)


def _heads():
    yield "bare LF", lambda n: request(n, end=b"\n"), 400
    yield "folded", lambda n: request(n, fields=b"A: b\r\n c\r\n"), 400
    yield "folded with a tab", lambda n: request(n, fields=b"A: b\r\n\tc\r\n"), 400
    yield "folded first", lambda n: request(n).replace(b"Host", b" A: b\r\nHost", 1), 400
    yield "space before colon", lambda n: request(n).replace(b"Host:", b"Host :"), 400
    yield "no host", lambda n: request(n).replace(b"Host: x\r\n", b""), 400
    yield "two hosts", lambda n: request(n, fields=b"Host: x\r\n"), 400
    yield "NUL", lambda n: request(n, fields=b"A: \0\r\n"), 400
    yield "no colon", lambda n: request(n, fields=b"just words\r\n"), 400
    yield "field without a name", lambda n: request(n, fields=b": b\r\n"), 400
    yield "space in the target", lambda n: request(n, target="/ /"), 400
    yield "two spaces", lambda n: request(n, target=" /"), 400
    yield "version 1.2", lambda n: request(n).replace(b"HTTP/1.1", b"HTTP/1.2", 1), 400
    yield "line break in a value", lambda n: request(
        n, fields=b"A: b\n\n" + smuggled(n)), 400
    yield "CR in a value", lambda n: request(n, fields=b"A: b\rContent-Length: 5\r\n"), 400
    yield "CONNECT", lambda n: request(n, "CONNECT", "x:80") + smuggled(n), 400
    yield "large head", lambda n: request(n, fields=b"A: " + b"x" * 20_000 + b"\r\n"), 431
    yield "unknown coding", lambda n: request(
        n, "POST", fields=b"Transfer-Encoding: gzip\r\n", body=smuggled(n)), 501
    yield "gzip content", lambda n: _text(
        n, b"Content-Encoding: gzip\r\nContent-Length: 3\r\n", b"abc"), 415


def _lengths():
    def with_length(value):
        return lambda n: _text(n, b"Content-Length: " + value + b"\r\n", b"hello" + smuggled(n))

    yield "two lengths", lambda n: _text(
        n, b"Content-Length: 0\r\nContent-Length: 5\r\n", smuggled(n)), 400
    yield "two equal lengths", lambda n: _text(
        n, b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello" + smuggled(n)), 400
    for name, value in (("list", b"5, 5"), ("list of two", b"5, 0"), ("negative", b"-1"),
                        ("plus", b"+5"), ("hexadecimal", b"0x5"), ("empty", b""),
                        ("spaced", b"5 0"), ("fraction", b"5.0"), ("quoted", b'"5"'),
                        ("with an underscore", b"0_5"), ("wide", b"9" * 25),
                        ("vertical tab", b"\x0b5")):
        yield f"length {name}", with_length(value), 400
    yield "body on GET", lambda n: request(
        n, fields=b"Content-Length: 5\r\n", body=b"hello" + smuggled(n)), 400
    yield "request as body of GET", lambda n: request(
        n, fields=_length(smuggled(n)), body=smuggled(n)), 400
    yield "request as body of HEAD", lambda n: request(
        n, "HEAD", fields=_length(smuggled(n)), body=smuggled(n)), 400
    for method in ("GET", "HEAD", "OPTIONS"):
        yield f"chunks on {method}", lambda n, m=method: request(
            n, m, fields=b"Transfer-Encoding: chunked\r\n",
            body=b"5\r\nhello\r\n0\r\n\r\n" + smuggled(n)), 400
    yield "request in a chunk of GET", lambda n: request(
        n, fields=b"Transfer-Encoding: chunked\r\n",
        body=b"%x\r\n" % len(smuggled(n)) + smuggled(n) + b"\r\n0\r\n\r\n"), 400


def _codings():
    """Transfer-Encoding beside a length, and written so that some see it and some do not."""
    def both(coding):
        # By the length, the body ends before the smuggled request; by the chunks, behind it.
        def ends_early(n):
            body = b"%x\r\n" % len(smuggled(n))
            return _text(n, coding + _length(body), body + smuggled(n) + b"\r\n0\r\n\r\n")

        # By the chunks, the body ends before the smuggled request; by the length, behind it.
        def ends_late(n):
            body = b"0\r\n\r\n" + smuggled(n)
            return _text(n, coding + _length(body), body)
        return ends_early, ends_late

    for name, coding in (
            ("plain", b"Transfer-Encoding: chunked\r\n"),
            ("twice", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"),
            ("identity last", b"Transfer-Encoding: chunked, identity\r\n"),
            ("identity first", b"Transfer-Encoding: identity, chunked\r\n"),
            ("twice chunked", b"Transfer-Encoding: chunked, chunked\r\n"),
            ("x before", b"Transfer-Encoding: xchunked\r\n"),
            ("space before colon", b"Transfer-Encoding : chunked\r\n"),
            ("tab", b"Transfer-Encoding:\tchunked\r\n"),
            ("vertical tab", b"Transfer-Encoding: \x0bchunked\r\n"),
            ("NUL behind", b"Transfer-Encoding: chunked\0\r\n"),
            ("quoted", b'Transfer-Encoding: "chunked"\r\n'),
            ("parameter", b"Transfer-Encoding: chunked;a=b\r\n"),
            ("comma before", b"Transfer-Encoding: ,chunked\r\n"),
            ("comma behind", b"Transfer-Encoding: chunked,\r\n"),
            ("folded", b"Transfer-Encoding:\r\n chunked\r\n"),
            ("hidden by LF", b"A: b\nTransfer-Encoding: chunked\r\n"),
            ("hidden by CR", b"A: b\rTransfer-Encoding: chunked\r\n"),
            ("capitals", b"TRANSFER-ENCODING: CHUNKED\r\n"),
            ("high byte", b"Transfer-Encoding: chunked\xa0\r\n")):
        early, late = both(coding)
        yield f"coding {name} and a short length", early, 400
        yield f"coding {name} and a long length", late, 400
    for name, coding, status in (
            ("x before", b"Transfer-Encoding: xchunked\r\n", 501),
            ("identity", b"Transfer-Encoding: identity\r\n", 501),
            ("identity last", b"Transfer-Encoding: chunked, identity\r\n", 400),
            ("twice", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
            ("quoted", b'Transfer-Encoding: "chunked"\r\n', 400)):
        yield f"only coding {name}", lambda n, c=coding: _text(
            n, c, b"0\r\n\r\n" + smuggled(n)), status
    yield "version 1.0 with chunks", lambda n: _text(
        n, b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n" + smuggled(n)).replace(
            b"HTTP/1.1", b"HTTP/1.0", 1), 400


def _chunks():
    for name, body in (
            ("negative", b"-2\r\nab\r\n0\r\n\r\n"), ("plus", b"+2\r\nab\r\n0\r\n\r\n"),
            ("0x", b"0x2\r\nab\r\n0\r\n\r\n"), ("space before", b" 2\r\nab\r\n0\r\n\r\n"),
            ("space behind", b"2 \r\nab\r\n0\r\n\r\n"), ("underscore", b"0_2\r\nab\r\n0\r\n\r\n"),
            ("without size", b"\r\nab\r\n0\r\n\r\n"), ("extension only", b";a\r\nab\r\n0\r\n\r\n"),
            ("overflow", b"10000000000000002\r\nab\r\n0\r\n\r\n"),
            ("without CRLF", b"2\r\nabXX0\r\n\r\n"), ("too long", b"2\r\nabc\r\n0\r\n\r\n"),
            ("bare LF behind size", b"2\nab\r\n0\r\n\r\n"),
            ("bare LF behind data", b"2\r\nab\n0\r\n\r\n"),
            ("bare CR behind size", b"2\rab\r\n0\r\n\r\n"),
            ("LF in extension", b"2;a\nb\r\nab\r\n0\r\n\r\n"),
            ("bare LF at the end", b"2\r\nab\r\n0\n\n"),
            ("trailer without colon", b"2\r\nab\r\n0\r\nwords\r\n\r\n"),
            ("trailer folded", b"2\r\nab\r\n0\r\nA: b\r\n c\r\n\r\n")):
        yield f"chunk {name}", lambda n, b=body: _text(
            n, b"Transfer-Encoding: chunked\r\n", b + smuggled(n)), 400
    yield "chunks without their last line", lambda n: _text(
        n, b"Transfer-Encoding: chunked\r\n", b"2\r\nab\r\n0\r\n" + smuggled(n)), 400


def attacks():
    """Each is one refusal, and the end of the connection."""
    return [Raw(name, make(name), (status,))
            for family in (_heads, _lengths, _codings, _chunks) for name, make, status in family()]


def unusual():
    """Odd, but requests: each is answered, and the next one is in step."""
    chunked = b"Transfer-Encoding: chunked\r\n"
    last = b"Connection: close\r\n"

    def text(name, fields, body, number):
        return request(name, "POST", TEXT, b"Content-Type: text/plain\r\n" + fields, body, number)

    def pair(name, first, statuses):
        return Raw(name, first + request(name, target="/api/health", fields=last, number=2),
                   statuses + (200,))
    makers = {
        "pipelined": lambda n: pair(n, request(n, target="/api/health"), (200,)),
        "pipelined HEAD": lambda n: pair(n, request(n, "HEAD", "/api/health"), (200,)),
        "pipelined HEAD of nothing": lambda n: pair(n, request(n, "HEAD", "/nothing"), (404,)),
        "pipelined OPTIONS": lambda n: pair(n, request(n, "OPTIONS", "/api/health"), (204,)),
        "absolute form": lambda n: pair(n, request(n, target="http://x/api/health"), (200,)),
        "empty line first": lambda n: pair(n, b"\r\n" + request(n, target="/api/health"), (200,)),
        "empty chunks on GET": lambda n: pair(
            n, request(n, target="/api/health", fields=chunked, body=b"0\r\n\r\n"), (200,)),
        "empty chunks on HEAD": lambda n: pair(
            n, request(n, "HEAD", "/api/health", chunked, b"0\r\n\r\n"), (200,)),
        "empty chunks with a trailer on GET": lambda n: pair(
            n, request(n, target="/api/health", fields=chunked,
                       body=b"00;a=b\r\nContent-Length: 70\r\n\r\n"), (200,)),
        "capital coding": lambda n: pair(
            n, text(n, b"TRANSFER-ENCODING: Chunked\r\n", b"2\r\nab\r\n0\r\n\r\n", 1), (422,)),
        "trailers": lambda n: pair(
            n, text(n, chunked, b"2\r\nab\r\n0\r\nContent-Length: 70\r\nHost: y\r\n\r\n", 1),
            (422,)),
        "extensions": lambda n: pair(
            n, text(n, chunked, b'2;a="b;c"\r\nab\r\n000;d\r\n\r\n', 1), (422,)),
        "a request as a body": lambda n: pair(
            n, text(n, _length(smuggled(n)[:45]), smuggled(n)[:45], 1), (422,)),
        "a request in a chunk": lambda n: pair(
            n, text(n, chunked, b"2d\r\n" + smuggled(n)[:45] + b"\r\n0\r\n\r\n", 1), (422,)),
        "an ignored body": lambda n: pair(
            n, request(n, "POST", "/nothing", _length(smuggled(n)), smuggled(n)), (404,)),
        "h2c upgrade": lambda n: pair(
            n, request(n, target="/api/health", fields=b"Connection: Upgrade, HTTP2-Settings\r\n"
                       b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"), (200,)),
        "websocket upgrade": lambda n: pair(
            n, request(n, target="/api/health", fields=b"Connection: Upgrade\r\n"
                       b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                       b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), (200,)),
        "underscored coding": lambda n: pair(
            n, text(n, b"Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n", 1),
            (422,)),
        "leading zeros": lambda n: pair(
            n, text(n, b"Content-Length: 0005\r\n", b"hello", 1), (422,)),
    }
    return [make(name) for name, make in makers.items()]


def unfinished():
    """Requests whose end never comes: with the connection's end they must be nobody's request."""
    chunked = b"Transfer-Encoding: chunked\r\n"
    makers = {
        "half a head": lambda n: request(n)[:-2],
        "half a body": lambda n: _text(n, b"Content-Length: 500\r\n", smuggled(n)),
        "half a chunk": lambda n: _text(n, chunked, b"1f4\r\n" + smuggled(n)),
        "chunks without an end": lambda n: _text(n, chunked, b"2\r\nab\r\n"),
        "half a chunk size": lambda n: _text(n, chunked, b"2\r\nab\r\n1"),
        "half a last chunk": lambda n: _text(n, chunked, b"2\r\nab\r\n0\r\n"),
        "half a trailer": lambda n: _text(n, chunked, b"2\r\nab\r\n0\r\nA: b\r\n"),
    }
    return [Raw(name, make(name), ()) for name, make in makers.items()]


def to_split():
    """Valid requests, to be cut in two at every byte; each leaves the connection open."""
    body = b"short"
    return [
        Raw("split get", request("split get", target="/api/health"), (200,)),
        Raw("split length", _text("split length", _length(body), body), (422,)),
        Raw("split chunks", _text("split chunks", b"Transfer-Encoding: chunked\r\n",
                                  b"2\r\nsh\r\n3;a=b\r\nort\r\n0\r\n\r\n"), (422,)),
        Raw("split pair", _text("split pair", _length(body), body) +
            request("split pair", target="/api/health", number=2), (422, 200)),
    ]
