#pragma once

#include <atomic>

#include "http/parsing/http_date.h"
#include "http/parsing/request_head.h"
#include "http/parsing/request_id.h"
#include "http/server/body_reader.h"
#include "http/server/connection.h"
#include "http/server/response_writer.h"
#include "vcache/http/server/server.h"

namespace vcache::http {

/// What every worker needs of the server; all of it outlives the workers.
struct ServerContext {
  const ServerOptions& options;
  const Router& router;
  const ServerHooks& hooks;
  Clock& clock;
  Logger& logger;
  const std::atomic<bool>& stopping;
};

/// What becomes of a connection after an exchange.
enum class Disposition {
  kKeep,         ///< Another request may come.
  kCloseGently,  ///< Answered; what the client still sends is to be read and dropped (rule H6).
  kDrop,         ///< Nobody is there any more.
};

/// Takes one request from a connection to its answer: every answer of the server is made here, so
/// that all bear the same fields (rule H23). One per thread that answers.
class Exchange {
 public:
  explicit Exchange(const ServerContext& context);

  /// Serves the head at the front of the input, or answers the connection's `refusal`.
  Disposition Serve(Connection& connection);

  /// Answers 503 to a connection that there is no room for, to be closed gently afterwards. Calls
  /// no handler and waits for nothing: what does not fit into the socket's buffer is lost. Method
  /// and path are known only if a whole head has arrived, `Origin` if its line has.
  void Shed(Connection& connection);

 private:
  /// One request on its way.
  struct RequestContext {
    Connection& connection;
    SteadyTime started;
    Request request;
    RequestHead head;
    bool wants_close = true;
    bool may_wait = true;  ///< For a client that is slow to read its answer.
    int status = 0;
    std::string outcome;
    std::string reason{};
    std::optional<std::size_t> cut_after;
    std::uint64_t sent = 0;
    bool complete = false;  ///< The whole answer went out.
  };

  RequestContext Begin(Connection& connection) const;
  bool TakeHead(RequestContext& context, std::optional<Error>& refusal);
  /// Reads the chunks of a method that takes no body, which may have an end and nothing else, so
  /// that nothing of them is left for the next request (rules H3 and H5).
  static std::optional<Error> RefuseBody(RequestContext& context, BodyReader& body);
  Response Respond(RequestContext& context, BodyReader* body, const std::optional<Error>& refusal);
  Response Dispatch(RequestContext& context);
  Response CallHandler(RequestContext& context, const Handler& handler);
  Response RenderError(const RequestInfo& info, const Error& error);
  void Complete(RequestContext& context, Response& response);
  void Send(RequestContext& context, std::string_view head, std::string_view body);
  void Report(const RequestContext& context, const BodyReader* body, bool client_gone);

  const ServerContext& context_;
  const std::string keep_alive_;  ///< Of kept connections; empty for none.
  ResponseWriter writer_;
  RequestIds ids_;
  DateHeader date_;
};

}  // namespace vcache::http
