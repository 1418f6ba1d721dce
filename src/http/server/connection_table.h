#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "http/server/connection.h"

namespace vcache::http {

/// Open connections, their number per address, and their timers. The event loop guards it.
class ConnectionTable {
 public:
  struct Limits {
    std::size_t total;
    std::size_t per_address;
    /// Connections above the limits, kept only until they got their answer.
    std::size_t refused = 128;
  };
  explicit ConnectionTable(const Limits& limits) : limits_(limits) {}

  /// Adds the connection, and clears `counted` above a limit. Null, with the connection closed,
  /// when there are too many of those too. In a full table the caller makes room first.
  Connection* Add(std::unique_ptr<Connection> connection);
  void Remove(Connection& connection);

  bool full() const noexcept { return counted_ >= limits_.total; }
  bool nearly_full() const noexcept { return counted_ >= limits_.total - limits_.total / 8; }
  /// The connection that has been idle for longest; null without one.
  Connection* LongestIdle() const;

  void SetDue(Connection& connection, std::optional<SteadyTime> due);
  std::optional<SteadyTime> NextDue() const;
  /// One connection whose timer expired, with its timer cleared; null without one.
  Connection* TakeDue(SteadyTime now);

  bool empty() const noexcept { return all_.empty(); }
  std::size_t size() const noexcept { return all_.size(); }
  const std::unordered_map<Connection*, std::unique_ptr<Connection>>& all() const noexcept {
    return all_;
  }

 private:
  const Limits limits_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> all_;
  std::unordered_map<std::string, std::size_t> by_group_;
  std::set<std::pair<SteadyTime, Connection*>> timers_;
  std::set<std::pair<SteadyTime, Connection*>> idle_;  ///< Those of `timers_` that are idle.
  std::size_t counted_ = 0;
};

}  // namespace vcache::http
