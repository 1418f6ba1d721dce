#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "vcache/core/bytes.h"
#include "vcache/core/result.h"

namespace vcache::api {

/// A body that is kept as text, up to a limit.
class SmallBody {
 public:
  explicit SmallBody(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// kTooLarge when the announced length is above the limit.
  Result<void> CheckLength(std::optional<std::uint64_t> announced) const {
    if (announced.value_or(0) > max_bytes_) return TooLarge();
    return {};
  }
  Result<void> Take(ByteView piece) {
    if (piece.size() > max_bytes_ - text_.size()) return TooLarge();
    text_ += AsText(piece);
    return {};
  }
  const std::string& text() const noexcept { return text_; }

 private:
  Error TooLarge() const {
    return {ErrorCode::kTooLarge,
            "The body is larger than the limit of " + std::to_string(max_bytes_) + " bytes."};
  }

  const std::size_t max_bytes_;
  std::string text_;
};

}  // namespace vcache::api
