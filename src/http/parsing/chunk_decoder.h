#pragma once

#include <cstdint>
#include <span>

#include "vcache/core/bytes.h"
#include "vcache/core/result.h"

namespace vcache::http {

/// Decodes the chunked transfer coding (RFC 9112 section 7.1, rule H4) from pieces of any size.
/// Strict: only hexadecimal sizes, CRLF line ends, bounded extensions and trailers (dropped).
/// Memory does not grow with the input. Use it from one thread at a time.
class ChunkDecoder {
 public:
  struct Step {
    std::size_t consumed = 0;  ///< Raw bytes used up.
    ByteView data{};           ///< Payload within the input; may be empty.
    bool done = false;         ///< The last chunk and its trailers are complete.
  };

  /// Decodes at most one run of payload from the front of `raw`. Consumes nothing after the end.
  /// Error: kBadRequest on malformed input; the decoder is unusable afterwards.
  Result<Step> Next(ByteView raw);
  bool done() const noexcept { return state_ == State::kDone; }

 private:
  enum class State {
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailerName,
    kTrailer,
    kTrailerLf,
    kEndLf,
    kDone,
    kFailed
  };

  /// Takes one byte of framing. Returns the error text, or null.
  const char* Frame(char c) noexcept;
  const char* FrameSize(char c) noexcept;
  const char* FrameTrailer(char c) noexcept;

  State state_ = State::kSize;
  std::uint64_t left_ = 0;
  std::size_t digits_ = 0;
  std::size_t line_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace vcache::http
