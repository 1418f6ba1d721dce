#include "http/parsing/chunk_decoder.h"

#include <algorithm>

#include "http/parsing/field_syntax.h"
#include "vcache/core/hex.h"

namespace vcache::http {
namespace {

constexpr std::size_t kMaxSizeDigits = 16;  // fits 64 bits
constexpr std::size_t kMaxLineBytes = 256;  // a chunk's size and extensions
constexpr std::size_t kMaxTrailerBytes = 4096;

}  // namespace

Result<ChunkDecoder::Step> ChunkDecoder::Next(ByteView raw) {
  Step step;
  while (step.consumed < raw.size() && state_ != State::kDone) {
    if (state_ == State::kData) {
      step.data = raw.subspan(step.consumed);
      if (step.data.size() > left_) step.data = step.data.first(left_);
      step.consumed += step.data.size();
      left_ -= step.data.size();
      if (left_ == 0) state_ = State::kDataCr;
      return step;
    }
    if (const char* wrong = Frame(static_cast<char>(raw[step.consumed]))) {
      state_ = State::kFailed;
      return Error{ErrorCode::kBadRequest, wrong};
    }
    ++step.consumed;
  }
  step.done = done();
  return step;
}

const char* ChunkDecoder::Frame(char c) noexcept {
  switch (state_) {
    case State::kSize:
    case State::kExtension:
    case State::kSizeLf:
      return FrameSize(c);
    case State::kDataCr:
      if (c != '\r') return "A chunk is longer than its size.";
      state_ = State::kDataLf;
      return nullptr;
    case State::kDataLf:
      if (c != '\n') return "A chunk does not end with CRLF.";
      state_ = State::kSize;
      left_ = digits_ = line_bytes_ = 0;
      return nullptr;
    case State::kTrailerStart:
    case State::kTrailerName:
    case State::kTrailer:
    case State::kTrailerLf:
    case State::kEndLf:
      return FrameTrailer(c);
    case State::kData:
    case State::kDone:
    case State::kFailed:
      break;
  }
  return "The chunks were malformed before.";
}

/// `1*16HEXDIG [ ";" extension ] CRLF`. Readers differ about a sign, 0x or blank: none is allowed.
const char* ChunkDecoder::FrameSize(char c) noexcept {
  if (state_ == State::kSizeLf) {
    if (c != '\n') return "The line of a chunk's size does not end with CRLF.";
    state_ = left_ == 0 ? State::kTrailerStart : State::kData;
    return nullptr;
  }
  if (++line_bytes_ > kMaxLineBytes) return "The extensions of a chunk are too long.";
  if (const int digit = HexValue(c); state_ == State::kSize && digit >= 0) {
    if (++digits_ > kMaxSizeDigits) return "The size of a chunk has too many digits.";
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return nullptr;
  }
  if (digits_ == 0) return "A chunk does not begin with its size.";
  if (c == '\r') {
    state_ = State::kSizeLf;
  } else if (state_ == State::kSize) {
    if (c != ';') return "The size of a chunk is not a hexadecimal number.";
    state_ = State::kExtension;
  } else if (IsControl(c)) {
    return "An extension of a chunk holds a control character.";
  }
  return nullptr;
}

/// `*( name ":" value CRLF ) CRLF`, checked and dropped: none may hide the request's end.
const char* ChunkDecoder::FrameTrailer(char c) noexcept {
  if (++trailer_bytes_ > kMaxTrailerBytes) return "The trailers are too long.";
  switch (state_) {
    case State::kTrailerStart:
      if (c == '\r') {
        state_ = State::kEndLf;
        return nullptr;
      }
      [[fallthrough]];
    case State::kTrailerName:
      if (state_ == State::kTrailerName && c == ':') {
        state_ = State::kTrailer;
      } else if (IsTokenChar(c)) {
        state_ = State::kTrailerName;
      } else {
        return "The name of a trailer is not a token.";
      }
      return nullptr;
    case State::kTrailer:
      if (c == '\r') {
        state_ = State::kTrailerLf;
      } else if (IsControl(c)) {
        return "A trailer holds a control character.";
      }
      return nullptr;
    default:  // kTrailerLf, kEndLf
      if (c != '\n') return "A trailer does not end with CRLF.";
      state_ = state_ == State::kEndLf ? State::kDone : State::kTrailerStart;
      return nullptr;
  }
}

}  // namespace vcache::http
