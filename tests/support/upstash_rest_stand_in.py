#!/usr/bin/env python3
"""Upstash's REST API in front of a Redis on this machine, for tests.

Speaks what https://upstash.com/docs/redis/features/restapi documents: commands as a JSON array in a
POST to /, in the path (/set/key?EX=10, a body appended), several to /pipeline and /multi-exec, base64 and RESP2
answers, server-sent events of /subscribe. tests/official_clients holds it against Upstash's own
client. It can misbehave: POST /stand-in/behaviour, and counts what it was asked: GET /stand-in/counts."""

import argparse
import base64
import hmac
import http.server
import json
import re
import socket
import ssl
import sys
import threading
import time
import urllib.parse

# What the real service does not offer over REST: it needs a connection of the caller's own.
REFUSED = {"AUTH", "HELLO", "CLIENT", "SELECT", "QUIT", "RESET", "MULTI", "EXEC", "DISCARD", "WATCH",
           "UNWATCH", "SUBSCRIBE", "PSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "MONITOR", "BLPOP",
           "BRPOP", "BLMOVE", "BLMPOP", "BZPOPMIN", "BZPOPMAX", "BZMPOP"}
EVENTS = {"subscribe", "psubscribe"}


class RedisError(str):
    """An error reply."""


class Status(str):
    """A status reply, `+OK`."""


