#pragma once

#include <string>
#include <string_view>

namespace vcache::http {

/// Bytes that a connection has received and no reader has consumed: a partial head, the front of a
/// body, pipelined requests. Use it from one thread at a time.
class InputBuffer {
 public:
  std::string_view view() const noexcept { return std::string_view(data_).substr(begin_); }
  bool empty() const noexcept { return begin_ == data_.size(); }

  void Append(std::string_view bytes) { data_.append(bytes); }

  void Consume(std::size_t count) {
    begin_ += count;
    if (!empty()) return;
    begin_ = 0;
    data_.clear();
    // There are many idle connections: they keep no large buffers.
    if (data_.capacity() > kKeptCapacity) data_.shrink_to_fit();
  }

  /// Moves the rest to the front, so that a long-lived connection does not grow.
  void Compact() {
    data_.erase(0, begin_);
    begin_ = 0;
  }

 private:
  static constexpr std::size_t kKeptCapacity = 2 * 1024;
  std::string data_;
  std::size_t begin_ = 0;
};

}  // namespace vcache::http
