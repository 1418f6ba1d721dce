#include "api/waiting_route.h"

#include <exception>
#include <memory>
#include <utility>

#include "api/intake/small_body.h"
#include "api/problem.h"

namespace vcache::api {
namespace {

Error TooManyWaitForStores() {
  return ForEverybody({.code = ErrorCode::kOverloaded,
                       .message = "Too many requests wait for the cache; ask again in a moment.",
                       .retry_after = std::chrono::seconds(1)});
}

class WaitingIntake final : public http::Intake {
 public:
  WaitingIntake(SharedState state, const http::Request& request, SmallBody body,
                const WaitingHandler& handler)
      : state_(std::move(state)), request_(request), body_(std::move(body)), handler_(handler) {}

  Result<void> Take(ByteView piece) override { return body_.Take(piece); }

  void Complete(std::shared_ptr<http::Responder> responder) override {
    const bool taken = state_->waiting->Submit([this, responder] { Handle(*responder); });
    if (taken) return;
    responder->Answer([this] { return ProblemResponse(request_.info, TooManyWaitForStores()); });
  }

 private:
  /// The intake is there until the answer.
  void Handle(http::Responder& responder) const {
    try {
      http::Response response = handler_(request_, body_.text());
      responder.Answer([response = std::move(response)] { return response; });
    } catch (...) {
      responder.Answer([thrown = std::current_exception()]() -> http::Response {
        std::rethrow_exception(thrown);
      });
    }
  }

  const SharedState state_;
  const http::Request& request_;
  SmallBody body_;
  const WaitingHandler& handler_;  // the route's
};

}  // namespace

http::Route WaitingRoute(const SharedState& state, std::size_t max_body, WaitingHandler handler) {
  return
      [state, max_body, handler = std::move(handler)](http::Request& request) -> http::RouteResult {
        SmallBody body(max_body);
        if (const auto fits = body.CheckLength(request.content_length); !fits) return fits.error();
        return std::make_unique<WaitingIntake>(state, request, std::move(body), handler);
      };
}

}  // namespace vcache::api
