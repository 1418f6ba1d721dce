#pragma once

#include <string>
#include <string_view>

#include "vcache/core/result.h"

namespace vcache::cache {

/// Whether the value begins with zstd's magic number (28 B5 2F FD).
bool IsZstdFrame(std::string_view stored) noexcept;

/// One zstd frame with a checksum.
std::string Compress(std::string_view text);

/// Decompresses exactly one frame as a stream and ignores the size that it claims. kStoreCorrupt
/// when the text exceeds `max_bytes` or the frame needs a larger window than an entry does.
Result<std::string> Decompress(std::string_view frame, std::size_t max_bytes);

}  // namespace vcache::cache
