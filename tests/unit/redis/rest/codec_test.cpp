#include "redis/rest/codec.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

using namespace vcache;
using namespace vcache::redis;
using Type = RespReply::Type;

namespace {

constexpr ReplyLimits kRoom{.max_bytes = 1'000, .max_elements = 10};

net::HttpResponse Answered(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

RestAnswer ReadOne(std::string body, int status = 200, ReplyLimits limits = kRoom) {
  return ReadRestAnswer(Answered(status, std::move(body)), {&limits, 1}, false);
}

RespReply Reply(const std::string& result, ReplyLimits limits = kRoom) {
  const RestAnswer answer = ReadOne(R"({"result":)" + result + "}", 200, limits);
  CAPTURE(result);
  REQUIRE_FALSE(answer.trouble);
  REQUIRE(answer.replies.size() == 1);
  return answer.replies.front();
}

void CheckTrouble(const RestAnswer& answer, RespState state, const std::string& part) {
  REQUIRE(answer.trouble);
  CHECK(RespStateName(answer.trouble->state) == RespStateName(state));
  CAPTURE(answer.trouble->reason);
  CHECK(answer.trouble->reason.find(part) != std::string::npos);
  CHECK(answer.replies.empty());
}

}  // namespace

TEST_CASE("EncodeRestCommand: any text, every character of it; other bytes not at all") {
  const std::array<std::string, 4> words = {"SET", std::string("k\0\"\\\n", 5), "\xC3\xA9", ""};
  CHECK(EncodeRestCommand(words) == "[\"SET\",\"k\\u0000\\\"\\\\\\n\",\"\xC3\xA9\",\"\"]");
  const std::array<std::string, 2> frame = {"SET", "\x28\xB5\x2F\xFD"};
  CHECK_FALSE(EncodeRestCommand(frame));
}

TEST_CASE("ReadRestAnswer: every kind of result") {
  CHECK(Reply("null").nil());
  CHECK(Reply("\"OK\"").is_status("OK"));
  CHECK(Reply("\"\"").type == Type::kString);
  CHECK(Reply("\"Zm8=\"").text == "fo");
  CHECK(Reply("-7").integer == -7);
  CHECK(Reply("9223372036854775807").integer == INT64_MAX);
  const RespReply page = Reply(R"(["MA==",["a2V5",null,3]])");
  REQUIRE(page.is_array());
  CHECK(page.elements[0].text == "0");
  CHECK(page.elements[1].elements[0].text == "key");
  CHECK(page.elements[1].elements[1].nil());
  CHECK(page.elements[1].elements[2].integer == 3);
}

TEST_CASE("ReadRestAnswer: an error is a reply, with status 200 in a pipeline and 400 alone") {
  const std::string error = R"({"error":"NOSCRIPT No matching script. Please use EVAL."})";
  const RestAnswer alone = ReadOne(error, 400);
  REQUIRE_FALSE(alone.trouble);
  CHECK(alone.replies.front().error_kind() == RespErrorKind::kNoScript);
  const std::array<ReplyLimits, 3> limits = {kRoom, kRoom, kRoom};
  const RestAnswer three = ReadRestAnswer(
      Answered(200, R"([{"result":"OK"},)" + error + R"(,{"result":2}])"), limits, true);
  REQUIRE_FALSE(three.trouble);
  CHECK(three.replies[0].is_status("OK"));
  CHECK(three.replies[1].is_error());
  CHECK(three.replies[2].integer == 2);
}

TEST_CASE("ReadRestAnswer: an error against a whole pipeline goes to each of its commands") {
  const std::array<ReplyLimits, 2> limits = {kRoom, kRoom};
  const RestAnswer answer = ReadRestAnswer(
      Answered(400, R"({"error":"ERR max request size exceeded. Limit: 1"})"), limits, true);
  REQUIRE(answer.replies.size() == 2);
  for (const RespReply& reply : answer.replies) {
    CHECK(reply.error_kind() == RespErrorKind::kTooLarge);
  }
}

TEST_CASE("ReadRestAnswer: what Redis says counts before the status around it (rule R6)") {
  const std::string quota = R"({"error":"ERR max requests limit exceeded. Limit: 500000"})";
  for (const int status : {200, 400, 403, 429, 500}) {
    const RestAnswer answer = ReadOne(quota, status);
    REQUIRE_FALSE(answer.trouble);
    CHECK(TroubleBehind(answer.replies.front())->state == RespState::kPaused);
  }
  const RestAnswer wrong = ReadOne(R"({"error":"WRONGPASS invalid or missing auth token"})", 401);
  CHECK(TroubleBehind(wrong.replies.front())->state == RespState::kRefused);
  const RestAnswer full = ReadOne(R"({"error":"ERR DB capacity quota exceeded"})", 400);
  CHECK_FALSE(TroubleBehind(full.replies.front()));
}

TEST_CASE("ReadRestAnswer: statuses without a word of Redis") {
  CheckTrouble(ReadOne("Unauthorized", 401), RespState::kRefused, "token");
  CheckTrouble(ReadOne(R"({"error":"Unauthorized"})", 401), RespState::kRefused, "token");
  CheckTrouble(ReadOne("", 405), RespState::kRefused, "405");
  CheckTrouble(ReadOne("<html>", 404), RespState::kRefused, "URL");
  CheckTrouble(ReadOne("", 302), RespState::kRefused, "302");
  CheckTrouble(ReadOne("{}", 500), RespState::kConnecting, "500");
  CheckTrouble(ReadOne("", 503), RespState::kConnecting, "503");
  net::HttpResponse limited = Answered(429, "slow down");
  CHECK(ReadRestAnswer(limited, {&kRoom, 1}, false).trouble->pause == std::chrono::seconds(5));
  limited.retry_after = std::chrono::seconds(17);
  const RestAnswer answer = ReadRestAnswer(limited, {&kRoom, 1}, false);
  CheckTrouble(answer, RespState::kPaused, "429");
  CHECK(answer.trouble->pause == std::chrono::seconds(17));
}

TEST_CASE("ReadRestAnswer: what does not look like an answer is trouble, never a reply") {
  for (const char* body :
       {"", "null", "[]", "\"OK\"", "{}", R"({"result":1.5})", R"({"result":true})",
        R"({"result":{"a":1}})", R"({"result":"not base64!"})", R"({"result":["OK!"]})",
        R"({"result":18446744073709551615})", R"({"result":1)", R"([{"result":1}])",
        R"({"error":5})"}) {
    CAPTURE(body);
    CheckTrouble(ReadOne(body), RespState::kConnecting, "does not answer like");
  }
  const std::array<ReplyLimits, 2> limits = {kRoom, kRoom};
  for (const char* body : {R"([{"result":1}])", R"([{"result":1},{"result":2},{"result":3}])",
                           R"({"result":[1,2]})", R"([{"result":1},{}])"}) {
    CheckTrouble(ReadRestAnswer(Answered(200, body), limits, true), RespState::kConnecting,
                 "does not answer like");
  }
}

TEST_CASE("ReadRestAnswer: bounded in bytes, elements and depth (rules J1 and R4)") {
  CHECK(Reply("\"Zm9v\"", {.max_bytes = 3, .max_elements = 0}).text == "foo");
  const auto read = [](const std::string& result, ReplyLimits limits) {
    return ReadOne(R"({"result":)" + result + "}", 200, limits).trouble.has_value();
  };
  CHECK(read("\"Zm9v\"", {.max_bytes = 2, .max_elements = 0}));
  CHECK(read(R"(["Zm9v","Zm9v"])", {.max_bytes = 5, .max_elements = 2}));
  CHECK(read("[1,2,3]", {.max_bytes = 100, .max_elements = 2}));
  CHECK(read("[]", {.max_bytes = 100, .max_elements = 2}) == false);
  CHECK(read(std::string(12, '[') + std::string(12, ']'), kRoom));
  CHECK(read(std::string(200'000, '['), {.max_bytes = 1'000'000, .max_elements = 1'000'000}));
  CHECK(ReadOne(std::string(20'000, ' ')).trouble);
  CHECK(MostAnswerBytes({&kRoom, 1}) >= 1'000 / 3 * 4 + 10 * 6);
  const std::vector<ReplyLimits> greedy(100, {.max_bytes = SIZE_MAX / 2, .max_elements = 1});
  CHECK(MostAnswerBytes(greedy) <= 96U * 1024 * 1024);
}

TEST_CASE("TroubleWithPong: only a server that heeds the encoding is let in") {
  CHECK_FALSE(TroubleWithPong(Answered(200, R"({"result":"UE9ORw=="})")));
  CHECK_FALSE(TroubleWithPong(Answered(400, R"({"error":"NOPERM no PING"})")));
  const auto state = [](int status, const char* body) {
    const auto trouble = TroubleWithPong(Answered(status, body));
    REQUIRE(trouble);
    return RespStateName(trouble->state);
  };
  CHECK(state(200, R"({"result":"PONG"})") == "connecting");  // base64 by accident
  CHECK(state(200, R"({"result":"OK"})") == "connecting");
  CHECK(state(200, "pong") == "connecting");
  CHECK(state(400, R"({"error":"ERR unknown"})") == "connecting");
  CHECK(state(400, R"({"error":"LOADING Redis is loading"})") == "silent");
  CHECK(state(401, R"({"error":"Unauthorized"})") == "refused");
  CHECK(state(429, R"({"error":"ERR max daily request limit exceeded."})") == "paused");
}
