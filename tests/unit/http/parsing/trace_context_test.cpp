#include "vcache/http/parsing/trace_context.h"

#include <doctest/doctest.h>

#include <string>

using namespace vcache;

namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kParent = "00-" + kTrace + "-00f067aa0ba902b7-01";

std::string ReadParent(const std::string& value) {
  http::Headers headers;
  headers.Add("Traceparent", value);
  return std::string(http::TraceParentOf(headers));
}

}  // namespace

TEST_CASE("TraceParentOf: takes what the specification allows") {
  CHECK(ReadParent(kParent) == kParent);
  CHECK(http::TraceIdOf(kParent) == kTrace);
  const std::string later = "01" + kParent.substr(2);
  CHECK(ReadParent(later) == later);
  CHECK(ReadParent(later + "-more") == later + "-more");
  CHECK(http::TraceIdOf("").empty());
}

TEST_CASE("TraceParentOf: anything else is no trace") {
  const std::string zeros(32, '0');
  for (const std::string& wrong :
       {std::string(), std::string("00"), kParent.substr(0, 54), kParent + "-more", kParent + "0",
        "ff" + kParent.substr(2), "0x" + kParent.substr(2), "01" + kParent.substr(2) + "more",
        "00-" + zeros + kParent.substr(35), kParent.substr(0, 36) + zeros.substr(16) + "-01",
        "00_" + kParent.substr(3), kParent.substr(0, 35) + "_" + kParent.substr(36),
        "00-4BF92F3577B34DA6A3CE929D0E0E4736" + kParent.substr(35), kParent.substr(0, 53) + "0g",
        "01" + kParent.substr(2) + "-a b",
        "01" + kParent.substr(2) + "-" + std::string(512, 'a')}) {
    CAPTURE(wrong);
    CHECK(ReadParent(wrong).empty());
  }
  http::Headers twice;
  twice.Add("traceparent", kParent);
  twice.Add("traceparent", kParent);
  CHECK(http::TraceParentOf(twice).empty());
}
