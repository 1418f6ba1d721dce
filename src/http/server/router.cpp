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

void Router::AddRoute(std::string method, std::string path, Route route) {
  entries_.push_back({std::move(method), std::move(path), false, {}, std::move(route)});
}

void Router::AddLongRoute(std::string method, std::string path, Route route) {
  AddRoute(std::move(method), std::move(path), std::move(route));
  entries_.back().takes_any_length = true;
}

void Router::AddPrefixRoute(std::string method, std::string prefix, Route route,
                            std::string suffix) {
  entries_.push_back(
      {std::move(method), std::move(prefix), true, std::move(suffix), std::move(route)});
}

void Router::AddUrgent(std::string path, Handler handler) {
  urgent_.push_back(path);
  Add("GET", std::move(path), std::move(handler));
}

bool Router::IsUrgent(std::string_view head) const noexcept {
  for (const std::string_view method : {"GET ", "HEAD "}) {
    if (!head.starts_with(method)) continue;
    const std::string_view target = head.substr(method.size());
    return std::any_of(urgent_.begin(), urgent_.end(), [&](const std::string& path) {
      return target.starts_with(path) && target.size() > path.size() &&
             (target[path.size()] == ' ' || target[path.size()] == '?');
    });
  }
  return false;
}

std::variant<Router::Match, Router::NoMatch> Router::Find(std::string_view method,
                                                          std::string_view path) const {
  // A literal path hides all prefix routes of its name: their methods are not allowed there. An
  // exact method wins over a GET route that serves HEAD: so take the best route, not the first.
  const bool literal = std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return !entry.prefix && entry.path == path;
  });
  const Entry* best = nullptr;
  std::string_view best_tail;
  NoMatch none{ErrorCode::kNotFound, {}};
  for (const Entry& entry : entries_) {
    if (entry.prefix == literal) continue;
    const std::optional<std::string_view> tail =
        entry.prefix ? TailOf(path, entry.path, entry.suffix)
                     : (entry.path == path ? std::optional<std::string_view>("") : std::nullopt);
    if (!tail) continue;
    none.code = ErrorCode::kMethodNotAllowed;
    AddOnce(none.allowed, entry.method);
    if (entry.method == "GET") AddOnce(none.allowed, "HEAD");
    if (!Serves(entry.method, method)) continue;
    if (best == nullptr || (best->method != method && entry.method == method)) {
      best = &entry;
      best_tail = *tail;
    }
  }
  if (best != nullptr) return Match{&best->route, best_tail, best->takes_any_length};
  return none;
}

}  // namespace vcache::http
