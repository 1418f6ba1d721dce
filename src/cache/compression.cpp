#include "cache/compression.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

#include "vcache/core/free_with.h"

namespace vcache::cache {
namespace {

constexpr std::string_view kMagic = "\x28\xB5\x2F\xFD";
constexpr int kLevel = 3;
constexpr int kMaxWindowLog = 20;  // 1 MiB: the most memory that a reader needs for it

using CompressContext = std::unique_ptr<ZSTD_CCtx, FreeWith<ZSTD_freeCCtx>>;
using DecompressContext = std::unique_ptr<ZSTD_DCtx, FreeWith<ZSTD_freeDCtx>>;

Error BadFrame(std::string message) {
  return Error{ErrorCode::kStoreCorrupt, std::move(message)};
}

}  // namespace

bool IsZstdFrame(std::string_view stored) noexcept {
  return stored.starts_with(kMagic);
}

std::string Compress(std::string_view text) {
  const CompressContext context(ZSTD_createCCtx());
  if (!context) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string frame(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size =
      ZSTD_compress2(context.get(), frame.data(), frame.size(), text.data(), text.size());
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();  // the only failure with a large buffer
  frame.resize(size);
  return frame;
}

Result<std::string> Decompress(std::string_view frame, std::size_t max_bytes) {
  const DecompressContext context(ZSTD_createDCtx());
  if (!context) throw std::bad_alloc();
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
  std::string text;
  std::array<char, 16 * 1024> piece;
  ZSTD_inBuffer input{frame.data(), frame.size(), 0};
  while (true) {
    ZSTD_outBuffer output{piece.data(), piece.size(), 0};
    const std::size_t left = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(left) != 0) return BadFrame("The entry is no intact zstd frame.");
    if (text.size() + output.pos > max_bytes)
      return BadFrame("The entry decompresses without end.");
    text.append(piece.data(), output.pos);
    if (left == 0) break;
    if (input.pos == input.size && output.pos < output.size) {
      return BadFrame("The entry is a truncated zstd frame.");
    }
  }
  if (input.pos != input.size) return BadFrame("Something follows the entry's zstd frame.");
  return text;
}

}  // namespace vcache::cache
