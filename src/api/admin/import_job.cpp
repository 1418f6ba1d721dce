#include "api/admin/import_job.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <unordered_map>

#include "api/admin/import_lines.h"

namespace vcache::api {
namespace {

/// A batch begins with so much text at the latest.
constexpr std::size_t kBatchBytes = 512 * 1024;
/// Entries that go to the store at once.
constexpr std::size_t kBatchEntries = 500;
constexpr std::chrono::milliseconds kStoreTimeout{10'000};

/// The newest of each key; a store takes each once.
std::vector<cache::EntryWrite> EachOnce(std::vector<cache::EntryWrite> writes) {
  std::unordered_map<cache::CacheKey, std::size_t> places;
  std::vector<cache::EntryWrite> once;
  for (cache::EntryWrite& write : writes) {
    const auto [place, is_first] = places.try_emplace(write.key, once.size());
    if (is_first) {
      once.push_back(std::move(write));
    } else if (once[place->second].entry->stored_at < write.entry->stored_at) {
      once[place->second] = std::move(write);
    }
  }
  return once;
}

}  // namespace

void ImportReport::Refuse(std::uint64_t line, std::string reason) {
  ++refused;
  if (refusals.size() < kShownRefusals) refusals.push_back({line, std::move(reason)});
}

ImportJob::ImportJob(const ApiState& state, cache::EntryStore& entries)
    : state_(state), entries_(entries) {}

ImportJob::~ImportJob() {
  LeaveCount();
}

void ImportJob::LeaveCount() {
  if (is_counted_.exchange(false)) --state_.imports;
}

Result<void> ImportJob::Take(std::string_view piece) {
  bool starts = false;
  {
    const MutexLock lock(mutex_);
    if (failed_) return *failed_;
    while (!piece.empty()) {
      const std::size_t length = std::min(piece.find('\n'), piece.size());
      is_too_long_ = is_too_long_ || rest_.size() + length > kLongestImportLine;
      if (!is_too_long_) rest_ += piece.substr(0, length);
      if (length == piece.size()) break;
      EndLine();
      piece.remove_prefix(length + 1);
    }
    starts = waiting_bytes_ >= kBatchBytes && NeedsThread();
  }
  if (starts) Start();
  return {};
}

void ImportJob::EndLine() {
  ++number_;
  if (rest_.ends_with('\r')) rest_.pop_back();
  if (is_too_long_) rest_.clear();
  if (is_too_long_ || !rest_.empty()) {
    waiting_bytes_ += rest_.size() + sizeof(Line);
    waiting_.push_back({number_, std::move(rest_)});
  }
  rest_.clear();
  is_too_long_ = false;
}

bool ImportJob::NeedsThread() {
  return !std::exchange(works_, true);
}

bool ImportJob::IsFull() {
  const MutexLock lock(mutex_);
  return works_ && !failed_ && waiting_bytes_ >= kBatchBytes;
}

void ImportJob::WhenRoom(std::function<void()> told) {
  {
    const MutexLock lock(mutex_);
    if (works_ && !failed_ && waiting_bytes_ >= kBatchBytes) {
      told_ = std::move(told);
      return;
    }
  }
  told();
}

void ImportJob::Finish(std::function<void(Outcome)> done) {
  bool starts = false;
  {
    const MutexLock lock(mutex_);
    if (!rest_.empty() || is_too_long_) EndLine();
    done_ = std::move(done);
    starts = NeedsThread();
  }
  if (starts) Start();
}

void ImportJob::Start() {
  if (state_.waiting->Continue([self = shared_from_this()] { self->Work(); })) return;
  Fail({ErrorCode::kOverloaded, "There is no thread for the import; send it again later."});
  TellDone();
}

void ImportJob::Work() {
  try {
    while (const auto batch = NextBatch()) {
      if (auto stored = Store(*batch); !stored) Fail(std::move(stored).error());
    }
  } catch (const std::exception&) {
    state_.parts.logger.Error("An import threw");
    Fail({ErrorCode::kInternal, "The import failed on our side."});
  }
  TellDone();
}

/// What waits; empty when nothing does, and then the thread is not needed any more.
std::optional<ImportJob::Batch> ImportJob::NextBatch() {
  Batch batch;
  std::function<void()> told;
  {
    const MutexLock lock(mutex_);
    // What is less than a batch waits for more, unless there is no more.
    const bool is_enough = done_ ? !waiting_.empty() : waiting_bytes_ >= kBatchBytes;
    if (failed_ || !is_enough) {
      works_ = false;
      return std::nullopt;
    }
    batch.swap(waiting_);
    waiting_bytes_ = 0;
    told.swap(told_);
  }
  if (told) told();
  return batch;
}

Result<void> ImportJob::Store(const Batch& batch) {
  for (std::size_t at = 0; at < batch.size();) {
    std::vector<cache::EntryWrite> writes;
    for (; at < batch.size() && writes.size() < kBatchEntries; ++at) {
      const Line& line = batch[at];
      auto read = line.text.empty()
                      ? Error{ErrorCode::kBadRequest, "The line is longer than 512 KiB."}
                      : ReadImportLine(line.text, state_.options);
      const auto* end = read ? std::get_if<ExportEnd>(&*read) : nullptr;
      report_.is_complete = end != nullptr && end->is_complete;
      if (end != nullptr) continue;
      ++report_.lines;
      if (read) {
        writes.push_back(std::get<cache::EntryWrite>(*std::move(read)));
      } else {
        report_.Refuse(line.number, read.error().message);
      }
    }
    if (writes.empty()) continue;
    const std::size_t all = writes.size();
    writes = EachOnce(std::move(writes));
    const auto merged = entries_.Merge(writes, Deadline::After(state_.parts.clock, kStoreTimeout));
    if (!merged) return merged.error();
    report_.imported += merged->stored;
    report_.kept += merged->kept + (all - writes.size());
  }
  return {};
}

void ImportJob::Fail(Error error) {
  error.message =
      "The import ended early, after " + std::to_string(report_.imported) +
      " new entries. Send the same again; what is there is kept. The reason: " + error.message;
  std::function<void()> told;
  {
    const MutexLock lock(mutex_);
    failed_ = std::move(error);
    waiting_.clear();
    waiting_bytes_ = 0;
    works_ = false;
    told.swap(told_);
  }
  if (told) told();
}

void ImportJob::TellDone() {
  std::function<void(Outcome)> done;
  std::optional<Error> failed;
  {
    const MutexLock lock(mutex_);
    if (works_) return;  // another thread has taken over since
    done.swap(done_);
    failed = failed_;
  }
  if (!done) return;
  LeaveCount();  // whoever has the answer may send the next
  if (failed) return done(*std::move(failed));
  done(report_);
}

}  // namespace vcache::api
