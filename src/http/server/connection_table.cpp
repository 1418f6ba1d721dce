#include "http/server/connection_table.h"

namespace vcache::http {

Connection* ConnectionTable::Add(std::unique_ptr<Connection> connection) {
  Connection* const added = connection.get();
  const auto group = by_group_.find(added->group);
  const std::size_t of_group = group == by_group_.end() ? 0 : group->second;
  added->counted = counted_ < limits_.total && (added->is_proxy || of_group < limits_.per_address);
  if (added->counted) {
    ++counted_;
    ++by_group_[added->group];
  } else if (all_.size() - counted_ >= limits_.refused) {
    return nullptr;
  }
  all_.emplace(added, std::move(connection));
  return added;
}

void ConnectionTable::Remove(Connection& connection) {
  SetDue(connection, std::nullopt);
  if (connection.counted) {
    --counted_;
    const auto group = by_group_.find(connection.group);
    if (--group->second == 0) by_group_.erase(group);
  }
  all_.erase(&connection);
}

void ConnectionTable::SetDue(Connection& connection, std::optional<SteadyTime> due) {
  if (connection.due) {
    timers_.erase({*connection.due, &connection});
    idle_.erase({*connection.due, &connection});
  }
  connection.due = due;
  if (!due) return;
  timers_.emplace(*due, &connection);
  if (connection.state == Connection::State::kIdle) idle_.emplace(*due, &connection);
}

Connection* ConnectionTable::LongestIdle() const {
  return idle_.empty() ? nullptr : idle_.begin()->second;
}

std::optional<SteadyTime> ConnectionTable::NextDue() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first;
}

Connection* ConnectionTable::TakeDue(SteadyTime now) {
  if (timers_.empty() || timers_.begin()->first > now) return nullptr;
  Connection* const connection = timers_.begin()->second;
  SetDue(*connection, std::nullopt);
  return connection;
}

}  // namespace vcache::http
