#include "api/intake/upload_reader.h"

#include <doctest/doctest.h>

#include <string>

#include "support/api_fixture.h"
#include "support/media_files.h"
#include "support/picture_files.h"

using namespace vcache;
using test::ApiFixture;
using test::Body;

namespace {

const std::string kJpeg = "\xFF\xD8\xFF\xE0 not really a picture, but it begins like one";

std::string Part(std::string_view disposition, std::string_view content) {
  return "--xyz\r\nContent-Disposition: form-data; " + std::string(disposition) + "\r\n\r\n" +
         std::string(content) + "\r\n";
}

http::Response SendUpload(std::string body, std::string type = "multipart/form-data; boundary=xyz",
                          std::uint64_t max_bytes = 1024, bool announce_length = true) {
  api::ApiOptions options;
  options.max_upload_bytes = max_bytes;
  ApiFixture bench(options);
  auto response = bench.Send({"POST",
                              "/api/analysis/file",
                              {{"Content-Type", std::move(type)}},
                              std::move(body),
                              announce_length});
  if (response.status != 200) CHECK(bench.vendor->calls == 0);
  return response;
}

}  // namespace

TEST_CASE("ReadUpload: a form needs exactly one field named file") {
  CHECK(SendUpload(Part("name=\"file\"; filename=\"a.jpg\"", kJpeg) + "--xyz--").status == 200);
  const auto none = SendUpload(Part("name=\"image\"; filename=\"a.jpg\"", kJpeg) + "--xyz--");
  CHECK(none.status == 400);
  CHECK(Body(none)["error"].get<std::string>().find("\"file\"") != std::string::npos);
  const auto two =
      SendUpload(Part("name=\"file\"", kJpeg) + Part("name=\"file\"", kJpeg) + "--xyz--");
  CHECK(two.status == 400);
  CHECK(Body(two)["error"].get<std::string>().find("two") != std::string::npos);
}

TEST_CASE("ReadUpload: fields and parameters that are not known are named, and nothing is paid") {
  const std::string file = Part("name=\"file\"", kJpeg);
  const std::string note = Part("name=\"dryRun\"", "true");
  for (const std::string& form : {note + file + "--xyz--", file + note + "--xyz--"}) {
    const auto answer = SendUpload(form);
    CHECK(answer.status == 400);
    CHECK(Body(answer)["error"].get<std::string>().find("\"dryRun\"") != std::string::npos);
  }
  ApiFixture bench;
  for (const char* target : {"/api/analysis/file?dryRun=true", "/api/analysis/file?dryRun"}) {
    const auto answer =
        bench.Send({"POST", target, {{"Content-Type", "image/jpeg"}}, std::string(kJpeg)});
    CHECK(answer.status == 400);
    CHECK(Body(answer)["error"].get<std::string>().find("\"dryRun\"") != std::string::npos);
  }
  CHECK(bench.vendor->calls == 0);
  CHECK(
      bench
          .Send(
              {"POST", "/api/analysis/file?", {{"Content-Type", "image/jpeg"}}, std::string(kJpeg)})
          .status == 200);
}

TEST_CASE("ReadUpload: an empty file and a truncated form are refused") {
  CHECK(SendUpload(Part("name=\"file\"; filename=\"a.jpg\"", "") + "--xyz--").status == 400);
  CHECK(SendUpload(Part("name=\"file\"; filename=\"a.jpg\"", kJpeg)).status == 400);
  CHECK(SendUpload("").status == 411);
}

TEST_CASE("ReadUpload: the content decides, not the name (S6)") {
  const auto text = SendUpload(
      Part("name=\"file\"; filename=\"a.jpg\"", "just a text file with a nice name") + "--xyz--");
  CHECK(text.status == 415);
  CHECK(Body(text)["code"] == "unsupported_media_type");
  CHECK(SendUpload("<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml").status == 415);
}

TEST_CASE("ReadUpload: what only the whole file tells is told before anything is paid (S6)") {
  const std::string data = test::Box("mdat", test::Zeros(300));
  const std::string movie =
      test::Box("moov", test::MvhdBox(1000, 5) + test::TrackBox("soun", 0, 0));
  const auto form = [](const std::string& content) {
    return SendUpload(Part("name=\"file\"; filename=\"a.mp4\"", content) + "--xyz--");
  };
  // The bench has seen no call when it is not 200.
  for (const auto& sound : {form(test::FtypBox("mp42") + data + movie),
                            SendUpload(test::FtypBox("mp42") + data + movie, "video/mp4")}) {
    CHECK(sound.status == 415);
    CHECK(Body(sound)["code"] == "unsupported_media_type");
    CHECK(Body(sound)["error"].get<std::string>().find("no video track") != std::string::npos);
  }
  const auto sequence = form(test::FtypOf({"msf1", "iso8", "hevc", "heic", "mif1"}) + data);
  CHECK(sequence.status == 200);
  CHECK(Body(sequence)["analysis"]["mediaType"] == "image/heic");
  const auto video =
      form(test::Box("skip", "") + data + test::MovieBox(test::TrackBox("vide", 8, 8)));
  CHECK(video.status == 200);
  CHECK(Body(video)["analysis"]["mediaType"] == "video/quicktime");
}

TEST_CASE("ReadUpload: what its first bytes rule out is refused before the rest has come (S6)") {
  const std::string text = "the ftypisom of a text " + std::string(300 * 1024, 'x');
  const auto refused = SendUpload(text, "video/mp4", 200 * 1024, false);
  CHECK(refused.status == 415);  // and not 413, which the rest would earn
}

TEST_CASE("ReadUpload: the size limit holds with and without an announced length") {
  const std::string large = kJpeg + std::string(2'000, 'x');
  for (const bool announce : {true, false}) {
    const auto raw = SendUpload(large, "image/jpeg", 1024, announce);
    CHECK(raw.status == 413);
    CHECK(Body(raw)["error"] == "The file is larger than the limit of 0 MB; send a smaller one.");
    CHECK(raw.log_reason.find("MAX_UPLOAD_MB") != std::string::npos);
    const auto form = SendUpload(Part("name=\"file\"", large) + "--xyz--",
                                 "multipart/form-data; boundary=xyz", 1024, announce);
    CHECK(form.status == 413);
  }
  CHECK(SendUpload(std::string(kJpeg).append(1024 - kJpeg.size(), 'x'), "image/jpeg").status ==
        200);
}

TEST_CASE("ReadUpload: other content types and missing boundaries are refused on the head") {
  CHECK(SendUpload("{}", "application/json").status == 415);
  CHECK(SendUpload(kJpeg, "").status == 415);
  CHECK(SendUpload(kJpeg, "multipart/form-data").status == 400);
}
