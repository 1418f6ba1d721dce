#include "redis/resp_codec.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "vcache/redis/resp_client.h"

using namespace vcache::redis;  // NOLINT: a test of this namespace
using Type = RespReply::Type;

namespace {

const ReplyLimits kLimits{.max_bytes = 1000, .max_elements = 10};

/// Feeds byte by byte, so that every reply is cut at every place.
vcache::Result<std::optional<RespReply>> DecodeSlowly(RespDecoder& decoder,
                                                      const std::string& bytes) {
  vcache::Result<std::optional<RespReply>> last = std::optional<RespReply>();
  for (const char byte : bytes) {
    REQUIRE(decoder.Feed({&byte, 1}));
    last = decoder.Next(kLimits);
    if (!last) return last;
  }
  return last;
}

std::string TextOf(const RespReply& reply) {
  std::string text =
      std::to_string(static_cast<int>(reply.type)) + reply.text + std::to_string(reply.integer);
  for (const RespReply& element : reply.elements) text += "," + TextOf(element);
  return text;
}

/// The replies until the end or the first error.
std::vector<std::string> Decoded(const std::string& bytes) {
  RespDecoder decoder;
  REQUIRE(decoder.Feed(bytes));
  std::vector<std::string> replies;
  while (decoder.has_rest()) {
    const auto reply = decoder.Next(kLimits);
    if (!reply || !reply->has_value()) break;
    replies.push_back(TextOf(**reply));
  }
  return replies;
}

}  // namespace

TEST_CASE("EncodeCommand: words are bytes with lengths (rule R1)") {
  const std::vector<std::string> words = {"SET", std::string("a\0b %s\r\n", 8), ""};
  CHECK(EncodeCommand(words) ==
        std::string("*3\r\n$3\r\nSET\r\n$8\r\na\0b %s\r\n\r\n$0\r\n\r\n", 33));
}

TEST_CASE("RespDecoder: every type of RESP2, cut at every byte (rule R2)") {
  RespDecoder decoder;
  CHECK(DecodeSlowly(decoder, "+OK\r\n")->value().is_status("OK"));
  CHECK(DecodeSlowly(decoder, ":-42\r\n")->value().integer == -42);
  CHECK(DecodeSlowly(decoder, "$-1\r\n")->value().nil());
  CHECK(DecodeSlowly(decoder, "$0\r\n\r\n")->value().text.empty());
  CHECK(DecodeSlowly(decoder, std::string("$4\r\n\r\n\0x\r\n", 10))->value().text.size() == 4);
  const auto error = DecodeSlowly(decoder, "-NOSCRIPT No matching script\r\n");
  CHECK(error->value().error_kind() == RespErrorKind::kNoScript);
  const auto array = DecodeSlowly(decoder, "*3\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n+b\r\n");
  REQUIRE(array->value().elements.size() == 3);
  CHECK(array->value().elements[0].text == "a");
  CHECK(array->value().elements[1].elements[0].integer == 1);
  CHECK(array->value().elements[1].elements[1].nil());
  CHECK(array->value().elements[2].type == Type::kStatus);
  CHECK(DecodeSlowly(decoder, "*0\r\n")->value().is_array());
  CHECK(DecodeSlowly(decoder, "*-1\r\n")->value().nil());
  CHECK_FALSE(decoder.has_rest());
}

