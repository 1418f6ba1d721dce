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
    options.worker_threads = 64;
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
    for (const VendorInfo& vendor : kVendors) {
      detection::VendorOptions options;
      options.endpoint = {url + std::string(vendor.sandbox_path), timeout, vendor.cost, true};
      options.api_key = Secret(key);
      options.account = "me@a.example";
      options.poll_interval = std::chrono::milliseconds(5);
      options.model = "gpt-x";
      options.login_url = options.endpoint.base_url;
      vendors[vendor.id] = detection::MakeVendor(vendor.id, options, {*http, pauses});
    }
    custom = detection::MakeCustom(CustomAt("/custom/detect", key, timeout), *http, pauses);
    custom_jobs = detection::MakeCustom(CustomJobs(key, timeout), *http, pauses);
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
    options.endpoint = {url + path, timeout, Usd::FromMicros(4'000), true};
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
  ByVendor<std::shared_ptr<detection::Detector>> vendors;  ///< Null: the custom one.
  std::shared_ptr<detection::Detector> custom;
  std::shared_ptr<detection::Detector> custom_jobs;
  std::shared_ptr<detection::Detector>& aiornot = vendors[VendorId::kAiOrNot];
  std::shared_ptr<detection::Detector>& copyleaks = vendors[VendorId::kCopyleaks];
  std::shared_ptr<detection::Detector>& hive = vendors[VendorId::kHive];
  std::shared_ptr<detection::Detector>& openai = vendors[VendorId::kOpenAi];
  std::shared_ptr<detection::Detector>& pangram = vendors[VendorId::kPangram];
  std::shared_ptr<detection::Detector>& sapling = vendors[VendorId::kSapling];
  std::shared_ptr<detection::Detector>& sightengine = vendors[VendorId::kSightengine];
  content::Spool file;
  /// Long enough for every vendor.
  std::string text = "A text of some length, with \"quotes\" and a line\nbreak, to be judged. " +
                     std::string(300, 'x');

 private:
  std::optional<http::Server> server_;  // uses what is above
};

}  // namespace vcache::test
