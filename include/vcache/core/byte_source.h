#pragma once

#include <cstddef>
#include <span>

#include "vcache/core/result.h"

namespace vcache {

/// Bytes that come one after the other: a request body, a spooled upload on its way to a vendor.
/// One thread at a time; each reader of the same bytes has a source of its own.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Fills the front of `into` and says how many bytes it wrote; 0 is the end, and only the end.
  /// Blocks until at least one byte is there. After an error every further call fails too.
  /// Errors are those of what stands behind: a body may end with kRequestTimeout, kTooLarge,
  /// kBadRequest or kClientGone, a spool with kIo.
  virtual Result<std::size_t> Read(std::span<std::byte> into) = 0;
};

}  // namespace vcache
