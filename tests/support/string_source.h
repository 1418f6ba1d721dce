#pragma once

#include <algorithm>
#include <cstring>
#include <string>

#include "vcache/core/byte_source.h"

namespace vcache::test {

/// A text as a byte source, handed out in pieces of at most `piece` bytes.
class StringSource final : public ByteSource {
 public:
  explicit StringSource(std::string text, std::size_t piece = SIZE_MAX)
      : text_(std::move(text)), piece_(piece) {}

  Result<std::size_t> Read(std::span<std::byte> into) override {
    const std::size_t count = std::min({into.size(), piece_, text_.size() - at_});
    std::memcpy(into.data(), text_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

}  // namespace vcache::test
