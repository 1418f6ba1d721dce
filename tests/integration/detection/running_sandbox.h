#pragma once

#include <doctest/doctest.h>

#include <csignal>
#include <memory>
#include <optional>
#include <string>

#include "support/detection_task.h"
#include "vcache/core/bytes.h"
#include "vcache/core/log.h"
#include "vcache/detection/vendors/custom_vendor.h"
#include "vcache/detection/vendors/vendors.h"
#include "vcache/http/server/server.h"
#include "vcache/net/http_client.h"
#include "vcache/sandbox/sandbox.h"

namespace vcache::test {

/// The sandbox behind the real server on a free port, and the vendors' adapters that call it
/// through the real HTTP client.
class RunningSandbox {
 public:
  RunningSandbox() {
    std::signal(SIGPIPE, SIG_IGN);  // rule T7
    net::InitHttpClients();
    http::ServerOptions options;
    options.host = "127.0.0.1";
    options.port = 0;
    server_.emplace(options, sandbox.MakeRouter(), http::ServerHooks{}, clock, NullLogger());
    const Result<void> started = server_->Start();
    REQUIRE(started);
    url = "http://127.0.0.1:" + std::to_string(server_->port());
    http = net::MakeCurlHttpClient({}, clock);
    Connect("key-of-the-test", std::chrono::seconds(10));
    REQUIRE(file.Append(AsBytes("bytes of a picture")));
  }
  ~RunningSandbox() {
    if (server_) server_->Stop(std::chrono::milliseconds(0));
  }
  RunningSandbox(const RunningSandbox&) = delete;
  RunningSandbox& operator=(const RunningSandbox&) = delete;

  void Connect(const std::string& key, std::chrono::milliseconds timeout) {
    const auto at = [&](const char* base, std::int64_t cost) {
      return detection::VendorEndpoint{url + base, timeout, cost, true};
    };
    copyleaks = detection::MakeCopyleaks(
        {at("/copyleaks", 10'000), url + "/copyleaks", "me@a.example", Secret(key)}, *http, clock);
    custom = detection::MakeCustom(CustomAt("/custom/detect", key, timeout), *http, pauses);
    custom_jobs = detection::MakeCustom(CustomJobs(key, timeout), *http, pauses);
    aiornot = detection::MakeAiOrNot({at("/aiornot", 10'000), Secret(key)}, *http);
    gptzero = detection::MakeGptZero({at("/gptzero/v2", 150'000), Secret(key)}, *http);
    hive = detection::MakeHive({at("/hive/api/v3", 10'000), Secret(key)}, *http);
    pangram = detection::MakePangram(
        {at("/pangram", 50'000), Secret(key), std::chrono::milliseconds(5)}, *http, pauses);
    detection::RealityDefenderOptions defender{at("/realitydefender", 50'000), Secret(key)};
    defender.interval = std::chrono::milliseconds(5);
    reality_defender = detection::MakeRealityDefender(defender, *http, pauses);
    detection::SightengineOptions frames{at("/sightengine/1.0", 10'000), "user", Secret(key)};
    frames.interval = std::chrono::milliseconds(5);
    sightengine = detection::MakeSightengine(frames, *http, pauses);
    sapling = detection::MakeSapling({at("/sapling", 5'000), Secret(key)}, *http);
    openai = detection::MakeOpenAi({at("/openai/v1", 1'000), Secret(key), "gpt-x"}, *http);
  }

  void Behave(sandbox::Mode mode) {
    sandbox::Behaviour behaviour;
    behaviour.mode = mode;
    sandbox.Behave(behaviour);
  }

  /// The vendor that does not exist, as the README configures it.
  detection::CustomOptions CustomAt(const std::string& path, const std::string& key,
                                    std::chrono::milliseconds timeout) const {
    using detection::MediaKind;
    detection::CustomOptions options;
    options.endpoint = {url + path, timeout, 4'000, true};
    options.api_key = Secret(key);
    options.headers = {{"Authorization", "Bearer {key}"}};
    options.kinds = {MediaKind::kImage, MediaKind::kVideo, MediaKind::kText};
    options.file_field = "file";
    options.body = R"({"text":"{text}"})";
    options.score = {"/result/probability", 100};
    options.confidence = {"/result/confidence", 1};
    options.free_statuses = {401, 403, 422, 429};
    return options;
  }
  detection::CustomOptions CustomJobs(const std::string& key,
                                      std::chrono::milliseconds timeout) const {
    detection::CustomOptions options = CustomAt("/custom/jobs", key, timeout);
    options.state = {"/job/state", {"done"}, {"failed"}, {"queued", "running"}};
    options.polling = {url + "/custom/jobs/{id}", "", "/job/id", std::chrono::milliseconds(5)};
    return options;
  }

  detection::DetectionTask Task(detection::MediaKind kind) const {
    return MakeTask(kind, text, file);
  }

  SystemClock clock;
  sandbox::Sandbox sandbox{clock};
  std::string url;
  std::unique_ptr<net::HttpClient> http;
  detection::InterruptibleTimer pauses{clock};
  std::shared_ptr<detection::Detector> copyleaks;
  std::shared_ptr<detection::Detector> aiornot;
  std::shared_ptr<detection::Detector> gptzero;
  std::shared_ptr<detection::Detector> hive;
  std::shared_ptr<detection::Detector> pangram;
  std::shared_ptr<detection::Detector> custom;
  std::shared_ptr<detection::Detector> custom_jobs;
  std::shared_ptr<detection::Detector> reality_defender;
  std::shared_ptr<detection::Detector> sightengine;
  std::shared_ptr<detection::Detector> sapling;
  std::shared_ptr<detection::Detector> openai;
  content::Spool file;
  /// Long enough for every vendor.
  std::string text = "A text of some length, with \"quotes\" and a line\nbreak, to be judged. " +
                     std::string(300, 'x');

 private:
  std::optional<http::Server> server_;  // uses what is above
};

}  // namespace vcache::test
