#pragma once

#include <atomic>

#include "http/parsing/http_date.h"
#include "http/parsing/request_head.h"
#include "http/server/body_reader.h"
#include "http/server/connection.h"
#include "http/server/response_writer.h"
#include "vcache/http/server/server.h"

namespace vcache::http {

/// The parts of the server that workers use; all outlive the workers.
struct ServerContext {
  const ServerOptions& options;
  const Router& router;
  const ServerHooks& hooks;
  Clock& clock;
  Logger& logger;
  const std::atomic<bool>& stopping;
};

/// What the worker does with the connection after an exchange.
enum class Disposition {
  kKeep,         ///< Another request may come.
  kCloseGently,  ///< Answered; further input is read and dropped (rule H6).
  kDrop,         ///< The client is gone.
};

/// Takes one request from a connection and answers it. The server makes every answer here, so that
/// all have the same fields (rule H23). One instance per answering thread.
class Exchange {
 public:
  explicit Exchange(const ServerContext& context);

  /// Serves the head at the front of the input, or answers the connection's `refusal`.
  Disposition Serve(Connection& connection);

  /// Answers 503 to a connection above the limits; the caller closes it gently. Does not block and
  /// calls no handler: bytes that exceed the socket's buffer are lost. Method and path are known
  /// only with a whole head, `Origin` only with its line.
  void Shed(Connection& connection);

 private:
  struct RequestContext {
    Connection& connection;
    SteadyTime started;
    Request request{};
    RequestHead head{};
    bool wants_close = true;
    bool may_wait = true;  ///< Wait for a client that reads its answer slowly.
    int status = 0;
    std::string outcome{};
    std::string reason{};
    std::optional<std::size_t> cut_after{};
    std::uint64_t sent = 0;
    bool complete = false;  ///< The whole answer was sent.
  };

  RequestContext Begin(Connection& connection) const;
  bool TakeHead(RequestContext& context, std::optional<Error>& refusal);
  /// Reads the chunks of a method that takes no body: they must be empty (rules H3 and H5).
  static std::optional<Error> RefuseBody(RequestContext& context, BodyReader& body);
  Response Respond(RequestContext& context, BodyReader* body, const std::optional<Error>& refusal);
  Response Dispatch(RequestContext& context);
  Response CallHandler(RequestContext& context, const Handler& handler);
  Response RenderError(const RequestInfo& info, const Error& error);
  void Complete(RequestContext& context, Response& response);
  void Send(RequestContext& context, std::string_view head, std::string_view body);
  void Report(const RequestContext& context, const BodyReader* body, bool client_gone);

  const ServerContext& context_;
  const std::string keep_alive_;  ///< For kept connections; empty for none.
  ResponseWriter writer_;
  DateHeader date_;
};

}  // namespace vcache::http
