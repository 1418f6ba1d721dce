#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/api_fixture.h"
#include "support/media_files.h"

using namespace vcache;
using test::ApiFixture;
using test::Body;

namespace {

using BatchPart = std::pair<std::string, std::string>;

std::string Picture(const std::string& seed) {
  return "\xFF\xD8\xFF\xE0 not really a picture, but it begins like one: " + seed;
}

test::Call BatchOf(const std::vector<BatchPart>& parts, const char* path = "/api/analysis/batch") {
  std::string form;
  for (const auto& [name, content] : parts) {
    form += "--xyz\r\nContent-Disposition: form-data; name=\"" + name + "\"";
    if (name.starts_with("file")) form += "; filename=\"a.jpg\"";
    form += "\r\n\r\n" + content + "\r\n";
  }
  return {"POST", path, {{"Content-Type", "multipart/form-data; boundary=xyz"}}, form + "--xyz--"};
}

Json SentBatch(ApiFixture& bench, const std::vector<BatchPart>& parts) {
  const auto answer = bench.Send(BatchOf(parts));
  CHECK(answer.status == 200);
  return Body(answer);
}

}  // namespace

TEST_CASE("POST /api/analysis/batch: each file's outcome, in their order") {
  ApiFixture bench;
  for (const char* path : {"/api/analysis/batch", "/api/upload/advanced"}) {
    const auto answer = bench.Send(BatchOf(
        {{"files", Picture("1")}, {"file", Picture("2")}, {"files", test::Mp4(5'000)}}, path));
    CHECK(answer.status == 200);
    const Json body = Body(answer);
    CHECK(body["success"] == true);
    CHECK(body["total"] == 3);
    CHECK(body["succeeded"] == 3);
    CHECK(body["failed"] == 0);
    REQUIRE(body["results"].size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(body["results"][i]["index"] == i);
      CHECK(body["results"][i]["success"] == true);
      CHECK(body["results"][i]["fileName"] == "a.jpg");
      CHECK(body["results"][i]["analysis"]["aiScore"] == 80);
    }
    CHECK(body["results"][2]["analysis"]["type"] == "VIDEO");
  }
  CHECK(bench.vendor->calls == 3);
}

TEST_CASE("POST /api/analysis/batch: identical files are paid for once") {
  ApiFixture bench;
  const Json body =
      SentBatch(bench, {{"files", Picture("1")}, {"files", Picture("1")}, {"files", Picture("1")}});
  CHECK(body["succeeded"] == 3);
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE("POST /api/analysis/batch: a file that cannot be analysed does not end the batch") {
  ApiFixture bench;
  const Json body = SentBatch(bench, {{"files", Picture("1")},
                                      {"files", ""},
                                      {"files", std::string(5'000, 'x')},
                                      {"files", Picture("2")}});
  CHECK(body["succeeded"] == 2);
  CHECK(body["failed"] == 2);
  CHECK(body["results"][1]["success"] == false);
  CHECK(body["results"][1]["code"] == "bad_request");
  CHECK(body["results"][2]["code"] == "unsupported_media_type");
  CHECK(body["results"][3]["success"] == true);
  CHECK(bench.vendor->calls == 2);
}

TEST_CASE("POST /api/analysis/batch: a vendor or a store that fails halfway costs only its files") {
  ApiFixture bench;
  bench.vendor->answer = [&](const detection::DetectionTask& task) -> Result<detection::Detection> {
    if (task.file->size() == Picture("bad one").size()) {
      return Error{ErrorCode::kVendorUnavailable, "down", Charge::kNone, std::chrono::seconds(7)};
    }
    bench.faulty.refuse_keep = true;
    return bench.vendor->Verdict(33);
  };
  const Json body = SentBatch(
      bench, {{"files", Picture("1")}, {"files", Picture("bad one")}, {"files", Picture("22")}});
  CHECK(body["results"][0]["analysis"]["aiScore"] == 33);
  CHECK(body["results"][1]["code"] == "vendor_unavailable");
  CHECK(body["results"][1]["retryAfterSeconds"] == 7);
  CHECK(body["results"][2]["analysis"]["aiScore"] == 33);
  const int paid = bench.vendor->calls;
  // What was paid for is still there, and the rest is tried anew.
  const Json again = SentBatch(bench, {{"files", Picture("1")}, {"files", Picture("22")}});
  CHECK(again["results"][0]["cache"]["status"] == "HIT");
  CHECK(bench.vendor->calls == paid);
}

TEST_CASE("POST /api/analysis/batch: type and maxAttempts are checked") {
  ApiFixture bench;
  const Json body = SentBatch(bench, {{"type", "Image"},
                                      {"files", Picture("1")},
                                      {"maxAttempts", "3"},
                                      {"files", test::Mp4(5'000)}});
  CHECK(body["results"][0]["success"] == true);
  CHECK(body["results"][1]["code"] == "unsupported_media_type");
  CHECK(bench.vendor->calls == 1);
  for (const BatchPart& field : std::vector<BatchPart>{{"type", "text"},
                                                       {"type", ""},
                                                       {"maxAttempts", "0"},
                                                       {"maxAttempts", "11"},
                                                       {"maxAttempts", "x"},
                                                       {"maxAttempts", ""},
                                                       {"type", std::string(100, 'x')},
                                                       {"dryRun", "true"}}) {
    CAPTURE(field.first);
    CAPTURE(field.second);
    CHECK(bench.Send(BatchOf({{"files", Picture("2")}, field})).status == 400);
  }
  CHECK(
      bench.Send(BatchOf({{"files", Picture("2")}, {"type", "image"}, {"type", "image"}})).status ==
      400);
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE(
    "POST /api/analysis/batch: twenty files, one limit for all, and nothing of what is over") {
  api::ApiOptions options;
  options.max_upload_bytes = 40'000;
  ApiFixture bench(options);
  std::vector<BatchPart> parts(20, BatchPart("files", Picture("1")));
  CHECK(bench.Send(BatchOf(parts)).status == 200);
  CHECK(bench.vendor->calls == 1);
  parts.emplace_back("file", Picture("2"));
  CHECK(bench.Send(BatchOf(parts)).status == 400);
  const std::string large = Picture(std::string(15'000, 'x'));
  CHECK(bench.Send(BatchOf({{"files", large}, {"files", large}})).status == 200);
  CHECK(bench.Send(BatchOf({{"files", large}, {"files", large}, {"files", large}})).status == 413);
  CHECK(bench.Send(BatchOf({})).status == 400);
  CHECK(bench.Send({"POST", "/api/analysis/batch", {{"Content-Type", "image/jpeg"}}, "x"}).status ==
        415);
  CHECK(bench.vendor->calls == 2);
}

TEST_CASE("POST /api/analysis/batch: only-if-cached holds for each file") {
  ApiFixture bench;
  REQUIRE(SentBatch(bench, {{"files", Picture("1")}})["succeeded"] == 1);
  auto call = BatchOf({{"files", Picture("2")}, {"files", ""}, {"files", Picture("1")}});
  call.headers.emplace_back("Cache-Control", "only-if-cached");
  const Json body = Body(bench.Send(call));
  CHECK(body["results"][0]["code"] == "only_if_cached");
  CHECK(body["results"][1]["code"] == "bad_request");
  CHECK(body["results"][2]["cache"]["status"] == "HIT");
  CHECK(bench.vendor->calls == 1);
}