TEST_CASE("RespDecoder: replies larger than what was asked for end the connection (rule R4)") {
  const std::string huge_line = "+" + std::string(70'000, 'x');
  const std::string huge_bulk = "$2000000000\r\n" + std::string(67'000, 'x');
  const std::string cases[] = {
      "*11\r\n",
      "*2147483647\r\n",
      "*1000000000000\r\n",
      "*4294967297\r\n",
      "$1001\r\n" + std::string(1001, 'x') + "\r\n",
      "*2\r\n$600\r\n" + std::string(600, 'x') + "\r\n$600\r\n" + std::string(600, 'x') + "\r\n",
      huge_line,
      huge_bulk,
      "$" + std::string(67'000, '1'),
      "$-2\r\n",
      "*-2\r\n",
  };
  for (const std::string& bytes : cases) {
    CAPTURE(bytes.substr(0, 40));
    RespDecoder decoder;
    REQUIRE(decoder.Feed(bytes));
    CHECK_FALSE(decoder.Next(kLimits));
  }
}

TEST_CASE("RespDecoder: what is not RESP2 ends the connection (rule R5)") {
  const std::string cases[] = {
      "HTTP/1.1 400 Bad Request\r\n\r\n",
      "%1\r\n+a\r\n+b\r\n",
      "_\r\n",
      ">2\r\n",
      "\r\n",
      ":x\r\n",
      std::string(1, '\0'),
      "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
  };
  for (const std::string& bytes : cases) {
    CAPTURE(bytes);
    RespDecoder decoder;
    REQUIRE(decoder.Feed(bytes));
    CHECK_FALSE(decoder.Next(kLimits));
  }
}

TEST_CASE("RespDecoder: a damaged byte never gives a command the reply of another") {
  const std::vector<std::string> replies = {"+OK\r\n",
                                            ":1234\r\n",
                                            "$-1\r\n",
                                            "-NOSCRIPT No matching script.\r\n",
                                            "+PONG\r\n",
                                            "$5\r\nhello\r\n",
                                            "*2\r\n$-1\r\n$4\r\nabcd\r\n",
                                            "$0\r\n\r\n",
                                            "+OK\r\n",
                                            "-ERR no\r\n",
                                            ":0\r\n",
                                            "$2\r\nhi\r\n"};
  std::string bytes;
  std::vector<std::size_t> ends;
  for (const std::string& reply : replies) ends.push_back((bytes += reply).size());
  const std::vector<std::string> whole = Decoded(bytes);
  REQUIRE(whole.size() == replies.size());
  // Framing cannot find out that a length became another one, or an array a line.
  const auto is_length = [](char c) { return c == '-' || (c >= '0' && c <= '9'); };
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const auto hit =
        static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), at) - ends.begin());
    for (int bits = 1; bits < 256; ++bits) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ bits);
      if ((is_length(bytes[at]) && is_length(damaged[at])) || bytes[at] == '*') continue;
      const std::vector<std::string> decoded = Decoded(damaged);
      for (std::size_t i = 0; i < decoded.size(); ++i) {
        if (i == hit || (i < whole.size() && decoded[i] == whole[i])) continue;
        CAPTURE(at);
        CAPTURE(bits);
        FAIL("reply " << i << " became " << decoded[i]);
      }
    }
  }
}

TEST_CASE("RespDecoder: an array that ends in the middle leaks nothing when it is dropped") {
  RespDecoder decoder;
  REQUIRE(decoder.Feed("*3\r\n$1\r\na\r\n*2\r\n:1\r\n"));
  CHECK_FALSE(decoder.Next(kLimits)->has_value());
  CHECK(decoder.has_rest());
}

TEST_CASE("ClassifyRespError: by first word, and by the words of hosted Redis (rule R6)") {
  using Kind = RespErrorKind;
  const struct {
    std::string message;
    Kind kind;
  } cases[] = {
      {"NOAUTH Authentication required.", Kind::kNoAuth},
      {"WRONGPASS invalid username-password pair or user is disabled.", Kind::kWrongPassword},
      {"ERR invalid password", Kind::kWrongPassword},
      {"NOPERM this user has no permissions to run the 'get' command", Kind::kNoPermission},
      {"LOADING Redis is loading the dataset in memory", Kind::kLoading},
      {"READONLY You can't write against a read only replica.", Kind::kReadOnly},
      {"MISCONF Redis is configured to save RDB snapshots", Kind::kReadOnly},
      {"OOM command not allowed when used memory > 'maxmemory'.", Kind::kFull},
      {"ERR DB capacity quota exceeded", Kind::kFull},
      {"BUSY Redis is busy running a script.", Kind::kBusy},
      {"MASTERDOWN Link with MASTER is down", Kind::kMasterDown},
      {"MOVED 3999 127.0.0.1:6381", Kind::kMoved},
      {"ASK 3999 127.0.0.1:6381", Kind::kAsk},
      {"CROSSSLOT Keys in request don't hash to the same slot", Kind::kCrossSlot},
      {"NOSCRIPT No matching script. Please use EVAL.", Kind::kNoScript},
      {"EXECABORT Transaction discarded because of previous errors.", Kind::kExecAborted},
      {"WRONGTYPE Operation against a key holding the wrong kind of value", Kind::kWrongType},
      {"ERR max requests limit exceeded. Limit: 500000, Usage: 500000. See", Kind::kQuotaSpent},
      {"ERR max daily request limit exceeded. Limit: 10000", Kind::kQuotaSpent},
      {"ERR max request size exceeded", Kind::kTooLarge},
      {"ERR max single record size exceeded", Kind::kTooLarge},
      {"ERR max key size exceeded", Kind::kTooLarge},
      {"ERR max concurrent connections exceeded", Kind::kTooManyConnections},
      {"ERR max number of clients reached", Kind::kTooManyConnections},
      {"ERR unknown command", Kind::kOther},
      {"LOADINGX", Kind::kOther},
      {"", Kind::kOther},
  };
  for (const auto& [message, kind] : cases) {
    CAPTURE(message);
    CHECK(ClassifyRespError(message) == kind);
  }
}

TEST_CASE("RespScript: is named by the SHA-1 of its text") {
  CHECK(RespScript("return 1").digest() == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}
