#include "json/json.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace vcache;

namespace {
std::string Nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']');
}
}  // namespace

TEST_CASE("ParseJson: refuses nesting over the limit and a hostile hundred thousand (J1)") {
  CHECK(ParseJson(Nested(32)));
  CHECK_FALSE(ParseJson(Nested(33)));
  CHECK_FALSE(ParseJson(Nested(100'000)));
  CHECK_FALSE(ParseJson(std::string(100'000, '[')));
}

TEST_CASE("ParseJson: refuses more values and bytes than allowed (J1)") {
  JsonLimits limits;
  limits.max_values = 4;
  CHECK(ParseJson("[1,2,3]", limits));
  CHECK_FALSE(ParseJson("[1,2,3,4]", limits));
  limits.max_bytes = 3;
  CHECK_FALSE(ParseJson("[1,2]", limits));
}

TEST_CASE("ParseJson: an object of very many members is refused before it takes seconds (J1)") {
  const auto object = [](int members) {
    std::string text = "{";
    for (int i = 0; i < members; ++i) {
      text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":1";
    }
    return text + "}";
  };
  CHECK(ParseJson(object(2000)));
  const auto refused = ParseJson(object(90'000));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.starts_with("The JSON has objects of too many fields"));
  // The same work in many smaller objects.
  std::string list = "[" + object(1000);
  for (int i = 0; i < 50; ++i) list += "," + object(1000);
  CHECK_FALSE(ParseJson(list + "]"));
  CHECK(ParseJson("[" + object(100) + ",[" + object(100) + "]]"));
}

TEST_CASE("ParseJson: its message never quotes the input (J5)") {
  const auto parsed = ParseJson(R"({"password": hunter2})");
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == ErrorCode::kBadRequest);
  CHECK(parsed.error().message.find("hunter2") == std::string::npos);
}

TEST_CASE("ParseJson: says why a text is no JSON, and where, without quoting it (J5)") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"a":"\ud83d"})", "line 1, column 13: a high surrogate"},
      {R"({"a":"\ud83d\u0041"})", "column 18: a high surrogate"},
      {R"({"a":"\ude00"})", "column 12: a low surrogate"},
      {R"({"a":"\ud83d)", "column 13: a high surrogate"},
      {R"({"a":"\u12g4"})", "column 11: \\u is not followed by four"},
      {R"({"a":"\q"})", "column 8: a backslash"},
      {"{\"a\":\"b\nc\"}", "line 1, column 8: a control character"},
      {"{\"a\":\"b\tc\"}", "column 8: a control character"},
      {std::string("{\"a\":\"\0\"}", 9), "column 7: a control character"},
      {"{\"a\":\"\xC3\x28\"}", "column 8: a string is not valid UTF-8"},
      {"{\"a\":\"abc", "column 10: a string does not end"},
      {"{\"a\":-}", "column 7: a number lacks a digit"},
      {"{\"a\":1.}", "column 8: a number lacks a digit"},
      {"{\"a\":\n 1e999}", "a number is too large"},
      {"{\n\n\"a\": hunter2}", "line 3, column 6: this is no value"},
      {"", "line 1, column 1: the text ends too early"},
      {"{\"a\":1", "column 7: the text ends too early"},
      {"{\"a\":1}\n]", "line 2, column 1: something follows the value"},
      {"{\"a\" 1}", "column 6: another character is expected here"},
      {"{'a':1}", "column 2: this is no value"},
      {"[1,]", "column 4: another character is expected here"},
      {"\xEF\xBB{}", "the byte order mark is broken"},
      {R"({"; last read: surrogate U+D800":"\q"})", "a backslash"}};
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    const auto parsed = ParseJson(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::kBadRequest);
    CAPTURE(parsed.error().message);
    CHECK(parsed.error().message.find(expected) != std::string::npos);
    CHECK(parsed.error().message.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("ParseJson: says where a limit was reached (J1, J5)") {
  JsonLimits limits;
  limits.max_depth = 2;
  limits.max_values = 5;
  limits.refuse_duplicate_keys = true;
  const auto error = [&](std::string_view text) { return ParseJson(text, limits).error().message; };
  CHECK(error("{\"a\":1,\n \"a\":2}") == "The JSON names a field twice at line 2, column 4.");
  CHECK(error("[\n[[1]]]") == "The JSON is nested too deeply at line 2, column 2.");
  CHECK(error("[1,2,3,4,5]").find("has too many values at line 1, column 11") != std::string::npos);
}

TEST_CASE("ParseJson: refuses duplicate names where asked to (J5)") {
  JsonLimits strict;
  strict.refuse_duplicate_keys = true;
  CHECK(ParseJson(R"({"a":1,"a":2})"));
  CHECK_FALSE(ParseJson(R"({"a":1,"a":2})", strict));
  CHECK_FALSE(ParseJson(R"({"x":{"a":1,"b":[{"a":1}],"a":2}})", strict));
  CHECK(ParseJson(R"({"a":{"a":1},"b":{"a":1}})", strict));
}

TEST_CASE("DumpJson: bytes that are not UTF-8 do not throw (J2)") {
  CHECK(DumpJson(Json("a\xFFz")) == "\"a\xEF\xBF\xBDz\"");
}

TEST_CASE("checked conversions: wrong types and ranges are empty, never changed (J3, J4)") {
  const Json object =
      *ParseJson(R"({"i":-1,"big":18446744073709551615,"s":"1","n":null,"f":1.5,"b":true})");
  CHECK(AsInteger(Find(object, "i")) == -1);
  CHECK_FALSE(AsInteger(Find(object, "big")));
  CHECK_FALSE(AsInteger(Find(object, "f")));
  CHECK_FALSE(ParseJson("1e400"));  // no infinity gets in
  CHECK_FALSE(AsNumber(Find(object, "s")));
  CHECK_FALSE(AsNumber(Find(object, "n")));
  CHECK_FALSE(AsNumber(Find(object, "missing")));
  CHECK(AsNumber(Find(object, "f")) == 1.5);
  CHECK_FALSE(AsBool(Find(object, "i")));
  CHECK(AsBool(Find(object, "b")) == true);
  CHECK_FALSE(AsString(Find(object, "b")));
  CHECK(Find(Json(3), "x") == nullptr);
  CHECK(FindPath(object, {"s", "x"}) == nullptr);
}

TEST_CASE("AtPointer: the examples of RFC 6901, section 5") {
  const Json document = *ParseJson(
      R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8})");
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"/foo/0", "\"bar\""}, {"/", "0"},     {"/a~1b", "1"}, {"/c%d", "2"}, {"/e^f", "3"},
      {"/g|h", "4"},         {"/i\\j", "5"}, {"/k\"l", "6"}, {"/ ", "7"},   {"/m~0n", "8"}};
  for (const auto& [pointer, expected] : cases) {
    CAPTURE(pointer);
    const Json* found = AtPointer(document, pointer);
    REQUIRE(found != nullptr);
    CHECK(DumpJson(*found) == expected);
  }
  CHECK(AtPointer(document, "") == &document);
}

TEST_CASE("AtPointer: what leads nowhere is null, whatever it looks like") {
  const Json document = *ParseJson(R"({"a":[1,[2]],"s":"text","~1":9})");
  for (const char* pointer : {"a", "/a/2", "/a/-", "/a/01", "/a/+1", "/a/", "/a/1/0/0",
                              "/a/99999999999999999999", "/s/0", "/b", "/~", "/~2", "/a~", "//"}) {
    CAPTURE(pointer);
    CHECK(AtPointer(document, pointer) == nullptr);
  }
  CHECK(*AtPointer(document, "/~01") == 9);
  CHECK(*AtPointer(document, "/a/1/0") == 2);
}
