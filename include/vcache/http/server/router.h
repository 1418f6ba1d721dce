#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "vcache/http/parsing/message.h"

namespace vcache::http {

using Handler = std::function<Response(Request&)>;

/// Maps methods and paths to handlers: literal paths, and prefixes with one variable part (rule
/// H12). Fill it before the server starts; afterwards it is read-only and thread-safe.
class Router {
 public:
  void Add(std::string method, std::string path, Handler handler);
  /// Matches `prefix` (ends in `/`) and one more non-empty part without a slash, which becomes
  /// `Request::tail`. `suffix` (begins with `/`) must follow that part. Literal paths win.
  void AddPrefix(std::string method, std::string prefix, Handler handler, std::string suffix = {});

  struct Match {
    const Handler* handler = nullptr;
    std::string_view tail;
  };
  /// Why no route matched: kNotFound, or kMethodNotAllowed with the path's methods for `Allow`.
  struct NoMatch {
    ErrorCode code;
    std::vector<std::string> allowed;
  };
  /// Finds the handler. GET routes serve HEAD too.
  std::variant<Match, NoMatch> Find(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    std::string method;
    std::string path;
    bool prefix;
    std::string suffix;
    Handler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace vcache::http
