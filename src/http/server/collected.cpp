#include <optional>
#include <utility>

#include "vcache/content/spool.h"
#include "vcache/http/server/route.h"

namespace vcache::http {
namespace {

class CollectingIntake final : public Intake {
 public:
  CollectingIntake(Request& request, const Handler& handler)
      : request_(request), handler_(handler) {}

  Result<void> Take(ByteView piece) override {
    if (!body_) body_.emplace();
    return body_->Append(piece);
  }

  void Complete(std::shared_ptr<Responder> responder) override {
    // The handler is called where the answer is made: on a worker, guarded against exceptions.
    responder->Answer([this] {
      if (body_) {
        reader_ = body_->NewReader();
        request_.body = reader_.get();
      }
      return handler_(request_);
    });
  }

 private:
  Request& request_;
  const Handler& handler_;  // the router's
  std::optional<content::Spool> body_;
  std::unique_ptr<ByteSource> reader_;
};

}  // namespace

Route Collected(Handler handler) {
  return [handler = std::move(handler)](Request& request) -> RouteResult {
    return std::make_unique<CollectingIntake>(request, handler);
  };
}

}  // namespace vcache::http
