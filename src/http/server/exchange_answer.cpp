// The second half of an exchange: its answer.
#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "http/server/exchange.h"
#include "http/server/refusal.h"
#include "http/server/socket_io.h"

namespace vcache::http {
namespace {

/// Only the server sets these fields; it ignores a handler's.
constexpr std::array<std::string_view, 6> kOwnFields = {
    "Content-Length", "Transfer-Encoding", "Connection", "Date", "X-Request-Id", "Keep-Alive"};

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

void Exchange::LogThrownBy(LogMessage message) {
  LogThrown(context_.logger, message, request_.info);
}

void Exchange::Write(ExchangeTools& tools) {
  const bool written = tools.writer.Exchange(
      {.head_only = head_.method == "HEAD"}, [&] { return Respond(tools); },
      [&](std::string_view head, std::string_view body) { Send(head, body); });
  if (!written) client_gone_ = true;
  // The answer may still have used what the intake holds.
  intake_.reset();
  stage_ = Stage::kOutput;
  if (stream_ && !OpenStream()) stream_.reset();
}

Response Exchange::Respond(ExchangeTools& tools) {
  Response response = response_ ? *std::exchange(response_, std::nullopt) : MadeResponse();
  wants_close_ = is_refused_ || !body_ || !head_.keep_alive || context_.draining.load() ||
                 context_.stopping.load() || response.cut_after || !body_->SkipRest();
  const bool has_body = head_.method != "HEAD" && !response.cut_after;
  if (response.stream && has_body) stream_ = response.stream;
  // Only the end of the connection ends a body without a length and without chunks.
  if (response.stream && !head_.http_1_1) wants_close_ = true;
  AddOwnFields(response, tools.date);
  return response;
}

Response Exchange::MadeResponse() {
  Responder::Make make;
  {
    const MutexLock lock(mutex_);
    make.swap(make_);
  }
  try {
    return make();
  } catch (...) {
    return RenderInternalError("A request handler threw");
  }
}

Response Exchange::RenderInternalError(LogMessage message) {
  LogThrown(context_.logger, message, request_.info);
  return RenderError(ForEverybody({.code = ErrorCode::kInternal,
                                   .message = "Something went wrong on our side; the request id "
                                              "finds it."}));
}

Response Exchange::RenderError(const Error& error) {
  const RequestInfo& info = request_.info;
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

void Exchange::AddOwnFields(Response& response, DateHeader& date) {
  const RequestInfo& info = request_.info;
  try {
    if (context_.hooks.finish) context_.hooks.finish(info, response);
  } catch (...) {
    LogThrown(context_.logger, "Finishing an answer failed", info);
  }
  // After an interim or impossible status the client would wait for another answer.
  if (response.status < 200 || response.status > 599) response.status = 500;
  for (const std::string_view name : kOwnFields) response.headers.Remove(name);
  response.headers.Add("Date", date.At(context_.clock.WallNow()));
  response.headers.Add("X-Request-Id", info.id);
  if (response.stream && head_.http_1_1) response.headers.Add("Transfer-Encoding", "chunked");
  response.headers.Add("Connection", wants_close_ ? "close" : "keep-alive");
  if (!wants_close_) {
    std::string hint = KeepAliveHint(context_.options.keep_alive_timeout);
    if (!hint.empty()) response.headers.Add("Keep-Alive", std::move(hint));
  }
  status_ = response.status;
  outcome_ = response.log_outcome;
  reason_ = response.log_reason;
  cut_after_ = response.cut_after;
}

void Exchange::Send(std::string_view head, std::string_view body) {
  if (cut_after_) {
    head = head.substr(0, *cut_after_);
    body = body.substr(0, *cut_after_ - head.size());
  }
  answer_bytes_ = head.size() + body.size();
  if (client_gone_) return;
  const SendOutcome outcome = SendSome(connection_.socket.get(), head, body);
  sent_ = outcome.sent;
  client_gone_ = outcome.failed;
  if (outcome.failed || sent_ == answer_bytes_) return;
  SetOutputPatience(body.size());
  const auto of_head = static_cast<std::size_t>(std::min<std::uint64_t>(sent_, head.size()));
  output_.append(head.substr(of_head)).append(body.substr(sent_ - of_head));
}

/// One deadline for the whole answer, or for a piece of a stream (rule H8); large ones get more
/// time, by the minimum rate.
void Exchange::SetOutputPatience(std::size_t bytes) {
  const std::uint64_t rate = std::max<std::uint64_t>(1, context_.options.body_min_bytes_per_second);
  patience_ = context_.clock.Now() + context_.options.write_timeout +
              std::chrono::milliseconds(bytes * 1000 / rate);
}

/// False while the client has to read more.
bool Exchange::Flush() {
  if (std::exchange(connection_.is_late, false)) client_gone_ = true;
  if (client_gone_ || sent_ == answer_bytes_) return true;
  const std::string_view rest =
      std::string_view(output_).substr(output_.size() - (answer_bytes_ - sent_));
  const SendOutcome outcome = SendSome(connection_.socket.get(), rest, {});
  sent_ += outcome.sent;
  client_gone_ = outcome.failed;
  return client_gone_ || sent_ == answer_bytes_;
}

Next Exchange::End() {
  const bool complete = sent_ == answer_bytes_ && !client_gone_;
  const bool gone = !complete && !cut_after_;
  Report(gone);
  if (gone) return Next::kDrop;
  return wants_close_ || cut_after_ ? Next::kCloseGently : Next::kKeep;
}

void Exchange::Report(bool client_gone) {
  if (!context_.hooks.on_finished) return;
  const AccessRecord record{.request = &request_.info,
                            .status = status_,
                            .outcome = outcome_,
                            .reason = reason_,
                            .bytes_in = body_ ? body_->bytes_read() : 0,
                            .bytes_out = sent_,
                            .duration = std::chrono::duration_cast<std::chrono::microseconds>(
                                context_.clock.Now() - started_),
                            .client_gone = client_gone};
  try {
    context_.hooks.on_finished(record);
  } catch (...) {
    LogThrown(context_.logger, "Recording a request failed", request_.info);
  }
}

}  // namespace vcache::http
