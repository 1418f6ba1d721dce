#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace vcache {

/// A key, token or password. It has no stream operator and no implicit conversion, so that it
/// cannot reach a log or an answer by accident. Reviews look for `Reveal`.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  bool empty() const noexcept { return value_.empty(); }
  std::size_t size() const noexcept { return value_.size(); }

  /// The value, for the call that needs it. Valid as long as this object.
  const std::string& Reveal() const noexcept { return value_; }

  /// Whether `candidate` is the secret; the time depends only on the candidate's length. An empty
  /// secret equals nothing, not even an empty candidate.
  bool Equals(std::string_view candidate) const noexcept;

 private:
  std::string value_;
};

}  // namespace vcache
