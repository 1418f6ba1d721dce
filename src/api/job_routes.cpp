// Asynchronous analyses: how far they are, once or as server-sent events.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/analysis_answer.h"
#include "api/intake/strict_input.h"
#include "api/job_answer.h"
#include "api/problem.h"
#include "api/routes.h"
#include "vcache/http/parsing/body_stream.h"

namespace vcache::api {
namespace {

using analysis::JobBoard;
using analysis::JobView;

/// Some proxies end a connection that is silent for 30 s.
constexpr std::chrono::seconds kHeartbeat{15};

/// The events of one job, for one client.
class JobEvents final : public http::BodyStream {
 public:
  JobEvents(SharedState state, http::RequestInfo request, cache::CacheKey key, std::string seen)
      : state_(std::move(state)),
        request_(std::move(request)),
        key_(std::move(key)),
        seen_(std::move(seen)) {}
  ~JobEvents() override { --state_->event_streams; }

  /// Of a job that has ended: there is nothing to follow.
  void Show(JobView ended) { ended_ = std::move(ended); }

  void Open(std::function<void()> wake) override {
    if (!ended_) watch_ = state_->parts.jobs->Follow(key_, std::move(wake));
    next_beat_ = state_->parts.clock.Now() + kHeartbeat;
  }

  Step Produce(std::string& piece, bool stopping) override {
    const JobView view = ended_ ? *ended_ : watch_->view();
    const SteadyTime now = state_->parts.clock.Now();
    if (!std::exchange(has_begun_, true)) piece += "retry: 1000\n\n";
    if (!view.id.empty() && view.id != seen_) {
      seen_ = view.id;
      next_beat_ = now + kHeartbeat;
      piece += JobEvent(key_, view, request_, state_->parts.clock);
    } else if (now >= next_beat_) {
      next_beat_ = now + kHeartbeat;
      piece += ": still here\n\n";
    }
    // At a stop another replica, or this one after its restart, tells the rest.
    if (view.is_final() || stopping) return {.kind = Step::Kind::kEnd};
    return {.kind = Step::Kind::kWait, .until = next_beat_};
  }

 private:
  const SharedState state_;
  const http::RequestInfo request_;
  const cache::CacheKey key_;
  std::string seen_;  ///< The id of the last event that the client has.
  std::optional<JobView> ended_;
  std::unique_ptr<JobBoard::Watch> watch_;
  SteadyTime next_beat_{};
  bool has_begun_ = false;
};

Error TooManyStreams() {
  return ForEverybody({.code = ErrorCode::kOverloaded,
                       .message = "Too many clients follow their jobs; ask for the job's state "
                                  "from time to time instead.",
                       .retry_after = std::chrono::seconds(5)});
}

http::Response EventsResponse(const SharedState& state, const http::Request& request,
                              const cache::CacheKey& key, const JobView& view) {
  const std::string seen(request.info.headers.Get("Last-Event-ID").value_or(""));
  http::Response response;
  if (view.is_final() && view.id == seen) {
    response.status = 204;  // it has everything: browsers do not come again after this
    return response;
  }
  if (state->event_streams.fetch_add(1) >= state->options.max_event_streams) {
    --state->event_streams;
    return ProblemResponse(request.info, TooManyStreams());
  }
  auto events = std::make_shared<JobEvents>(state, request.info, key, seen);
  if (view.is_final()) events->Show(view);
  response.headers.Add("Content-Type", "text/event-stream");
  response.headers.Add("X-Accel-Buffering", "no");  // nginx would collect them
  response.stream = std::move(events);
  return response;
}

class JobIntake final : public http::Intake {
 public:
  JobIntake(SharedState state, const http::Request& request, cache::CacheKey key, bool as_events)
      : state_(std::move(state)), request_(request), key_(std::move(key)), as_events_(as_events) {}

  Result<void> Take(ByteView) override { return {}; }

  void Complete(std::shared_ptr<http::Responder> responder) override {
    state_->parts.jobs->Find(key_, [state = state_, &request = request_, key = key_, responder,
                                    as_events = as_events_](Result<JobView> found) {
      responder->Answer([=, &request, found = std::move(found)] {
        if (!found) return ProblemResponse(request.info, found.error());
        if (as_events) return EventsResponse(state, request, key, *found);
        return JobResponse(key, *found, request.info, state->parts.clock);
      });
    });
  }

 private:
  const SharedState state_;
  const http::Request& request_;
  const cache::CacheKey key_;
  const bool as_events_;
};

http::Route JobRoute(const SharedState& state, bool as_events) {
  return Guarded(state, Need::kAnalysis,
                 [state, as_events](http::Request& request) -> http::RouteResult {
                   if (auto refusal = RefuseQuery(request.info)) return *std::move(refusal);
                   auto key = KeyOfJob(request.tail);
                   if (!key) return key.error();
                   return std::make_unique<JobIntake>(state, request, *std::move(key), as_events);
                 });
}

}  // namespace

void AddJobRoutes(http::Router& router, const SharedState& state) {
  if (state->parts.jobs == nullptr) return;
  router.AddPrefixRoute("GET", "/api/jobs/", JobRoute(state, /*as_events=*/false));
  router.AddPrefixRoute("GET", "/api/jobs/", JobRoute(state, /*as_events=*/true), "/events");
}

}  // namespace vcache::api
