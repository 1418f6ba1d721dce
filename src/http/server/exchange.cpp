#include "http/server/exchange.h"

#include <algorithm>
#include <array>
#include <exception>
#include <stdexcept>
#include <utility>

#include "http/parsing/request_framing.h"
#include "http/parsing/salvaged_origin.h"
#include "http/server/refusal.h"
#include "vcache/core/ascii.h"
#include "vcache/core/random_id.h"

namespace vcache::http {
namespace {

std::string JoinMethods(std::vector<std::string> methods) {
  if (std::find(methods.begin(), methods.end(), "OPTIONS") == methods.end()) {
    methods.emplace_back("OPTIONS");
  }
  std::string joined;
  for (const std::string& method : methods) {
    if (!joined.empty()) joined += ", ";
    joined += method;
  }
  return joined;
}

/// Whether logs and answers may use a client's id: 1 to 64 letters, digits, `.`, `_` and `-`.
bool IsRequestId(std::string_view id) noexcept {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return IsAlpha(c) || IsDigit(c) || c == '.' || c == '_' || c == '-';
  });
}

Response AllowOnly(std::string allowed) {
  Response response;
  response.status = 204;
  if (!allowed.empty()) response.headers.Set("Allow", std::move(allowed));
  return response;
}

/// A path with a doubled or trailing slash is another path, and nothing is there. A redirect would
/// have the client send its upload twice.
Error NothingThere(std::string_view path) {
  const bool odd =
      path.find("//") != std::string_view::npos || (path.size() > 1 && path.back() == '/');
  return {.code = ErrorCode::kNotFound,
          .message = odd ? "There is nothing at this path; paths have no doubled or trailing slash."
                         : "There is nothing at this path."};
}

