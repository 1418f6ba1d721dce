#include "api/job_answer.h"

#include <doctest/doctest.h>

#include "support/api_fixture.h"

using namespace vcache;
using api::JobEvent;
using api::JobId;
using api::KeyOfJob;
using api::PrefersAsync;

TEST_CASE("PrefersAsync: finds the preference among others (RFC 7240)") {
  const auto prefers = [](std::initializer_list<const char*> fields) {
    http::Headers headers;
    for (const char* const field : fields) headers.Add("Prefer", field);
    return PrefersAsync(headers);
  };
  CHECK(prefers({"respond-async"}));
  CHECK(prefers({"Respond-Async, wait=10"}));
  CHECK(prefers({"return=minimal , respond-async;x=y"}));
  CHECK(prefers({"handling=strict", "respond-async"}));
  CHECK(!prefers({}));
  CHECK(!prefers({""}));
  CHECK(!prefers({",,"}));
  CHECK(!prefers({"respond-asynchronously", "wait=respond-async"}));
}

TEST_CASE("KeyOfJob: takes what JobId makes, and nothing else") {
  const std::string digits(64, 'a');
  for (const std::string& id : {"analysis-" + digits, "text-" + digits}) {
    const auto key = KeyOfJob(id);
    REQUIRE(key);
    CHECK(JobId(*key) == id);
  }
  for (const std::string& id : {std::string(), std::string("-"), "image-" + digits, digits,
                                "analysis-" + digits + "a", "analysis:" + digits}) {
    CHECK(KeyOfJob(id).error().code == ErrorCode::kNotFound);
  }
}

TEST_CASE("JobEvent: is one event whose data is one line") {
  analysis::JobView view;
  view.stage = analysis::Stage::kSending;
  view.percent = 40;
  view.id = "ab-3";
  const auto key = KeyOfJob("text-" + std::string(64, 'a'));
  const test::FakeClock clock;
  const std::string event = JobEvent(*key, view, {}, clock);
  CHECK(event.starts_with("id: ab-3\nevent: progress\ndata: {"));
  CHECK(event.ends_with("}\n\n"));
  CHECK(event.find("\n", event.find("data: ")) == event.size() - 2);
  CHECK(event.find(R"("stage":"sending","percent":40)") != std::string::npos);
}
