#pragma once

#include <cstddef>
#include <span>

#include "vcache/core/result.h"

namespace vcache {

/// Bytes in sequence: a request body, or a spooled upload on its way to a vendor. One thread at a
/// time; each reader of the same bytes has its own source.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Fills the front of `into` and returns how many bytes it wrote; 0 means the end. Blocks for at
  /// least one byte. After an error every further call fails too. Errors: a body returns
  /// kRequestTimeout, kTooLarge, kBadRequest or kClientGone; a spool returns kIo.
  virtual Result<std::size_t> Read(std::span<std::byte> into) = 0;
};

}  // namespace vcache
