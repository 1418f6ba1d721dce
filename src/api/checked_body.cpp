#include "api/checked_body.h"

#include <functional>
#include <memory>
#include <utility>

#include "api/intake/digest_fields.h"
#include "api/problem.h"
#include "vcache/content/content_hasher.h"

namespace vcache::api {
namespace {

Error DigestMismatch() {
  return {ErrorCode::kDigestMismatch,
          "The body does not have the SHA-256 that the request states, so it may be damaged; "
          "nothing was done. Send it again."};
}

class CheckedIntake final : public http::Intake {
 public:
  CheckedIntake(const http::Request& request, const content::ContentDigest& stated,
                std::unique_ptr<http::Intake> inner)
      : request_(request), stated_(stated), inner_(std::move(inner)) {}

  void Consider(std::shared_ptr<http::Responder> responder) override {
    inner_->Consider(std::move(responder));
  }
  Result<void> Take(ByteView piece) override {
    hasher_.Update(piece);
    return inner_->Take(piece);
  }
  bool IsFull() override { return inner_->IsFull(); }
  void WhenRoom(std::function<void()> told) override { inner_->WhenRoom(std::move(told)); }
  void Complete(std::shared_ptr<http::Responder> responder) override {
    if (hasher_.Finish() == stated_) return inner_->Complete(std::move(responder));
    responder->Answer([this] { return ProblemResponse(request_.info, DigestMismatch()); });
  }

 private:
  const http::Request& request_;
  const content::ContentDigest stated_;
  const std::unique_ptr<http::Intake> inner_;
  content::ContentHasher hasher_;
};

}  // namespace

http::RouteResult CheckedBody(http::Request& request, const http::Route& route) {
  const auto stated = StatedDigest(request.info.headers);
  if (!stated) return stated.error();
  http::RouteResult result = route(request);
  auto* intake = std::get_if<std::unique_ptr<http::Intake>>(&result);
  if (intake == nullptr || !*stated) return result;
  return std::make_unique<CheckedIntake>(request, **stated, std::move(*intake));
}

}  // namespace vcache::api
