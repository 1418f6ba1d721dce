#include "detection/wire/vendor_answer.h"

#include <doctest/doctest.h>

using namespace vcache;

namespace {

net::HttpResponse Status(int status) {
  net::HttpResponse response;
  response.status = status;
  return response;
}

void CheckError(const Error& error, ErrorCode code, Charge charge) {
  CHECK(CodeName(error.code) == CodeName(code));
  CHECK(ChargeName(error.charge) == ChargeName(charge));
  CHECK(error.message.starts_with("vendor: "));
}

}  // namespace

TEST_CASE("StatusError: what certainly cost nothing, what may have, and what may be tried again") {
  for (const int status : {402, 408, 409, 425, 429}) {
    CAPTURE(status);
    CheckError(detection::StatusError("vendor", Status(status)), ErrorCode::kVendorUnavailable,
               Charge::kNone);
  }
  for (const int status : {401, 403, 413, 415}) {
    CAPTURE(status);
    CheckError(detection::StatusError("vendor", Status(status)), ErrorCode::kVendorRefused,
               Charge::kNone);
  }
  for (const int status : {500, 502, 503, 599}) {
    CAPTURE(status);
    CheckError(detection::StatusError("vendor", Status(status)), ErrorCode::kVendorUnavailable,
               Charge::kUnknown);
  }
  for (const int status : {0, 200, 204, 302, 400, 404, 422}) {
    CAPTURE(status);
    CheckError(detection::StatusError("vendor", Status(status)), ErrorCode::kVendorInvalidAnswer,
               Charge::kUnknown);
  }
}

TEST_CASE("StatusError: what lies in the content is public, what lies in our account is not") {
  for (const int status : {413, 415}) {
    const Error error = detection::StatusError("vendor", Status(status));
    CHECK(PublicMessage(error) == error.message);
  }
  for (const int status : {401, 402, 403, 500}) {
    const Error error = detection::StatusError("vendor", Status(status));
    CHECK(PublicMessage(error).find("vendor: ") == std::string::npos);
  }
}

TEST_CASE("StatusError: an overload that says when to come back has cost nothing") {
  net::HttpResponse response = Status(503);
  response.retry_after = std::chrono::seconds(1);
  const Error error = detection::StatusError("vendor", response);
  CheckError(error, ErrorCode::kVendorUnavailable, Charge::kNone);
  CHECK(error.retry_after == std::chrono::seconds(1));
  response.status = 500;
  CheckError(detection::StatusError("vendor", response), ErrorCode::kVendorUnavailable,
             Charge::kUnknown);
}

TEST_CASE("StatusError: a spent balance waits long, unless the vendor says how long") {
  CHECK(detection::StatusError("vendor", Status(402)).retry_after == detection::kQuotaPause);
  net::HttpResponse response = Status(402);
  response.retry_after = std::chrono::seconds(5);
  CHECK(detection::StatusError("vendor", response).retry_after == std::chrono::seconds(5));
}

TEST_CASE("RequestError: a 4xx in the vendor's words is a refusal, and only then") {
  const std::optional<Json> words = Json{{"detail", "text too long"}};
  const Secret secret("hunter2");
  const Error refusal = detection::RequestError("vendor", Status(422), words, secret);
  CheckError(refusal, ErrorCode::kVendorRefused, Charge::kNone);
  CHECK(refusal.message == "vendor: The request was refused (\"text too long\").");
  CheckError(detection::RequestError("vendor", Status(500), words, secret),
             ErrorCode::kVendorUnavailable, Charge::kUnknown);
  CheckError(detection::RequestError("vendor", Status(429), words, secret),
             ErrorCode::kVendorUnavailable, Charge::kNone);
  CheckError(detection::RequestError("vendor", Status(302), words, secret),
             ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  const std::optional<Json> leak = Json{{"detail", "the key hunter2 is bad"}};
  CHECK(detection::RequestError("vendor", Status(400), leak, secret).message.find("hunter2") ==
        std::string::npos);
}

TEST_CASE("RequestError: finds the explanation in each customary place, and nothing else") {
  const auto error_of = [](const std::string& text) {
    net::HttpResponse response = Status(400);
    response.body = text;
    return detection::RequestError("v", response, detection::ObjectOf(response), Secret());
  };
  const std::vector<std::pair<std::string, std::string>> places = {
      {R"({"detail":"a"})", "a"},
      {R"({"detail":[{"loc":["body"],"msg":"b","input":"the user's text"}]})", "b"},
      {R"({"detail":[],"message":"c"})", "c"},
      {R"({"error":"d"})", "d"},
      {R"({"error":{"message":"e"}})", "e"},
      {R"({"msg":"f"})", "f"}};
  for (const auto& [body, words] : places) {
    CAPTURE(body);
    CHECK(error_of(body).message == "v: The request was refused (\"" + words + "\").");
  }
  for (const char* none : {"", "[]", "{}", R"({"detail":7})", R"({"error":{"code":7}})",
                           R"({"detail":["x"]})", R"({"message":null})"}) {
    CAPTURE(none);
    CHECK(error_of(none).code == ErrorCode::kVendorInvalidAnswer);
  }
}

TEST_CASE("Note: short harmless texts, numbers and truth values, and nothing else") {
  Json details = Json::object();
  const Json answer = ParseJson(R"({"id":"a\nb","n":7,"yes":true,"list":[1],"none":null,"long":")" +
                                std::string(10'000, 'x') + "\"}")
                          .value();
  for (const char* name : {"id", "n", "yes", "list", "none", "long", "missing"}) {
    detection::Note(details, name, Find(answer, name));
  }
  CHECK(details["id"] == "a\\x0ab");
  CHECK(details["n"] == 7);
  CHECK(details["yes"] == true);
  CHECK(AsString(Find(details, "long"))->size() < 100);
  CHECK(details.size() == 4);
}
