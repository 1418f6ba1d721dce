#include "vcache/http/server/router.h"

#include <algorithm>
#include <optional>

namespace vcache::http {
namespace {

/// The path between prefix and suffix, if it is exactly one part.
std::optional<std::string_view> TailOf(std::string_view path, std::string_view prefix,
                                       std::string_view suffix) {
  if (path.size() <= prefix.size() + suffix.size() || !path.starts_with(prefix) ||
      !path.ends_with(suffix)) {
    return std::nullopt;
  }
  path.remove_suffix(suffix.size());
  const std::string_view tail = path.substr(prefix.size());
  if (tail.find('/') != std::string_view::npos) return std::nullopt;
  return tail;
}

bool Serves(std::string_view route_method, std::string_view method) {
  return route_method == method || (route_method == "GET" && method == "HEAD");
}

void AddOnce(std::vector<std::string>& methods, std::string_view method) {
  if (std::find(methods.begin(), methods.end(), method) == methods.end()) {
    methods.emplace_back(method);
  }
}

}  // namespace

void Router::Add(std::string method, std::string path, Handler handler) {
  routes_.push_back({std::move(method), std::move(path), false, {}, std::move(handler)});
}

void Router::AddPrefix(std::string method, std::string prefix, Handler handler,
                       std::string suffix) {
  routes_.push_back(
      {std::move(method), std::move(prefix), true, std::move(suffix), std::move(handler)});
}

std::variant<Router::Match, Router::NoMatch> Router::Find(std::string_view method,
                                                          std::string_view path) const {
  // A literal path hides all prefix routes of its name: their methods are not allowed there. An
  // exact method wins over a GET route that serves HEAD: so take the best route, not the first.
  const bool literal = std::any_of(routes_.begin(), routes_.end(), [&](const Route& route) {
    return !route.prefix && route.path == path;
  });
  const Route* best = nullptr;
  std::string_view best_tail;
  NoMatch none{ErrorCode::kNotFound, {}};
  for (const Route& route : routes_) {
    if (route.prefix == literal) continue;
    const std::optional<std::string_view> tail =
        route.prefix ? TailOf(path, route.path, route.suffix)
                     : (route.path == path ? std::optional<std::string_view>("") : std::nullopt);
    if (!tail) continue;
    none.code = ErrorCode::kMethodNotAllowed;
    AddOnce(none.allowed, route.method);
    if (route.method == "GET") AddOnce(none.allowed, "HEAD");
    if (!Serves(route.method, method)) continue;
    if (best == nullptr || (best->method != method && route.method == method)) {
      best = &route;
      best_tail = *tail;
    }
  }
  if (best != nullptr) return Match{&best->handler, best_tail};
  return none;
}

}  // namespace vcache::http