/// The route's end of an exchange.
class PendingAnswer final : public Responder {
 public:
  explicit PendingAnswer(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~PendingAnswer() override {
    exchange_->Deliver([]() -> Response { throw std::logic_error("the route gave no answer"); });
  }

  void Answer(Make make) override { exchange_->Deliver(std::move(make)); }
  void OnClientGone(std::function<void()> told) override {
    exchange_->WhenClientLeaves(std::move(told));
  }

 private:
  const std::shared_ptr<Exchange> exchange_;
};

/// The same before the body is asked for.
class PendingDecision final : public Responder {
 public:
  explicit PendingDecision(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~PendingDecision() override { exchange_->Decide({}); }

  void Answer(Make make) override { exchange_->Decide(std::move(make)); }
  void OnClientGone(std::function<void()> told) override {
    exchange_->WhenClientLeaves(std::move(told));
  }

 private:
  const std::shared_ptr<Exchange> exchange_;
};

}  // namespace

Exchange::Exchange(const ServerContext& context, Connection& connection)
    : context_(context), connection_(connection), started_(context.clock.Now()) {
  request_.info.peer = connection.peer;
  request_.info.client = connection.peer;
  request_.info.client_group = connection.group;
}

Next Exchange::Run(ExchangeTools& tools) {
  if (stage_ == Stage::kHead) {
    Begin();
    // Whose request a proxy's connection brings shows only now.
    if (stage_ == Stage::kRoute && connection_.is_proxy && context_.is_crowded()) {
      return Next::kTurn;
    }
  }
  if (stage_ == Stage::kRoute) Route();
  if (stage_ == Stage::kConsent) {
    if (const auto parked = AwaitConsent()) return *parked;
  }
  if (stage_ == Stage::kBody) {
    if (const auto parked = TakeBody(tools)) return *parked;
  }
  if (stage_ == Stage::kAnswer) {
    if (!response_ && !answered_.load(std::memory_order_acquire)) return Next::kAwaitAnswer;
    if (HoldsBack()) return Next::kHoldBack;
    Write(tools);
  }
  if (!Flush()) return Next::kAwaitOutput;
  if (stream_) {
    if (const auto parked = SendStream()) return *parked;
  }
  return End();
}

void Exchange::Shed(ExchangeTools& tools) {
  // Above the connection limit nothing was read yet; often the head has arrived anyway.
  if (connection_.input.empty() && connection_.ReadMore() == ReadStatus::kData) {
    connection_.FindHead(context_.options.max_head_bytes);
  }
  std::optional<Error> refusal;
  const bool known = TakeHead(refusal);
  is_refused_ = true;
  if (known && request_.info.method == "OPTIONS" && !request_.has_body) {
    // Costs nothing; and the page of a browser whose preflight is refused cannot read why.
    Dispatch();
  }
  if (!response_) Refuse(Overloaded());  // takes precedence over other errors
  Write(tools);
  Report(sent_ < answer_bytes_);
}

bool Exchange::TakeHead(std::optional<Error>& refusal) {
  RequestInfo& info = request_.info;
  const std::string_view received = connection_.input.view();
  refusal = std::exchange(connection_.refusal, std::nullopt);
  const bool whole = !refusal;
  if (whole) {
    auto head = ParseRequestHead(received.substr(0, connection_.head_end),
                                 {.max_bytes = context_.options.max_head_bytes,
                                  .max_fields = context_.options.max_head_fields,
                                  .max_target_bytes = context_.options.max_target_bytes});
    if (head) {
      head_ = std::move(*head);
    } else {
      refusal = std::move(head).error();
    }
  }
  if (refusal) {
    if (auto origin = SalvageOrigin(received)) info.headers.Add("Origin", *std::move(origin));
  }
  if (whole) connection_.ForgetHead();  // invalidates `received`
  const auto id = head_.headers.Get("X-Request-Id");
  info.id = id && IsRequestId(*id) ? std::string(*id) : RandomId();
  if (refusal) return false;
  info.method = head_.method;
  info.path = head_.path;
  info.query = head_.query;
  info.headers = std::move(head_.headers);
  FindClient();
  request_.has_body = HasBody(head_);
  if (head_.framing != BodyFraming::kChunked) request_.content_length = head_.content_length;
  return true;
}

/// Behind a proxy that is trusted, the client is whom that names.
void Exchange::FindClient() {
  if (!connection_.is_proxy) return;
  const auto peer = IpAddress::Parse(connection_.peer);
  if (!peer) return;
  RequestInfo& info = request_.info;
  const IpAddress client = ClientAddress(info.headers, *peer, context_.options.proxies);
  info.client = client.Text();
  info.client_group = client.Group();
  connection_.lane = info.client_group;
}

void Exchange::Begin() {
  std::optional<Error> refusal;
  if (!TakeHead(refusal)) return Refuse(*refusal);
  body_.emplace(connection_, head_, context_.options);
  request_.deadline = Deadline::At(started_ + context_.options.request_timeout);
  stage_ = Stage::kRoute;
}

void Exchange::Route() {
  if (head_.framing == BodyFraming::kChunked && TakesNoBody(head_.method)) {
    // The chunks must be empty (rules H3 and H5): whether they are shows before the route is asked.
    request_.has_body = false;
    stage_ = Stage::kBody;
    return;
  }
  Dispatch();
}

void Exchange::Dispatch() {
  const RequestInfo& info = request_.info;
  if (head_.target == "*") return AnswerNow(AllowOnly({}));
  const auto found = context_.router.Find(info.method, info.path);
  if (const auto* none = std::get_if<Router::NoMatch>(&found)) {
    if (none->code != ErrorCode::kMethodNotAllowed) {
      return AnswerNow(RenderError(NothingThere(info.path)));
    }
    std::string allowed = JoinMethods(none->allowed);
    if (info.method == "OPTIONS") return AnswerNow(AllowOnly(std::move(allowed)));
    Response response =
        RenderError({.code = none->code, .message = "This path does not have this method."});
    response.headers.Set("Allow", std::move(allowed));
    return AnswerNow(std::move(response));
  }
  const auto& match = std::get<Router::Match>(found);
  if (match.takes_any_length) body_->LiftLimit();
  if (!match.takes_any_length &&
      request_.content_length.value_or(0) > context_.options.max_body_bytes) {
    return AnswerNow(RenderError({.code = ErrorCode::kTooLarge,
                                  .message = "The body is larger than " +
                                             std::to_string(context_.options.max_body_bytes) +
                                             " bytes, the most that is accepted."}));
  }
  request_.tail = match.tail;
  try {
    RouteResult result = (*match.route)(request_);
    if (auto* answer = std::get_if<Response>(&result)) return AnswerNow(std::move(*answer));
    if (const auto* error = std::get_if<Error>(&result)) return AnswerNow(RenderError(*error));
    intake_ = std::get<std::unique_ptr<Intake>>(std::move(result));
    stage_ = body_->is_awaited() ? Stage::kConsent : Stage::kBody;
  } catch (...) {
    AnswerNow(RenderInternalError("A request handler threw"));
  }
}

/// Lets the route answer before the client is asked for its body. Empty when it has decided.
std::optional<Next> Exchange::AwaitConsent() {
  if (!std::exchange(is_considered_, true)) {
    try {
      intake_->Consider(std::make_shared<PendingDecision>(shared_from_this()));
    } catch (...) {
      AnswerNow(RenderInternalError("A request handler threw"));
      return std::nullopt;
    }
  }
  if (!decided_.load(std::memory_order_acquire)) return Next::kAwaitAnswer;
  stage_ = answered_.load(std::memory_order_acquire) ? Stage::kAnswer : Stage::kBody;
  return std::nullopt;
}

void Exchange::Decide(Responder::Make make) {
  std::function<void()> untold;  // destroyed without the lock
  {
    const MutexLock lock(mutex_);
    if (decided_.load()) return;
    untold.swap(told_);
    if (make) {
      make_ = std::move(make);
      answered_.store(true, std::memory_order_release);
    }
    decided_.store(true, std::memory_order_release);
  }
  if (consent_met_.exchange(true)) context_.resume(connection_);
}

void Exchange::Complete() {
  stage_ = Stage::kAnswer;
  try {
    intake_->Complete(std::make_shared<PendingAnswer>(shared_from_this()));
  } catch (...) {
    Deliver([what = std::current_exception()]() -> Response { std::rethrow_exception(what); });
  }
}

/// Whether the answer has to wait, as the route wishes; true once.
bool Exchange::HoldsBack() {
  // Being late is what it was woken for.
  if (std::exchange(is_held_back_, false)) connection_.is_late = false;
  const auto delay = std::exchange(request_.info.answer_delay, std::chrono::milliseconds(0));
  if (delay.count() <= 0 || context_.stopping.load()) return false;
  is_held_back_ = true;
  patience_ = context_.clock.Now() + delay;
  return true;
}

/// The server's own answer.
void Exchange::AnswerNow(Response response) {
  response_ = std::move(response);
  stage_ = Stage::kAnswer;
}

void Exchange::Refuse(const Error& error) {
  is_refused_ = true;
  AnswerNow(RenderError(error));
}

void Exchange::Deliver(Responder::Make make) {
  std::function<void()> untold;  // destroyed without the lock
  {
    const MutexLock lock(mutex_);
    if (answered_.load()) return;
    make_ = std::move(make);
    untold.swap(told_);
    answered_.store(true, std::memory_order_release);
  }
  if (met_.exchange(true)) context_.resume(connection_);
}

void Exchange::ClientLeft() {
  std::function<void()> told;
  {
    const MutexLock lock(mutex_);
    has_left_ = true;
    told.swap(told_);
  }
  if (told) told();
  Wake();
}

void Exchange::WhenClientLeaves(std::function<void()> told) {
  {
    const MutexLock lock(mutex_);
    if (answered_.load()) return;
    if (!has_left_) {
      told_ = std::move(told);
      return;
    }
  }
  told();
}

}  // namespace vcache::http
