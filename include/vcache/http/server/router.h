#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "vcache/http/parsing/message.h"

namespace vcache::http {

using Handler = std::function<Response(Request&)>;

/// Which handler serves which method and path: literal paths, and prefixes for one variable part.
/// No patterns (rule H12). Filled before the server starts, read-only afterwards, then thread-safe.
class Router {
 public:
  /// `path` is matched whole.
  void Add(std::string method, std::string path, Handler handler);
  /// Every path that begins with `prefix` (which ends in `/`) and has one more, non-empty part
  /// without a slash; `Request::tail` is that part. Literal paths win. With a `suffix` (which
  /// begins with `/`), that stands behind the part.
  void AddPrefix(std::string method, std::string prefix, Handler handler, std::string suffix = {});

  struct Match {
    const Handler* handler = nullptr;
    std::string_view tail;
  };
  /// The handler, or kNotFound, or kMethodNotAllowed with the methods that the path has (for
  /// `Allow`). GET routes serve HEAD too.
  struct NoMatch {
    ErrorCode code;
    std::vector<std::string> allowed;
  };
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
