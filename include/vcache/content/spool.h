#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "vcache/content/spool_space.h"
#include "vcache/core/byte_source.h"
#include "vcache/core/bytes.h"
#include "vcache/core/result.h"

namespace vcache::content {

struct SpoolOptions {
  /// Up to here the content stays in memory; what is larger moves to an unlinked temporary file.
  std::size_t memory_bytes = 1024 * 1024;
  /// Where temporary files go. They have no name from the start (`O_TMPFILE`; where a file system
  /// lacks it, created and unlinked at once), so nothing is left whatever happens to the process.
  std::filesystem::path directory = "/tmp";
  /// Space that must stay free on that file system; below it an upload is refused (rule P2).
  std::uint64_t reserve_bytes = 64ULL * 1024 * 1024;
  /// Counts what all spools that were made by copies of these options write at the same time.
  std::shared_ptr<SpoolSpace> space = std::make_shared<SpoolSpace>();
};

/// An upload while it is needed: written once by one thread, then read by any number of threads,
/// each through a reader of its own.
class Spool {
 public:
  explicit Spool(SpoolOptions options = {});
  ~Spool();
  Spool(Spool&&) noexcept;
  Spool& operator=(Spool&&) noexcept;

  /// kIo when the disk is full or refuses; the message says where and what to free.
  Result<void> Append(ByteView bytes);

  std::uint64_t size() const noexcept;
  bool in_memory() const noexcept;
  /// The first bytes, up to `kSniffBytes`; valid until the next `Append`.
  ByteView front() const noexcept;

  /// A reader from the start. It must not outlive the spool; no `Append` once one exists.
  std::unique_ptr<ByteSource> NewReader() const;

  /// Fills the front of `into` from `offset` on and says how many bytes it wrote; 0 at the end and
  /// beyond it. For parsers that need a few bytes here and there. Safe from any thread, under the
  /// conditions of `NewReader`; its errors too.
  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<std::byte> into) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcache::content
