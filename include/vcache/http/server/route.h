#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <variant>

#include "vcache/core/bytes.h"
#include "vcache/core/result.h"
#include "vcache/http/parsing/message.h"

namespace vcache::http {

/// The way back to the client of one request. Thread-safe. If it is destroyed without an answer,
/// the client gets a 500.
class Responder {
 public:
  /// Makes the answer; called once, on one of the server's workers. It may throw: then the client
  /// gets a 500.
  using Make = std::function<Response()>;

  virtual ~Responder() = default;
  /// The first call decides; later calls have no effect. Does not block.
  virtual void Answer(Make make) = 0;
  /// `told` is called at most once, from any thread, as soon as the client disconnects (rule H25);
  /// it must not block. At once if it has already. Not called after the answer. A client that has
  /// shut only its writing side counts as gone, although the server still answers it.
  virtual void OnClientGone(std::function<void()> told) = 0;
};

/// What a route makes of one request. The server calls it from one thread at a time, never
/// blocks in it for the client, and destroys it after the answer.
class Intake {
 public:
  virtual ~Intake() = default;
  /// Called before any `Take` when the client waits to be asked for its body (`Expect:
  /// 100-continue`). An answer through the responder spares the body, which is then never asked
  /// for. When the responder is let go of without an answer, now or later, the body is asked for.
  /// It must not wait.
  virtual void Consider(std::shared_ptr<Responder> responder) { (void)responder; }
  /// A piece of the body, valid during the call only. An error becomes the answer at once, and the
  /// rest of the body is not read (rule H6).
  virtual Result<void> Take(ByteView piece) = 0;
  /// Whether it has enough for now. Asked before each `Take`: while it is full, the server takes no
  /// more from the socket, so that the client has to wait. The time does not count against it.
  virtual bool IsFull() { return false; }
  /// Called when it was full: `told` wakes the server when there is room, or at once if there is by
  /// now. It is cheap, and may be called and destroyed by any thread, at any time, also later than
  /// this intake.
  virtual void WhenRoom(std::function<void()> told) { told(); }
  /// The body is complete. Answers now or later through the responder, and must not keep the
  /// responder in the intake itself. It must not wait: a worker runs it.
  virtual void Complete(std::shared_ptr<Responder> responder) = 0;
};

/// What a route makes of a head: an intake for the rest, or an answer or an error at once (rule
/// H6).
using RouteResult = std::variant<std::unique_ptr<Intake>, Response, Error>;
/// Called with the head of a request, before its body is read. The request outlives the intake.
using Route = std::function<RouteResult(Request&)>;

/// A whole request in one call. It may block the worker for as long as it takes.
using Handler = std::function<Response(Request&)>;

/// A route that collects the body first (in memory, or in a temporary file), then calls the
/// handler, whose `Request::body` gives the body.
Route Collected(Handler handler);

}  // namespace vcache::http