class Redis:
    """One connection, RESP2."""

    def __init__(self, address, timeout=10):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        self.input = self.socket.makefile("rb")

    def send(self, words):
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(
            b"$%d\r\n%s\r\n" % (len(word), word) for word in words))

    def read(self):
        line = self.input.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("redis is gone")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return Status(rest.decode())
        if kind == b"-":
            return RedisError(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.input.read(int(rest) + 2)[:-2]
        return None if rest == b"-1" else [self.read() for _ in range(int(rest))]

    def ask(self, words):
        self.send(words)
        return self.read()

    def close(self):
        self.input.close()
        self.socket.close()


class BadRequest(Exception):
    pass


def word_of(value):
    """An argument in a JSON array as bytes; numbers as the official client's are."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BadRequest("ERR failed to parse command")
    try:
        return (value if isinstance(value, str) else json.dumps(value)).encode()
    except UnicodeEncodeError as error:
        raise BadRequest("ERR failed to parse command") from error


def command_of(values):
    if not isinstance(values, list) or not values:
        raise BadRequest("ERR empty command")
    words = [word_of(value) for value in values]
    name = words[0].decode(errors="replace").upper()
    if name in REFUSED:
        raise BadRequest(f"ERR Command is not available: '{name}'")
    return words


def result_of(reply, as_base64):
    if isinstance(reply, (RedisError, Status)):
        reply = reply.encode()
    if isinstance(reply, list):
        return [result_of(one, as_base64) for one in reply]
    if not isinstance(reply, bytes):
        return reply
    if as_base64 and reply != b"OK":
        return base64.b64encode(reply).decode()
    return reply.decode(errors="replace")


def object_of(reply, as_base64):
    if isinstance(reply, RedisError):
        return {"error": str(reply)}
    return {"result": result_of(reply, as_base64)}


def resp2_of(reply):
    if isinstance(reply, RedisError):
        return b"-%s\r\n" % reply.encode()
    if isinstance(reply, Status):
        return b"+%s\r\n" % reply.encode()
    if reply is None:
        return b"$-1\r\n"
    if isinstance(reply, int):
        return b":%d\r\n" % reply
    if isinstance(reply, bytes):
        return b"$%d\r\n%s\r\n" % (len(reply), reply)
    return b"*%d\r\n" % len(reply) + b"".join(resp2_of(one) for one in reply)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together

    def setup(self):
        super().setup()
        self.redis = None
        with self.server.lock:
            self.server.counts["connections"] += 1

    def finish(self):
        if self.redis is not None:
            self.redis.close()
        try:
            super().finish()
        except OSError:
            pass

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.handle_request()

    def do_POST(self):
        self.handle_request()

    def do_PUT(self):
        self.handle_request()

    def do_HEAD(self):
        self.handle_request()

    def do_DELETE(self):
        self.read_body()
        self.answer(405, {"error": "ERR Method not allowed"})

    do_PATCH = do_OPTIONS = do_DELETE

    def read_body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status, value, headers=()):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream" if isinstance(value, bytes)
                         else "application/json")
        for name, text in headers:
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_request(self):
        body = self.read_body()
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qsl(url.query, keep_blank_values=True)
        path = [urllib.parse.unquote_to_bytes(part) for part in url.path.split("/") if part]
        if path[:1] == [b"stand-in"]:
            return self.control(path, body)
        with self.server.lock:
            self.server.counts["requests"] += 1
            behaviour = dict(self.server.behaviour)
        if self.misbehave(behaviour):
            return None
        if not self.let_in(query):
            return self.answer(401, {"error": "WRONGPASS invalid or missing auth token"})
        try:
            return self.serve(path, [pair for pair in query if pair[0] != "_token"], body)
        except BadRequest as error:
            return self.answer(400, {"error": str(error)})
        except OSError:
            if self.redis is not None:
                self.redis.close()
            self.redis = None
            return self.answer(500, {"error": "ERR internal error"})

    def let_in(self, query):
        given = self.headers.get("Authorization", "")
        token = given[7:] if given.startswith("Bearer ") else dict(query).get("_token", "")
        return hmac.compare_digest(token.encode(), self.server.token.encode())

    def control(self, path, body):
        with self.server.lock:
            if path[1:] == [b"behaviour"]:
                self.server.behaviour = json.loads(body)
                return self.answer(200, {})
            return self.answer(200, self.server.counts)

    def misbehave(self, behaviour):
        """Whether the request has been dealt with."""
        time.sleep(behaviour.get("delay_ms", 0) / 1000)
        mode = behaviour.get("mode", "ok")
        if mode == "status":
            retry = behaviour.get("retry_after")
            self.answer(behaviour["status"], behaviour.get("body", {}),
                        [("Retry-After", str(retry))] if retry else [])
        elif mode == "error":
            self.answer(behaviour.get("status", 400), {"error": behaviour["error"]})
        elif mode == "garbage":
            self.answer(200, b"<html>definitely not Redis</html>")
        elif mode == "drop":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        return mode != "ok"

    def serve(self, path, query, body):
        as_base64 = self.headers.get("Upstash-Encoding", "") == "base64"
        form = self.headers.get("Upstash-Response-Format", "json")
        if form not in ("json", "resp2") or (form == "resp2" and as_base64):
            raise BadRequest("ERR unsupported response format")
        if len(path) > 1 and path[0].decode(errors="replace").lower() in EVENTS:
            return self.stream(path)
        if path in ([b"pipeline"], [b"multi-exec"]):
            return self.serve_many(path[0], self.parse(body), as_base64, form)
        if path:
            words = path + ([body] if body else [])
            for name, value in query:
                words += [part.encode() for part in (name, value) if part]
            command_of([word.decode("latin-1") for word in words])
        else:
            words = command_of(self.parse(body))
        (reply,) = self.run([words])
        if form == "resp2":
            return self.answer(200, resp2_of(reply))
        return self.answer(400 if isinstance(reply, RedisError) else 200,
                           object_of(reply, as_base64))

    def serve_many(self, kind, rows, as_base64, form):
        if not isinstance(rows, list) or not rows:
            raise BadRequest("ERR empty pipeline request")
        commands = []
        for row in rows:
            try:
                commands.append(command_of(row))
            except BadRequest as error:
                if kind == b"multi-exec":
                    raise
                commands.append(RedisError(error))
        replies = self.transact(commands) if kind == b"multi-exec" else self.run(commands)
        if form == "resp2" and kind == b"pipeline":
            return self.answer(200, b"".join(map(resp2_of, replies)))
        return self.answer(200, [object_of(reply, as_base64) for reply in replies])

    @staticmethod
    def parse(body):
        try:
            return json.loads(body)
        except ValueError as error:
            raise BadRequest("ERR failed to parse pipeline request") from error

    def run(self, commands):
        if self.redis is None:
            self.redis = Redis(self.server.redis)
        with self.server.lock:
            self.server.counts["commands"] += len(commands)
        return [command if isinstance(command, RedisError) else self.redis.ask(command)
                for command in commands]

    def transact(self, commands):
        *queued, replies = self.run([[b"MULTI"], *commands, [b"EXEC"]])
        if isinstance(replies, RedisError):
            refused = next((one for one in queued if isinstance(one, RedisError)), replies)
            raise BadRequest(refused)
        return replies

    def stream(self, path):
        """Server-sent events until somebody hangs up."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.flush()
        events = Redis(self.server.redis, timeout=None)
        threading.Thread(target=self.hang_up, args=(events,), daemon=True).start()
        try:
            events.send(path)
            while True:
                parts = [part if isinstance(part, bytes) else str(part).encode()
                         for part in events.read()]
                self.wfile.write(b"data: " + b",".join(parts) + b"\n\n")
                self.wfile.flush()
        except (OSError, ValueError, TypeError):
            pass

    def hang_up(self, events):
        try:
            self.connection.recv(1)
        except OSError:
            pass
        events.socket.shutdown(socket.SHUT_RDWR)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, redis, token):
        super().__init__(address, Handler)
        self.redis = redis
        self.token = token
        self.lock = threading.Lock()
        self.behaviour = {}
        self.counts = {"requests": 0, "commands": 0, "connections": 0}

    def handle_error(self, *_):
        pass  # a client that hung up


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one, which is printed")
    parser.add_argument("--redis", required=True, help="HOST:PORT, or the path of a unix socket")
    parser.add_argument("--token", default="stand-in-token")
    parser.add_argument("--certificate", help="PEM, for https")
    parser.add_argument("--key", help="PEM, of the certificate")
    options = parser.parse_args()
    redis = options.redis
    if re.fullmatch(r"[^/]+:\d+", redis):
        host, _, port = redis.rpartition(":")
        redis = (host, int(port))
    server = Server(("127.0.0.1", options.port), redis, options.token)
    scheme = "http"
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.key)
        # The handshake happens in the connection's own thread, with its first read.
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
        scheme = "https"
    print(f"{scheme}://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
