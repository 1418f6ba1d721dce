#include "vcache/content/spool.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "content/temp_file.h"

namespace vcache::content {
namespace {

constexpr std::size_t kFirstBlock = 4096;

/// Memory in blocks, each as large as all before it: allocates at most twice the content, plus a
/// page, and copies no byte again.
class Blocks {
 public:
  explicit Blocks(std::size_t limit) : limit_(limit) {}

  /// Returns what does not fit: the share, which may be null, grants no more memory.
  ByteView Append(ByteView bytes, SpoolBudget::Share* share) {
    while (!bytes.empty()) {
      const bool is_full = blocks_.empty() || blocks_.back().used == blocks_.back().capacity;
      if (is_full && !Grow(share)) break;
      Block& block = blocks_.back();
      const std::size_t count = std::min(bytes.size(), block.capacity - block.used);
      std::memcpy(block.bytes.get() + block.used, bytes.data(), count);
      block.used += count;
      size_ += count;
      bytes = bytes.subspan(count);
    }
    return bytes;
  }

  std::size_t ReadAt(std::uint64_t offset, std::span<std::byte> into) const {
    std::size_t done = 0;
    for (const Block& block : blocks_) {
      if (done == into.size()) break;
      if (offset >= block.used) {
        offset -= block.used;
        continue;
      }
      const auto from = static_cast<std::size_t>(offset);
      const std::size_t count = std::min(block.used - from, into.size() - done);
      std::memcpy(into.data() + done, block.bytes.get() + from, count);
      done += count;
      offset = 0;
    }
    return done;
  }

  std::size_t count() const noexcept { return blocks_.size(); }
  ByteView operator[](std::size_t index) const noexcept {
    return {blocks_[index].bytes.get(), blocks_[index].used};
  }

 private:
  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t capacity = 0;
    std::size_t used = 0;
  };

  bool Grow(SpoolBudget::Share* share) {
    const std::size_t capacity = std::min(std::max(kFirstBlock, size_), limit_ - size_);
    if (share != nullptr && !share->TakeMemory(capacity)) return false;
    blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(capacity), capacity, 0});
    return true;
  }

  std::size_t limit_;
  std::size_t size_ = 0;
  std::vector<Block> blocks_;
};

}  // namespace

struct Spool::State {
  State(SpoolOptions given, std::unique_ptr<SpoolBudget::Share> its_share)
      : options(std::move(given)), share(std::move(its_share)), memory(options.memory_bytes) {}

  SpoolOptions options;
  std::unique_ptr<SpoolBudget::Share> share;
  Blocks memory;
  std::optional<TempFile> file;
  std::uint64_t size = 0;
  std::optional<Error> error;

  Result<void> Append(ByteView bytes) {
    if (!file && bytes.size() <= options.memory_bytes - size) {
      bytes = memory.Append(bytes, share.get());
      if (bytes.empty()) return {};
    }
    if (!file) {
      if (const Result<void> moved = MoveToFile(); !moved) return moved;
    }
    return WriteToFile(bytes);
  }

  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<std::byte> into) const {
    if (error) return *error;
    if (!file) return memory.ReadAt(offset, into);
    std::size_t done = 0;
    while (done < into.size() && offset + done < size) {
      const Result<std::size_t> count = file->ReadAt(offset + done, into.subspan(done));
      if (!count) return count;
      if (*count == 0) break;
      done += *count;
    }
    return done;
  }

  Result<void> MoveToFile() {
    Result<TempFile> created = TempFile::Create(options.directory);
    if (!created) return std::move(created).error();
    file = *std::move(created);
    for (std::size_t i = 0; i < memory.count(); ++i) {
      if (const Result<void> written = WriteToFile(memory[i]); !written) return written;
    }
    memory = Blocks(0);
    if (share) share->ReturnMemory();
    return {};
  }

  Result<void> WriteToFile(ByteView bytes) {
    if (share) {
      if (Result<void> taken = share->TakeDisk(bytes.size()); !taken) return taken;
    }
    const auto reserved = options.space->Reserve(bytes.size(), options.reserve_bytes,
                                                 [this] { return file->FreeBytes(); });
    if (!reserved) return reserved.error();
    if (!*reserved) {
      return Error{ErrorCode::kIo,
                   "Cannot keep the upload in " + options.directory.string() +
                       ": less than the reserve of " +
                       std::to_string(options.reserve_bytes >> 20U) +
                       " MiB would stay free. Free space there, or let SPOOL_DIR name a directory "
                       "with more of it."};
    }
    return file->Append(bytes);
  }
};

class Spool::Reader final : public ByteSource {
 public:
  explicit Reader(const State& state) : state_(state) {}

  Result<std::size_t> Read(std::span<std::byte> into) override {
    if (error_) return *error_;
    Result<std::size_t> count = state_.ReadAt(offset_, into);
    if (count && *count == 0 && !into.empty() && offset_ < state_.size) {
      // An early end must not pass for a whole content.
      count = Error{ErrorCode::kIo, "A spooled upload is shorter than what was written."};
    }
    if (count) {
      offset_ += *count;
    } else {
      error_ = count.error();
    }
    return count;
  }

 private:
  const State& state_;
  std::uint64_t offset_ = 0;
  std::optional<Error> error_;
};

Spool::Spool(SpoolOptions options, std::unique_ptr<SpoolBudget::Share> share)
    : state_(std::make_unique<State>(std::move(options), std::move(share))) {}
Spool::~Spool() = default;
Spool::Spool(Spool&&) noexcept = default;
Spool& Spool::operator=(Spool&&) noexcept = default;

Result<void> Spool::Append(ByteView bytes) {
  State& state = *state_;
  if (state.error) return *state.error;
  Result<void> appended = state.Append(bytes);
  if (!appended) {
    state.error = appended.error();
    return appended;
  }
  state.size += bytes.size();
  return {};
}

std::uint64_t Spool::size() const noexcept {
  return state_->size;
}

bool Spool::in_memory() const noexcept {
  return !state_->file.has_value();
}

std::unique_ptr<ByteSource> Spool::NewReader() const {
  return std::make_unique<Reader>(*state_);
}

Result<std::size_t> Spool::ReadAt(std::uint64_t offset, std::span<std::byte> into) const {
  return state_->ReadAt(offset, into);
}

}  // namespace vcache::content
