#include <doctest/doctest.h>

#include <string>

#include "unit/config/environments.h"
#include "vcache/config/settings.h"

using namespace vcache;
using namespace vcache::config;
using test::Having;

namespace {

/// A custom vendor that is right, with these variables changed; an empty value takes one away.
EnvFile CustomVendor(const EnvFile& changes) {
  EnvFile values = {{"CUSTOM_URL", "https://api.vendor.example/v1/detect?fast=1"},
                    {"CUSTOM_API_KEY", "hunter2"},
                    {"CUSTOM_HEADERS", "Authorization: Bearer {key} | X-Mode: strict"},
                    {"CUSTOM_KINDS", "image, text"},
                    {"CUSTOM_FILE_FIELD", "file"},
                    {"CUSTOM_BODY", R"({"text":"{text}"})"},
                    {"CUSTOM_SCORE_POINTER", "/result/0/score"},
                    {"CUSTOM_SCORE_MAX", "100"},
                    {"ACCESS", "open"}};
  for (const auto& [name, value] : changes) values[name] = value;
  return values;
}

std::string CustomComplaint(const EnvFile& changes) {
  const auto settings = LoadSettings(Having(CustomVendor(changes)));
  REQUIRE_FALSE(settings);
  CHECK(settings.error().message.find("hunter2") == std::string::npos);
  return settings.error().message;
}

}  // namespace

TEST_CASE("CUSTOM_*: every variable reaches its field") {
  const auto settings =
      LoadSettings(Having(CustomVendor({{"CUSTOM_METHOD", "PUT"},
                                        {"CUSTOM_FORM_FIELDS", "m = a=b | h={sha256}"},
                                        {"CUSTOM_SCORE_MAX", "12.5"},
                                        {"CUSTOM_SCORE_MEANS", "human"},
                                        {"CUSTOM_CONFIDENCE_POINTER", "/c"},
                                        {"CUSTOM_CONFIDENCE_MAX", "10"},
                                        {"CUSTOM_STATE_POINTER", "/state"},
                                        {"CUSTOM_STATE_DONE", "done,ok"},
                                        {"CUSTOM_STATE_FAILED", "failed"},
                                        {"CUSTOM_STATE_PENDING", "queued"},
                                        {"CUSTOM_ID_POINTER", "/id"},
                                        {"CUSTOM_POLL_URL", "http://[::1]:1/{id}"},
                                        {"CUSTOM_POLL_INTERVAL_MS", "10"},
                                        {"CUSTOM_FREE_STATUSES", "400, 429"},
                                        {"CUSTOM_TIMEOUT_MS", "5"},
                                        {"CUSTOM_COST_USD", "0.25"},
                                        {"CUSTOM_MAX_CONCURRENCY", "3"}})));
  REQUIRE(settings);
  const CustomSettings& custom = settings->detection.custom;
  const VendorSettings& vendor = settings->detection.vendors[VendorId::kCustom];
  CHECK(vendor.base_url == "https://api.vendor.example/v1/detect?fast=1");
  CHECK(custom.method == "PUT");
  CHECK(vendor.key.Reveal() == "hunter2");
  CHECK(custom.headers == Pairs{{"Authorization", "Bearer {key}"}, {"X-Mode", "strict"}});
  CHECK(custom.form_fields == Pairs{{"m", "a=b"}, {"h", "{sha256}"}});
  CHECK(custom.kinds == std::vector<std::string>{"image", "text"});
  CHECK(custom.score_max == 12.5);
  CHECK(custom.score_is_human);
  CHECK(custom.state_done == std::vector<std::string>{"done", "ok"});
  CHECK(custom.free_statuses == std::vector<int>{400, 429});
  CHECK(custom.poll_interval == std::chrono::milliseconds(10));
  CHECK(vendor.cost.micros() == 250'000);
  CHECK(vendor.max_concurrency == 3);
}

TEST_CASE("CUSTOM_*: each wrong value is one complaint that names its variable") {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"CUSTOM_URL", "http://api.vendor.example/"},
      {"CUSTOM_URL", "https://{key}.vendor.example/"},
      {"CUSTOM_URL", "https://a.example/{text}"},
      {"CUSTOM_URL", "https://me:pw@a.example/"},
      {"CUSTOM_METHOD", "GET"},
      {"CUSTOM_API_KEY", "two words"},
      {"CUSTOM_HEADERS", "no colon"},
      {"CUSTOM_HEADERS", "bad name: x"},
      {"CUSTOM_HEADERS", "A: b |"},
      {"CUSTOM_HEADERS", "A: b\r\nC: d"},
      {"CUSTOM_KINDS", "image,audio"},
      {"CUSTOM_FILE_FIELD", "a\"b"},
      {"CUSTOM_FORM_FIELDS", "novalue"},
      {"CUSTOM_BODY", "{\"text\":{text}}"},
      {"CUSTOM_BODY", "\"{text}\""},
      {"CUSTOM_SCORE_POINTER", "result/score"},
      {"CUSTOM_SCORE_POINTER", "/a~2"},
      {"CUSTOM_SCORE_MAX", "0"},
      {"CUSTOM_SCORE_MAX", "-1"},
      {"CUSTOM_SCORE_MAX", "inf"},
      {"CUSTOM_SCORE_MAX", "100%"},
      {"CUSTOM_SCORE_MEANS", "robot"},
      {"CUSTOM_POLL_URL", "https://{id}/x"},
      {"CUSTOM_POLL_INTERVAL_MS", "9"},
      {"CUSTOM_FREE_STATUSES", "200"},
      {"CUSTOM_FREE_STATUSES", "400,many"},
      {"CUSTOM_TIMEOUT_MS", "0"}};
  for (const auto& [name, value] : wrong) {
    CAPTURE(name);
    CAPTURE(value);
    const std::string complaint = CustomComplaint({{name, value}});
    CHECK(complaint.starts_with(name));
    CHECK(complaint.find('\n') == std::string::npos);
  }
}

