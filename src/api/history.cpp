#include "vcache/api/history.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <tuple>
#include <utility>

namespace vcache::api {
namespace {

using cache::HistoryRecord;

bool IsNewer(const HistoryRecord& one, const HistoryRecord& other) {
  return std::tie(one.at, one.id) > std::tie(other.at, other.id);
}

}  // namespace

History::History(HistoryOptions options, cache::HistoryStore& store, Clock& clock, Logger& logger)
    : options_(std::move(options)),
      store_(store),
      clock_(clock),
      logger_(logger),
      flushing_(clock) {}

History::~History() {
  Stop();
}

void History::Start() {
  flushing_.Start(options_.flush_interval, [this] {
    Flush();
    return options_.flush_interval;
  });
}

void History::Stop() {
  flushing_.Stop();
  Flush();
}

Deadline History::StoreDeadline() const {
  return Deadline::After(clock_, options_.store_timeout);
}

void History::Note(const std::string& owner, HistoryRecord record) {
  const MutexLock lock(mutex_);
  waiting_[owner].push_back(std::move(record));
  ++count_;
  MakeRoom();
}

/// Of those who have the most records waiting, the oldest go.
void History::MakeRoom() {
  if (count_ <= options_.max_waiting) return;
  const auto most = std::max_element(
      waiting_.begin(), waiting_.end(),
      [](const auto& one, const auto& other) { return one.second.size() < other.second.size(); });
  const std::size_t half = (most->second.size() + 1) / 2;
  most->second.erase(most->second.begin(),
                     most->second.begin() + static_cast<std::ptrdiff_t>(half));
  count_ -= half;
  if (most->second.empty()) waiting_.erase(most);
}

std::vector<HistoryRecord> History::WaitingOf(const std::string& owner) {
  std::vector<HistoryRecord> records;
  const MutexLock lock(mutex_);
  for (const Waiting* from : {&moving_, &waiting_}) {
    const auto found = from->find(owner);
    if (found == from->end()) continue;
    records.insert(records.end(), found->second.begin(), found->second.end());
  }
  return records;
}

Result<std::vector<HistoryRecord>> History::Read(const std::string& owner) {
  // In this order: what moves meanwhile is seen twice, not never.
  std::vector<HistoryRecord> records = WaitingOf(owner);
  auto kept = store_.Read(owner, StoreDeadline());
  if (!kept) return kept;
  records.insert(records.end(), kept->begin(), kept->end());
  std::sort(records.begin(), records.end(), IsNewer);
  const auto same_id = [](const HistoryRecord& one, const HistoryRecord& other) {
    return one.id == other.id;
  };
  records.erase(std::unique(records.begin(), records.end(), same_id), records.end());
  if (records.size() > options_.entries) records.resize(options_.entries);
  return records;
}

Result<bool> History::Remove(const std::string& owner, const std::string& id) {
  const MutexLock flush_lock(flush_mutex_);
  {
    const MutexLock lock(mutex_);
    const auto found = waiting_.find(owner);
    if (found != waiting_.end()) {
      const std::size_t removed = std::erase_if(
          found->second, [&](const HistoryRecord& record) { return record.id == id; });
      count_ -= removed;
      if (found->second.empty()) waiting_.erase(found);
      if (removed > 0) return true;
    }
  }
  return store_.Remove(owner, id, StoreDeadline());
}

Result<std::size_t> History::Erase(const std::string& owner) {
  const MutexLock flush_lock(flush_mutex_);
  auto erased = store_.Erase(owner, StoreDeadline());
  if (!erased) return erased;
  const MutexLock lock(mutex_);
  const auto found = waiting_.find(owner);
  if (found == waiting_.end()) return erased;
  const std::size_t waited = found->second.size();
  count_ -= waited;
  waiting_.erase(found);
  return *erased + waited;
}

void History::Flush() {
  const MutexLock flush_lock(flush_mutex_);
  std::vector<cache::HistoryWrite> writes;
  {
    const MutexLock lock(mutex_);
    if (waiting_.empty()) return;
    moving_ = std::exchange(waiting_, {});
    count_ = 0;
    for (const auto& [owner, records] : moving_) writes.push_back({owner, records});
  }
  const Result<void> written = store_.Append(writes, StoreDeadline());
  ReportLocked(written);
  const MutexLock lock(mutex_);
  if (!written) {
    for (auto& [owner, records] : moving_) {
      std::vector<HistoryRecord>& waiting = waiting_[owner];
      count_ += records.size();
      waiting.insert(waiting.begin(), std::make_move_iterator(records.begin()),
                     std::make_move_iterator(records.end()));
    }
    while (count_ > options_.max_waiting) MakeRoom();
  }
  moving_.clear();
}

void History::ReportLocked(const Result<void>& written) {
  const bool refused = !written.has_value();
  if (refused == std::exchange(refused_, refused)) return;
  if (refused) {
    logger_.Warn("Records wait in memory until the store answers",
                 {{"of", options_.name}, {"reason", written.error().message}});
  } else {
    logger_.Info("Records are in the store again", {{"of", options_.name}});
  }
}

}  // namespace vcache::api
