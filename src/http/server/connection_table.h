#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "http/server/connection.h"

namespace vcache::http {

/// Every open connection, how many each address has, and when each one that waits runs out of
/// time. Not thread-safe: the event loop guards it.
class ConnectionTable {
 public:
  struct Limits {
    std::size_t total;
    std::size_t per_address;
    /// How many beyond the limits are kept for as long as it takes to tell them so.
    std::size_t refused = 128;
  };
  explicit ConnectionTable(const Limits& limits) : limits_(limits) {}

  /// Takes the connection in. `counted` is false when it is over a limit; nothing is returned when
  /// there are too many of those as well (and the connection is closed).
  Connection* Add(std::unique_ptr<Connection> connection);
  /// Closes and destroys it.
  void Remove(Connection& connection);

  /// Sets, moves or clears the moment at which a connection's time is over.
  void SetDue(Connection& connection, std::optional<SteadyTime> due);
  std::optional<SteadyTime> NextDue() const;
  /// One connection whose time is over, its timer cleared; none when there is no more.
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
  std::size_t counted_ = 0;
};

}  // namespace vcache::http
