#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/parsing/http_date.h"
#include "http/parsing/request_head.h"
#include "http/server/body_reader.h"
#include "http/server/connection.h"
#include "http/server/response_writer.h"
#include "vcache/core/mutex.h"
#include "vcache/http/server/server.h"

namespace vcache::http {

/// The parts of the server that exchanges use; all outlive them.
struct ServerContext {
  const ServerOptions& options;
  const Router& router;
  const ServerHooks& hooks;
  Clock& clock;
  Logger& logger;
  const std::atomic<bool>& draining;
  const std::atomic<bool>& stopping;
  /// Whether other connections wait for a worker.
  std::function<bool()> is_crowded;
  /// Whether connections or room for bodies are nearly used up.
  std::function<bool()> is_short_of_room;
  /// Gives a parked connection, whose route has answered, to a worker.
  std::function<void(Connection&)> resume;
};

/// What a thread that runs exchanges has of its own.
struct ExchangeTools {
  ResponseWriter writer;
  DateHeader date;
  /// One read of a body; large, so that system calls cost little beside hashing.
  std::array<std::byte, 128 * 1024> buffer;
};

/// What the thread that ran an exchange does with its connection.
enum class Next {
  kAwaitBody,    ///< Park it until input comes, or `patience`.
  kAwaitAnswer,  ///< Park it until the route answers.
  kHoldBack,     ///< Park it until `patience`; the answer is there.
  kAwaitOutput,  ///< Park it until the client reads, or `patience`.
  kAwaitStream,  ///< Park it until the stream is woken, or `patience`.
  kAwaitIntake,  ///< Park it until the intake has room, or `patience`.
  kYield,        ///< Queue it behind the other connections.
  kTurn,         ///< Its head is read: queue it behind its client's other requests.
  kKeep,         ///< Answered; another request may come.
  kCloseGently,  ///< Answered; further input is read and dropped (rule H6).
  kDrop,         ///< The client is gone.
};

/// One request of a connection, from its head to the last byte of its answer. The server makes
/// every answer here, so that all have the same fields (rule H23). Whoever owns the connection runs
/// it, step by step; no step waits. `Deliver`, `Wake`, `ClientLeft` and `WhenClientLeaves` are
/// thread-safe.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(const ServerContext& context, Connection& connection);

  /// Goes on from the last step as far as it can without waiting. The first call takes the head at
  /// the front of the input, or answers the connection's `refusal`.
  Next Run(ExchangeTools& tools);
  /// Until when the connection may stay parked.
  SteadyTime patience() const noexcept { return patience_; }
  /// Says that the connection is parked for an answer. True if the answer came before: the caller
  /// resumes it.
  bool MeetsAnswer() noexcept {
    return (stage_ == Stage::kConsent ? consent_met_ : met_).exchange(true);
  }
  /// The same for a stream, or an intake that was full, that was woken before.
  bool MeetsWake();

  /// Answers 503 to a connection above the limits, and OPTIONS as ever; the caller closes it
  /// gently. Bytes that exceed the socket's buffer are lost. Method and path are known only with a
  /// whole head, `Origin` only with its line.
  void Shed(ExchangeTools& tools);

  /// The route's answer; the first one counts.
  void Deliver(Responder::Make make);
  /// The route has considered whether it wants the body; with `make` it answers without.
  void Decide(Responder::Make make);
  /// The stream may have more to send, or is to look at the time or at a stop.
  void Wake();
  /// The client has disconnected while the route worked, or while the stream waited.
  void ClientLeft();
  void WhenClientLeaves(std::function<void()> told);

 private:
  enum class Stage { kHead, kRoute, kConsent, kBody, kAnswer, kOutput };
  /// Of a stream or a full intake. Only who turns kParked into kWoken resumes the connection.
  enum class WakeState { kWoken, kAwake, kParked };

  bool TakeHead(std::optional<Error>& refusal);
  void FindClient();
  void Begin();
  void Route();
  void Dispatch();
  std::optional<Next> AwaitConsent();
  std::optional<Next> TakeBody(ExchangeTools& tools);
  std::optional<Next> AwaitIntake();
  Next AwaitBody();
  Error BodyIsLate() const;
  void Complete();
  bool HoldsBack();
  void AnswerNow(Response response);
  void Refuse(const Error& error);
  void Write(ExchangeTools& tools);
  Response Respond(ExchangeTools& tools);
  Response MadeResponse();
  Response RenderError(const Error& error);
  Response RenderInternalError(LogMessage message);
  void AddOwnFields(Response& response, DateHeader& date);
  void Send(std::string_view head, std::string_view body);
  void SetOutputPatience(std::size_t bytes);
  bool Flush();
  bool OpenStream();
  std::optional<Next> SendStream();
  bool SendPiece(std::string_view piece, bool ends);
  void BreakOff();
  void LogThrownBy(LogMessage message);
  Next End();
  void Report(bool client_gone);

  const ServerContext& context_;
  Connection& connection_;
  const SteadyTime started_;
  Stage stage_ = Stage::kHead;
  Request request_{};
  RequestHead head_{};
  std::optional<BodyReader> body_{};
  std::unique_ptr<Intake> intake_{};       ///< Null before the route is asked.
  bool is_considered_ = false;             ///< The route has been asked whether it wants the body.
  std::optional<SteadyTime> parked_at_{};  ///< For more of the body.
  SteadyTime patience_{};

  std::optional<Response> response_{};  ///< The server's own answer, before any of the route's.
  bool is_held_back_ = false;
  bool wants_close_ = true;
  bool is_refused_ = false;  ///< The rest of the input cannot be understood.
  int status_ = 0;
  std::string outcome_{};
  std::string reason_{};
  std::optional<std::size_t> cut_after_{};
  std::string output_{};  ///< What the socket has not taken yet.
  std::uint64_t answer_bytes_ = 0;
  std::uint64_t sent_ = 0;
  bool client_gone_ = false;

  std::shared_ptr<BodyStream> stream_{};  ///< Null without one, and after its end.
  bool is_chunked_ = false;
  bool knows_stop_ = false;  ///< The stream was told that the service stops.
  std::atomic<WakeState> wake_state_{WakeState::kWoken};

  Mutex mutex_;
  Responder::Make make_ VCACHE_GUARDED_BY(mutex_);
  std::function<void()> told_ VCACHE_GUARDED_BY(mutex_);
  bool has_left_ VCACHE_GUARDED_BY(mutex_) = false;
  std::atomic<bool> answered_{false};
  std::atomic<bool> decided_{false};      ///< Whether the body is wanted.
  std::atomic<bool> consent_met_{false};  ///< As `met_`, for that decision.
  std::atomic<bool> met_{false};  ///< Set by whoever comes first: the answer, or the parking.
};

}  // namespace vcache::http
