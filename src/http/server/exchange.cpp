#include "http/server/exchange.h"

#include <algorithm>
#include <array>
#include <exception>

#include "http/parsing/request_framing.h"
#include "http/parsing/salvaged_origin.h"
#include "http/server/refusal.h"
#include "http/server/socket_io.h"
#include "vcache/core/ascii.h"
#include "vcache/core/random_id.h"

namespace vcache::http {
namespace {

/// Only the server sets these fields; it ignores a handler's.
constexpr std::array<std::string_view, 6> kOwnFields = {
    "Content-Length", "Transfer-Encoding", "Connection", "Date", "X-Request-Id", "Keep-Alive"};

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

/// `Keep-Alive: timeout=N`, for clients that respect it (Node.js, Apache's): they stop using the
/// connection before the server closes it. The margin for the network is a tenth of the real
/// timeout, between half a second and five. Empty when nothing is left: some clients read 0 as "for
/// ever".
std::string KeepAliveHint(std::chrono::milliseconds timeout) {
  using std::chrono::milliseconds;
  const milliseconds margin = std::clamp(timeout / 10, milliseconds(500), milliseconds(5'000));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(timeout - margin).count();
  return seconds < 1 ? std::string() : "timeout=" + std::to_string(seconds);
}

/// Logs the exception that is being handled. Its text may quote content or secrets, so that only
/// the log has it (rule H23).
void LogThrown(Logger& logger, LogMessage message, const RequestInfo& info) {
  std::string what = "not a std::exception";
  try {
    throw;
  } catch (const std::exception& e) {
    what = CutForLog(e.what());
  } catch (...) {
  }
  logger.Error(message, {{"request_id", info.id}, {"what", what}});
}

}  // namespace

Exchange::Exchange(const ServerContext& context)
    : context_(context), keep_alive_(KeepAliveHint(context.options.keep_alive_timeout)) {}

Exchange::RequestContext Exchange::Begin(Connection& connection) const {
  RequestContext context{.connection = connection, .started = context_.clock.Now()};
  context.request.info.peer = connection.peer;
  return context;
}

Disposition Exchange::Serve(Connection& connection) {
  RequestContext context = Begin(connection);
  std::optional<Error> refusal;
  std::optional<BodyReader> body;
  if (TakeHead(context, refusal)) {
    const Deadline deadline = Deadline::At(context.started + context_.options.request_timeout);
    body.emplace(connection, context.head, context_.options, context_.stopping, deadline,
                 context_.clock);
    context.request.body = &*body;
    context.request.deadline = deadline;
    context.request.client_gone = [fd = connection.socket.get()] { return PeerGone(fd); };
    refusal = RefuseBody(context, *body);
  }
  BodyReader* const reader = body ? &*body : nullptr;
  writer_.Exchange(
      {.head_only = context.head.method == "HEAD"},
      [&] { return Respond(context, reader, refusal); },
      [&](std::string_view head, std::string_view content) {
        if (reader == nullptr || !reader->client_gone()) Send(context, head, content);
      });
  const bool gone = !context.complete && !context.cut_after;
  Report(context, reader, gone);
  if (gone) return Disposition::kDrop;
  return context.wants_close || context.cut_after ? Disposition::kCloseGently : Disposition::kKeep;
}

void Exchange::Shed(Connection& connection) {
  RequestContext context = Begin(connection);
  context.may_wait = false;
  // Above the connection limit nothing was read yet; often the head has arrived anyway.
  if (connection.input.empty() && connection.ReadMore() == ReadStatus::kData) {
    connection.FindHead(context_.options.max_head_bytes);
  }
  std::optional<Error> refusal;
  TakeHead(context, refusal);
  refusal = Overloaded();  // takes precedence over other errors
  writer_.Exchange(
      {.head_only = context.head.method == "HEAD"},
      [&] { return Respond(context, nullptr, refusal); },
      [&](std::string_view head, std::string_view content) { Send(context, head, content); });
  Report(context, nullptr, !context.complete);
}

bool Exchange::TakeHead(RequestContext& context, std::optional<Error>& refusal) {
  Connection& connection = context.connection;
  RequestInfo& info = context.request.info;
  const std::string_view received = connection.input.view();
  refusal = std::exchange(connection.refusal, std::nullopt);
  const bool whole = !refusal;
  if (whole) {
    auto head = ParseRequestHead(received.substr(0, connection.head_end),
                                 {.max_bytes = context_.options.max_head_bytes,
                                  .max_fields = context_.options.max_head_fields,
                                  .max_target_bytes = context_.options.max_target_bytes});
    if (head) {
      context.head = std::move(*head);
    } else {
      refusal = std::move(head).error();
    }
  }
  if (refusal) {
    if (auto origin = SalvageOrigin(received)) info.headers.Add("Origin", *std::move(origin));
  }
  if (whole) connection.ForgetHead();  // invalidates `received`
  const auto id = context.head.headers.Get("X-Request-Id");
  info.id = id && IsRequestId(*id) ? std::string(*id) : RandomId();
  if (refusal) return false;
  info.method = context.head.method;
  info.path = context.head.path;
  info.query = context.head.query;
  info.headers = std::move(context.head.headers);
  context.request.has_body = HasBody(context.head);
  if (context.head.framing != BodyFraming::kChunked) {
    context.request.content_length = context.head.content_length;
  }
  return true;
}

std::optional<Error> Exchange::RefuseBody(RequestContext& context, BodyReader& body) {
  if (context.head.framing != BodyFraming::kChunked || !TakesNoBody(context.head.method)) return {};
  std::byte first{};
  const auto count = body.Read({&first, 1});
  if (!count) return count.error();
  if (*count > 0) return BodyNotTaken();
  context.request.has_body = false;
  return {};
}

Response Exchange::Respond(RequestContext& context, BodyReader* body,
                           const std::optional<Error>& refusal) {
  Response response = refusal ? RenderError(context.request.info, *refusal) : Dispatch(context);
  context.wants_close = refusal || body == nullptr || !context.head.keep_alive ||
                        context_.stopping.load() || response.cut_after || !body->SkipRest();
  Complete(context, response);
  return response;
}

Response Exchange::Dispatch(RequestContext& context) {
  const RequestInfo& info = context.request.info;
  if (context.head.target == "*") return AllowOnly({});
  const auto found = context_.router.Find(info.method, info.path);
  if (const auto* none = std::get_if<Router::NoMatch>(&found)) {
    if (none->code != ErrorCode::kMethodNotAllowed) {
      return RenderError(info, {.code = none->code, .message = "There is nothing at this path."});
    }
    std::string allowed = JoinMethods(none->allowed);
    if (info.method == "OPTIONS") return AllowOnly(std::move(allowed));
    Response response =
        RenderError(info, {.code = none->code, .message = "This path does not have this method."});
    response.headers.Set("Allow", std::move(allowed));
    return response;
  }
  if (context.request.content_length.value_or(0) > context_.options.max_body_bytes) {
    return RenderError(info, {.code = ErrorCode::kTooLarge,
                              .message = "The body is larger than " +
                                         std::to_string(context_.options.max_body_bytes) +
                                         " bytes, the most that is accepted."});
  }
  const auto& match = std::get<Router::Match>(found);
  context.request.tail = match.tail;
  return CallHandler(context, *match.handler);
}

Response Exchange::CallHandler(RequestContext& context, const Handler& handler) {
  try {
    return handler(context.request);
  } catch (...) {
    LogThrown(context_.logger, "A request handler threw", context.request.info);
  }
  return RenderError(context.request.info,
                     ForEverybody({.code = ErrorCode::kInternal,
                                   .message = "Something went wrong on our side; the request id "
                                              "finds it."}));
}

Response Exchange::RenderError(const RequestInfo& info, const Error& error) {
  Response response;
  try {
    response = context_.hooks.render_error ? context_.hooks.render_error(info, error)
                                           : DefaultErrorResponse(info, error);
  } catch (...) {
    LogThrown(context_.logger, "Rendering an error failed", info);
    response = DefaultErrorResponse(info, error);
  }
  response.status = StatusOf(error.code);
  if (error.retry_after && !response.headers.Get("Retry-After")) {
    response.headers.Set("Retry-After", std::to_string(error.retry_after->count()));
  }
  return response;
}

void Exchange::Complete(RequestContext& context, Response& response) {
  const RequestInfo& info = context.request.info;
  try {
    if (context_.hooks.finish) context_.hooks.finish(info, response);
  } catch (...) {
    LogThrown(context_.logger, "Finishing an answer failed", info);
  }
  // After an interim or impossible status the client would wait for another answer.
  if (response.status < 200 || response.status > 599) response.status = 500;
  for (const std::string_view name : kOwnFields) response.headers.Remove(name);
  response.headers.Add("Date", date_.At(context_.clock.WallNow()));
  response.headers.Add("X-Request-Id", info.id);
  response.headers.Add("Connection", context.wants_close ? "close" : "keep-alive");
  if (!context.wants_close && !keep_alive_.empty()) response.headers.Add("Keep-Alive", keep_alive_);
  context.status = response.status;
  context.outcome = response.log_outcome;
  context.reason = response.log_reason;
  context.cut_after = response.cut_after;
}

void Exchange::Send(RequestContext& context, std::string_view head, std::string_view body) {
  if (context.cut_after) {
    head = head.substr(0, *context.cut_after);
    body = body.substr(0, *context.cut_after - head.size());
  }
  // One deadline for the whole answer (rule H8); large ones get more time, by the minimum rate.
  const std::uint64_t rate = std::max<std::uint64_t>(1, context_.options.body_min_bytes_per_second);
  std::chrono::milliseconds allowed =
      context_.options.write_timeout + std::chrono::milliseconds(body.size() * 1000 / rate);
  if (!context.may_wait) allowed = std::chrono::milliseconds(0);
  context.sent = SendBoth(context.connection.socket.get(), head, body,
                          Deadline::After(context_.clock, allowed), context_.clock);
  context.complete = context.sent == head.size() + body.size();
}

void Exchange::Report(const RequestContext& context, const BodyReader* body, bool client_gone) {
  if (!context_.hooks.on_finished) return;
  const AccessRecord record{.request = &context.request.info,
                            .status = context.status,
                            .outcome = context.outcome,
                            .reason = context.reason,
                            .bytes_in = body == nullptr ? 0 : body->bytes_read(),
                            .bytes_out = context.sent,
                            .duration = std::chrono::duration_cast<std::chrono::microseconds>(
                                context_.clock.Now() - context.started),
                            .client_gone = client_gone};
  try {
    context_.hooks.on_finished(record);
  } catch (...) {
    LogThrown(context_.logger, "Recording a request failed", context.request.info);
  }
}

}  // namespace vcache::http
