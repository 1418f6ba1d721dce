#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "vcache/http/parsing/message.h"

namespace vcache::http {

/// The parts of a request that decide how its answer is written.
struct RequestLine {
  bool head_only = false;  ///< HEAD: the same head, no body.
};

/// Passes a request through cpp-httplib, which calls back for the answer and writes it. The library
/// sees neither the client's socket nor its bytes, so rules H14 to H16 hold by construction. One
/// instance per worker thread.
class ResponseWriter {
 public:
  ResponseWriter();
  ~ResponseWriter();
  ResponseWriter(const ResponseWriter&) = delete;
  ResponseWriter& operator=(const ResponseWriter&) = delete;

  using Respond = std::function<Response()>;
  /// Gets the status line with header fields, and the body; valid during the call only.
  using Send = std::function<void(std::string_view head, std::string_view body)>;

  /// `respond` makes the complete answer except its Content-Length, and must not throw. Calls
  /// `send` once with all of it. False when the library refused to write.
  bool Exchange(const RequestLine& line, const Respond& respond, const Send& send);

 private:
  class Library;
  std::unique_ptr<Library> library_;
};

}  // namespace vcache::http