TEST_CASE("CUSTOM_*: what does not fit together is said in a sentence") {
  const std::vector<std::pair<EnvFile, std::string>> cases = {
      {{{"CUSTOM_KINDS", ""}},
       "CUSTOM_KINDS is not set: CUSTOM_URL needs it (a comma list of image, video and text)."},
      {{{"CUSTOM_SCORE_POINTER", ""}},
       "CUSTOM_SCORE_POINTER is not set: CUSTOM_URL needs it (where the answer has the score, such "
       "as /result/score)."},
      {{{"CUSTOM_API_KEY", ""}},
       "CUSTOM_API_KEY is not set, but {key} stands in another CUSTOM_ variable."},
      {{{"CUSTOM_HEADERS", ""}},
       "CUSTOM_API_KEY is never sent: write {key} where it belongs, for instance "
       "CUSTOM_HEADERS=Authorization: Bearer {key}."},
      {{{"CUSTOM_BODY", ""}},
       "CUSTOM_BODY has no place for {text}, nor has CUSTOM_FORM_FIELDS, but CUSTOM_KINDS has "
       "text."},
      {{{"CUSTOM_BODY", R"(["{text}","{base64}"])"}, {"CUSTOM_FILE_FIELD", ""}},
       "CUSTOM_BODY has {text} and {base64}: a content is one or the other."},
      {{{"CUSTOM_BODY", R"(["{base64}"])"}, {"CUSTOM_KINDS", "image"}},
       "CUSTOM_BODY has {base64} and CUSTOM_FILE_FIELD is set: a file is sent once."},
      {{{"CUSTOM_BODY", "{}"}, {"CUSTOM_KINDS", "image"}},
       "CUSTOM_BODY has no place for the content: write {text} or {base64} into it."},
      {{{"CUSTOM_STATE_POINTER", "/s"}},
       "CUSTOM_STATE_DONE is not set: CUSTOM_STATE_POINTER needs it."},
      {{{"CUSTOM_STATE_DONE", "ok"}},
       "CUSTOM_STATE_POINTER is not set: the CUSTOM_STATE_ words need it."},
      {{{"CUSTOM_STATE_POINTER", "/s"}, {"CUSTOM_STATE_DONE", "ok"}, {"CUSTOM_STATE_FAILED", "ok"}},
       "CUSTOM_STATE_POINTER cannot mean two things by one word: a word stands in one of "
       "CUSTOM_STATE_DONE, CUSTOM_STATE_FAILED and CUSTOM_STATE_PENDING, once."},
      {{{"CUSTOM_ID_POINTER", "/id"}}, "CUSTOM_POLL_URL is not set, but CUSTOM_ID_POINTER is."},
      {{{"CUSTOM_URL", ""}},
       "CUSTOM_API_KEY is set, but CUSTOM_URL is not: there is no custom vendor without.\n"
       "CUSTOM_KINDS is set, but CUSTOM_URL is not: there is no custom vendor without.\n"
       "CUSTOM_SCORE_POINTER is set, but CUSTOM_URL is not: there is no custom vendor without."}};
  for (const auto& [changes, expected] : cases) {
    CHECK(CustomComplaint(changes) == expected);
  }
}

TEST_CASE("CUSTOM_*: a result that comes later needs an id or a URL, and states") {
  const EnvFile states = {{"CUSTOM_STATE_POINTER", "/s"},
                          {"CUSTOM_STATE_DONE", "ok"},
                          {"CUSTOM_STATE_PENDING", "wait"}};
  const auto with = [&](EnvFile more) {
    more.insert(states.begin(), states.end());
    return more;
  };
  CHECK(CustomComplaint(
            with({{"CUSTOM_POLL_URL", "https://a.example/jobs"}, {"CUSTOM_ID_POINTER", "/id"}})) ==
        "CUSTOM_POLL_URL has no {id}: every job would have the same result.");
  CHECK(CustomComplaint(with({{"CUSTOM_POLL_URL", "https://a.example/{id}"}})) ==
        "CUSTOM_ID_POINTER is not set: CUSTOM_POLL_URL needs it.");
  CHECK(CustomComplaint({{"CUSTOM_POLL_URL_POINTER", "/url"}}) ==
        "CUSTOM_STATE_POINTER is not set: without it nobody knows when a job is done.\n"
        "CUSTOM_STATE_PENDING is not set: a job that is under way says so by one of these.");
  CHECK(LoadSettings(Having(CustomVendor(with({{"CUSTOM_POLL_URL_POINTER", "/url"}})))));
}

TEST_CASE("CUSTOM_*: the vendor may be named in the lists once it has a URL") {
  CHECK(LoadSettings(Having(CustomVendor({{"DETECTORS_IMAGE", "custom"}}))));
  const auto missing = LoadSettings(Having({{"DETECTORS_VIDEO", "custom"}}));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.starts_with(
      "DETECTORS_VIDEO names custom, which needs CUSTOM_URL (or DETECTION_SANDBOX_URL"));
}
