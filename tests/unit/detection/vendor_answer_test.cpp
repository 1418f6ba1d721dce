#include "detection/vendor_answer.h"

#include <doctest/doctest.h>

using namespace vcache;

namespace {

net::HttpResponse Answer(int status) {
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
    CheckError(detection::StatusError("vendor", Answer(status)), ErrorCode::kVendorUnavailable,
               Charge::kNone);
  }
  for (const int status : {401, 403, 413, 415}) {
    CAPTURE(status);
    CheckError(detection::StatusError("vendor", Answer(status)), ErrorCode::kVendorRefused,
               Charge::kNone);
  }
  for (const int status : {500, 502, 503, 599}) {
    CAPTURE(status);
    CheckError(detection::StatusError("vendor", Answer(status)), ErrorCode::kVendorUnavailable,
               Charge::kUnknown);
  }
  for (const int status : {0, 200, 204, 302, 400, 404, 422}) {
    CAPTURE(status);
    CheckError(detection::StatusError("vendor", Answer(status)), ErrorCode::kVendorInvalidAnswer,
               Charge::kUnknown);
  }
}

TEST_CASE("StatusError: a spent balance waits long, unless the vendor says how long") {
  CHECK(detection::StatusError("vendor", Answer(402)).retry_after == detection::kQuotaPause);
  net::HttpResponse response = Answer(402);
  response.retry_after = std::chrono::seconds(5);
  CHECK(detection::StatusError("vendor", response).retry_after == std::chrono::seconds(5));
}

TEST_CASE("RequestError: a 4xx in the vendor's words is a refusal, and only then") {
  const Json words = "text too long";
  const Secret secret("hunter2");
  const Error refusal = detection::RequestError("vendor", Answer(422), &words, secret);
  CheckError(refusal, ErrorCode::kVendorRefused, Charge::kNone);
  CHECK(refusal.message.find("text too long") != std::string::npos);
  CheckError(detection::RequestError("vendor", Answer(500), &words, secret),
             ErrorCode::kVendorUnavailable, Charge::kUnknown);
  CheckError(detection::RequestError("vendor", Answer(429), &words, secret),
             ErrorCode::kVendorUnavailable, Charge::kNone);
  CheckError(detection::RequestError("vendor", Answer(302), &words, secret),
             ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  const Json number = 7;
  for (const Json* none : {static_cast<const Json*>(nullptr), &number}) {
    CheckError(detection::RequestError("vendor", Answer(422), none, secret),
               ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
  const Json leak = "the key hunter2 is bad";
  CHECK(detection::RequestError("vendor", Answer(400), &leak, secret).message.find("hunter2") ==
        std::string::npos);
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
