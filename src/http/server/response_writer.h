#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "vcache/http/parsing/message.h"

namespace vcache::http {

/// What of a request decides how its answer is written.
struct RequestLine {
  bool head_only = false;  ///< HEAD: the head as ever, no body.
};

/// Runs a request through cpp-httplib, which calls us back for the answer and writes it. The
/// library sees nothing of the client: not its socket, not a byte that it sent (rules H14 to H16
/// hold by construction). One per worker thread.
class ResponseWriter {
 public:
  ResponseWriter();
  ~ResponseWriter();
  ResponseWriter(const ResponseWriter&) = delete;
  ResponseWriter& operator=(const ResponseWriter&) = delete;

  using Respond = std::function<Response()>;
  /// Gets status line with header fields, and the body; both are valid during the call only.
  using Send = std::function<void(std::string_view head, std::string_view body)>;

  /// `respond` makes the complete answer but for its Content-Length; it must not throw. `send` is
  /// called once with all of it. False when the library refused to write.
  bool Exchange(const RequestLine& line, const Respond& respond, const Send& send);

 private:
  class Library;
  std::unique_ptr<Library> library_;
};

}  // namespace vcache::http
