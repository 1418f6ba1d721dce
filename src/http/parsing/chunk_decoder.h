#pragma once

#include <cstdint>
#include <span>

#include "vcache/core/bytes.h"
#include "vcache/core/result.h"

namespace vcache::http {

/// Takes the chunked transfer coding apart (RFC 9112 section 7.1, rule H4), whatever pieces it
/// arrives in. Strict: sizes of hexadecimal digits only, CRLF line ends, extensions and trailers
/// bounded (and dropped). One thread at a time; memory does not grow with the input.
class ChunkDecoder {
 public:
  struct Step {
    std::size_t consumed = 0;  ///< Raw bytes used up.
    ByteView data{};           ///< Payload within the input; may be empty while more is consumed.
    bool done = false;         ///< The last chunk and its trailers are complete.
  };

  /// Decodes up to one run of payload from the front of `raw`. kBadRequest on anything malformed;
  /// the decoder is of no use afterwards. Consumes nothing after the end.
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

  /// Takes one byte of framing: what is wrong with it, or null.
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
