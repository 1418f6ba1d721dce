#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "json/json.h"
#include "support/fake_clock.h"
#include "support/faulty_store.h"
#include "support/gated_detector.h"
#include "support/recording_logger.h"
#include "vcache/analysis/observer_list.h"
#include "vcache/api/api.h"
#include "vcache/cache/memory/memory_budget.h"
#include "vcache/core/bytes.h"

namespace vcache::test {

/// What a test sends, without a socket.
struct Call {
  std::string method = "GET";
  std::string target = "/";
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  bool announce_length = true;
  std::string client = "192.0.2.7";
};

/// Every route of the service on stores in memory and a vendor that a test commands.
class ApiFixture {
 public:
  /// `backing` says what the store behind is called; its `store` is the bench's matter.
  explicit ApiFixture(api::ApiOptions options = {}, bool with_vendor = true,
                      api::BackingStore backing = {}, analysis::BudgetOptions limits = {},
                      cache::KeySpace keys = cache::KeySpace())
      : behind({.max_ttl = std::chrono::seconds(0), .keys = keys}, clock),
        panel_(Members(with_vendor), Members(with_vendor), Members(with_vendor), clock),
        memory_({.keys = std::move(keys)}, clock),
        statistics_(nullptr, clock, logger),
        budget_(sums_, clock, logger, std::move(limits)),
        observers_({&statistics_, &exporter_}),
        analysis_(tiers_, panel_, observers_, clock, {}),
        hooks_(api::MakeHooks(options, logger, &exporter_)),
        router_(api::MakeRouter(
            std::move(options),
            {analysis_, tiers_, &memory_, Backed(std::move(backing)), statistics_, panel_, clock,
             logger, &budget_, &exporter_, nullptr, nullptr, &alerts})) {}

  /// The answer of the handler that the router finds; 404 and 405 as bare statuses.
  http::Response Send(const Call& call) {
    http::Request request;
    request.info.id = "test-request";
    request.info.method = call.method;
    request.info.path = call.target.substr(0, call.target.find('?'));
    request.info.peer = "192.0.2.7";
    request.info.client = call.client;
    request.info.client_group = call.client;
    if (const auto mark = call.target.find('?'); mark != std::string::npos) {
      request.info.query = call.target.substr(mark + 1);
    }
    for (const auto& [name, value] : call.headers) request.info.headers.Add(name, value);
    request.has_body = !call.body.empty();
    if (request.has_body && call.announce_length) request.content_length = call.body.size();
    const auto found = router_.Find(call.method, request.info.path);
    if (const auto* none = std::get_if<http::Router::NoMatch>(&found)) {
      http::Response response;
      response.status = http::StatusOf(none->code);
      return response;
    }
    const auto& match = std::get<http::Router::Match>(found);
    request.tail = match.tail;
    http::RouteResult result = (*match.route)(request);
    const auto finish = request.info.finish;
    last_delay = request.info.answer_delay;
    http::Response response = Answer(request, std::move(result), call);
    if (finish) finish(response);
    return response;
  }

  http::Response Answer(http::Request& request, http::RouteResult result, const Call& call) {
    if (const auto* error = std::get_if<Error>(&result)) return Render(request, *error);
    if (auto* answer = std::get_if<http::Response>(&result)) return std::move(*answer);
    http::Intake& intake = *std::get<std::unique_ptr<http::Intake>>(result);
    // In pieces, as a socket gives them.
    constexpr std::size_t kPiece = 4096;
    for (std::size_t at = 0; at < call.body.size(); at += kPiece) {
      const auto taken = intake.Take(AsBytes(std::string_view(call.body).substr(at, kPiece)));
      if (!taken) return Render(request, taken.error());
    }
    const auto answer = std::make_shared<AwaitedAnswer>();
    intake.Complete(answer);
    return answer->Await();
  }

  http::Response SendText(std::string_view text) {
    return Send(
        {"POST", "/api/analysis/text", {{"Content-Type", "text/plain"}}, std::string(text)});
  }
  analysis::Budget& budget() { return budget_; }
  metrics::Statistics& statistics() { return statistics_; }
  static std::string Text(std::size_t characters = 60) { return std::string(characters, 'x'); }

  std::chrono::milliseconds last_delay{0};  ///< How long the last answer would be held back.
  FakeClock clock;
  RecordingLogger logger;
  std::shared_ptr<GatedDetector> vendor = std::make_shared<GatedDetector>();
  cache::MemoryStore behind;
  FaultyStore faulty{behind};
  metrics::WatchReadings watched{.store = {.backend = "redis", .is_open = true, .available = true}};
  metrics::AlertWatch alerts{[this] { return watched; }, clock, logger};

 private:
  /// Takes the place of a connection.
  class AwaitedAnswer final : public http::Responder {
   public:
    void Answer(Make make) override { made_.set_value(std::move(make)); }
    void OnClientGone(std::function<void()>) override {}
    http::Response Await() { return made_.get_future().get()(); }

   private:
    std::promise<Make> made_;
  };

  http::Response Render(const http::Request& request, const Error& error) const {
    return hooks_.render_error(request.info, error);
  }
  api::BackingStore Backed(api::BackingStore backing) {
    backing.store = &faulty;
    return backing;
  }
  std::vector<std::shared_ptr<detection::Detector>> Members(bool with_vendor) const {
    if (!with_vendor) return {};
    return {vendor};
  }

  detection::DetectorPanel panel_;
  cache::MemoryStore memory_;
  cache::TieredStore tiers_{&memory_, &faulty};
  metrics::Statistics statistics_;
  metrics::Exporter exporter_{"1.0", {"fake"}};
  cache::MemoryBudgetStore sums_;
  analysis::Budget budget_;
  analysis::ObserverList observers_;
  analysis::AnalysisService analysis_;
  http::ServerHooks hooks_;
  http::Router router_;
};

/// The parsed body of an answer; null when it is no JSON.
inline Json Body(const http::Response& response) {
  const auto parsed = ParseJson(response.body);
  return parsed ? *parsed : Json(nullptr);
}

inline std::string Header(const http::Response& response, std::string_view name) {
  return std::string(response.headers.Get(name).value_or(""));
}

}  // namespace vcache::test
