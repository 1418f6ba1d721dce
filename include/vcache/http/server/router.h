#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "vcache/http/parsing/message.h"
#include "vcache/http/server/route.h"

namespace vcache::http {

/// Maps methods and paths to routes: literal paths, and prefixes with one variable part (rule
/// H12). Fill it before the server starts; afterwards it is read-only and thread-safe.
class Router {
 public:
  void AddRoute(std::string method, std::string path, Route route);
  /// The same for a body that may be longer than `ServerOptions::max_body_bytes`: its intake keeps
  /// none of it.
  void AddLongRoute(std::string method, std::string path, Route route);
  /// Matches `prefix` (ends in `/`) and one more non-empty part without a slash, which becomes
  /// `Request::tail`. `suffix` (begins with `/`) must follow that part. Literal paths win.
  void AddPrefixRoute(std::string method, std::string prefix, Route route, std::string suffix = {});
  /// The same for a handler that wants the whole body.
  void Add(std::string method, std::string path, Handler handler) {
    AddRoute(std::move(method), std::move(path), Collected(std::move(handler)));
  }
  void AddPrefix(std::string method, std::string prefix, Handler handler, std::string suffix = {}) {
    AddPrefixRoute(std::move(method), std::move(prefix), Collected(std::move(handler)),
                   std::move(suffix));
  }
  /// A literal GET that the server's own thread answers, whatever its workers do. The handler must
  /// be quick, and gets no body.
  void AddUrgent(std::string path, Handler handler);

  struct Match {
    const Route* route = nullptr;
    std::string_view tail;
    bool takes_any_length = false;
  };
  /// Why no route matched: kNotFound, or kMethodNotAllowed with the path's methods for `Allow`.
  struct NoMatch {
    ErrorCode code;
    std::vector<std::string> allowed;
  };
  /// Finds the route. GET routes serve HEAD too.
  std::variant<Match, NoMatch> Find(std::string_view method, std::string_view path) const;
  /// Whether a request head is one of an urgent route, as far as its request line tells.
  bool IsUrgent(std::string_view head) const noexcept;

 private:
  struct Entry {
    std::string method;
    std::string path;
    bool prefix;
    std::string suffix;
    Route route;
    bool takes_any_length = false;
  };
  std::vector<Entry> entries_;
  std::vector<std::string> urgent_;  ///< Their paths.
};

}  // namespace vcache::http
