#include "http/parsing/chunk_decoder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace vcache;
using namespace vcache::http;

namespace {

struct Decoded {
  std::string data;
  std::size_t consumed = 0;
  bool done = false;
  bool failed = false;

  bool operator==(const Decoded&) const = default;
};

/// Decodes `raw` handed over in pieces of at most `piece` bytes.
Decoded Decode(std::string_view raw, std::size_t piece = std::string_view::npos) {
  ChunkDecoder decoder;
  Decoded decoded;
  while (decoded.consumed < raw.size() && !decoded.done) {
    const auto step = decoder.Next(AsBytes(raw.substr(decoded.consumed, piece)));
    if (!step) {
      CHECK(step.error().code == ErrorCode::kBadRequest);
      decoded.failed = true;
      return decoded;
    }
    REQUIRE(step->consumed > 0);
    decoded.data += AsText(step->data);
    decoded.consumed += step->consumed;
    decoded.done = step->done;
    CHECK(step->done == decoder.done());
  }
  return decoded;
}

bool RefusesChunks(std::string_view raw) {
  const bool whole = Decode(raw).failed;
  CHECK(Decode(raw, 1).failed == whole);
  return whole;
}

}  // namespace

TEST_CASE("ChunkDecoder: joins the payload of all chunks and stops at the end (H4)") {
  const std::string raw = "5\r\nhello\r\n00A;ext=\"v;\"\r\n, world\r\n!\r\n0\r\n\r\n";
  const Decoded decoded = Decode(raw + "GET / HTTP/1.1\r\n");
  CHECK(decoded.done);
  CHECK(decoded.data == "hello, world\r\n!");
  CHECK(decoded.consumed == raw.size());
}

TEST_CASE("ChunkDecoder: consumes nothing behind the end") {
  ChunkDecoder decoder;
  REQUIRE(decoder.Next(AsBytes("0\r\n\r\n")));
  CHECK(decoder.done());
  const auto step = decoder.Next(AsBytes("more"));
  REQUIRE(step);
  CHECK(step->done);
  CHECK(step->consumed == 0);
}

TEST_CASE("ChunkDecoder: any fragmentation gives the same result (H4)") {
  const std::string raw =
      "1\r\n\r\r\n10;a=b\r\n0123456789abcdef\r\n000\r\nTrailer: x\r\nB:\r\n\r\nrest";
  const Decoded whole = Decode(raw);
  CHECK(whole.done);
  CHECK(whole.data == "\r0123456789abcdef");
  for (std::size_t piece = 1; piece < raw.size(); ++piece) {
    CAPTURE(piece);
    CHECK(Decode(raw, piece) == whole);
  }
}

TEST_CASE("ChunkDecoder: hands out views of the input, no copies") {
  const std::string raw = "5\r\nhello\r\n";
  ChunkDecoder decoder;
  const auto step = decoder.Next(AsBytes(raw));
  REQUIRE(step);
  CHECK(AsText(step->data).data() == raw.data() + 3);
  CHECK(step->consumed == 8);
}

TEST_CASE("ChunkDecoder: a body cut short is never done (H4)") {
  const std::string raw = "5\r\nhello\r\n0\r\nA: b\r\n\r\n";
  for (std::size_t length = 0; length < raw.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(Decode(raw.substr(0, length)).done);
  }
  CHECK(Decode(raw).done);
}

TEST_CASE("ChunkDecoder: refuses sizes that are not 1 to 16 hexadecimal digits (H4)") {
  for (const char* raw :
       {"\r\n", ";a\r\n", "-2\r\n", "+2\r\n", " 2\r\n", "2 \r\n", "2\t;a\r\n", "0x2\r\n", "2x\r\n",
        "g\r\n", "2,\r\n", "2_0\r\n", "\xC2\xB2\r\n", "00000000000000002\r\n",
        "fffffffffffffffff\r\n", "\"2\"\r\n", "2.0\r\n"}) {
    CAPTURE(raw);
    CHECK(RefusesChunks(raw));
  }
  CHECK_FALSE(RefusesChunks("ffffffffffffffff\r\nx"));
  CHECK(Decode("0000000000000002\r\nab\r\n0\r\n\r\n").done);
}

TEST_CASE("ChunkDecoder: refuses every line end but CRLF (H4)") {
  for (const char* raw : {"2\nab\r\n", "2\rab\r\n", "2\r\r\nab", "2\r\nab\n", "2\r\nab\r\r\n",
                          "2\r\nab\rx", "2\r\nabc\r\n", "2\r\nab0\r\n\r\n", "2;a\nab", "2;a\rab",
                          "0\n\n", "0\r\n\n", "0\r\n\rx", "0\r\nA: b\n\r\n", "0\r\nA: b\rx\r\n"}) {
    CAPTURE(raw);
    CHECK(RefusesChunks(raw));
  }
}

TEST_CASE("ChunkDecoder: extensions are bounded and hold no control characters (H4)") {
  const auto with = [](std::size_t length) {
    return "2;" + std::string(length, 'e') + "\r\nab\r\n0\r\n\r\n";
  };
  CHECK(Decode(with(253)).done);  // 255 bytes and CR
  CHECK(RefusesChunks(with(254)));
  CHECK(RefusesChunks("2;a\x01z\r\n"));
  CHECK(RefusesChunks(std::string_view("2;a\0z\r\n", 8)));
  CHECK(RefusesChunks("2;a\x7Fz\r\n"));
  CHECK(Decode("2;\ta=\"\xC3\xA9\"\r\nab\r\n0;z\r\n\r\n").done);
}

TEST_CASE("ChunkDecoder: the bound on extensions is per chunk, not for the whole body") {
  std::string raw;
  for (int i = 0; i < 100; ++i) raw += "1;" + std::string(200, 'e') + "\r\nx\r\n";
  CHECK(Decode(raw + "0\r\n\r\n").data.size() == 100);
}

TEST_CASE("ChunkDecoder: trailers are checked, bounded and dropped (H4)") {
  CHECK(Decode("0\r\nContent-Length: 5\r\nX:y\r\n\r\n").done);
  for (const char* raw : {"0\r\n folded\r\n\r\n", "0\r\nA : b\r\n\r\n", "0\r\nA\r\n\r\n",
                          "0\r\n: b\r\n\r\n", "0\r\nA: \x01\r\n\r\n", "0\r\nGET / HTTP/1.1\r\n"}) {
    CAPTURE(raw);
    CHECK(RefusesChunks(raw));
  }
  const auto with = [](std::size_t length) {
    return "0\r\nA:" + std::string(length, 'b') + "\r\n\r\n";
  };
  CHECK(Decode(with(4096 - 6)).done);
  CHECK(RefusesChunks(with(4096 - 5)));
  std::string many = "0\r\n";
  for (int i = 0; i < 2000; ++i) many += "A:\r\n";
  CHECK(RefusesChunks(many));
}

TEST_CASE("ChunkDecoder: stays refused after an error") {
  ChunkDecoder decoder;
  CHECK_FALSE(decoder.Next(AsBytes("x")));
  CHECK_FALSE(decoder.Next(AsBytes("0\r\n\r\n")));
  CHECK_FALSE(decoder.done());
}
