#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "vcache/content/spool_budget.h"
#include "vcache/content/spool_space.h"
#include "vcache/core/byte_source.h"
#include "vcache/core/bytes.h"
#include "vcache/core/result.h"

namespace vcache::content {

struct SpoolOptions {
  /// A larger content moves to an unlinked temporary file.
  std::size_t memory_bytes = 1024 * 1024;
  /// Directory of the temporary files. They have no name from the start (`O_TMPFILE`), or are
  /// unlinked at once where the file system lacks it: a crash leaves no file behind.
  std::filesystem::path directory = "/tmp";
  /// Space that must stay free on that file system; otherwise the upload is refused (rule P2).
  std::uint64_t reserve_bytes = 64ULL * 1024 * 1024;
  /// Counts the unwritten bytes of all spools that share these options.
  std::shared_ptr<SpoolSpace> space = std::make_shared<SpoolSpace>();
};

/// An upload. One thread writes it; afterwards any number of threads read it, each with its own
/// reader.
class Spool {
 public:
  /// `share`, where given, bounds what this spool holds; when it grants no more memory, the content
  /// moves to the file early.
  explicit Spool(SpoolOptions options = {}, std::unique_ptr<SpoolBudget::Share> share = nullptr);
  ~Spool();
  Spool(Spool&&) noexcept;
  Spool& operator=(Spool&&) noexcept;

  /// Errors: kIo when the disk is full or fails, with the directory and the remedy; kOverloaded
  /// when the share grants no more.
  Result<void> Append(ByteView bytes);

  std::uint64_t size() const noexcept;
  bool in_memory() const noexcept;

  /// A reader from the start. The spool must outlive it. Do not call `Append` once a reader exists.
  std::unique_ptr<ByteSource> NewReader() const;

  /// Fills `into` from `offset` on. Returns the bytes written, 0 at or beyond the end. Thread-safe
  /// once nothing appends any more; the errors of a reader apply.
  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<std::byte> into) const;

 private:
  struct State;
  class Reader;
  std::unique_ptr<State> state_;
};

}  // namespace vcache::content
