#pragma once

#include <string>
#include <string_view>

#include "vcache/core/result.h"

namespace vcache::cache {

/// Whether a stored value begins with zstd's magic number (28 B5 2F FD).
bool IsZstdFrame(std::string_view stored) noexcept;

/// One zstd frame with a checksum.
std::string Compress(std::string_view text);

/// The text of exactly one frame. The size that a frame claims is ignored: it is decompressed as a
/// stream, and refused when it grows over `max_bytes` or wants a window larger than an entry needs
/// (rule R10). kStoreCorrupt.
Result<std::string> Decompress(std::string_view frame, std::size_t max_bytes);

}  // namespace vcache::cache
