#pragma once

#include <cstdlib>
#include <optional>
#include <utility>
#include <variant>

#include "vcache/core/error.h"

namespace vcache {

/// A value or an `Error`, like C++23's `std::expected<T, Error>`. It crosses every module border;
/// exceptions do not. Reading the value of a failure, or the error of a success, aborts.
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: by design

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & { return *std::get_if<0>(&Checked(0)); }
  const T& value() const& { return *std::get_if<0>(&Checked(0)); }
  T&& value() && { return std::move(*std::get_if<0>(&Checked(0))); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Error& error() & { return *std::get_if<1>(&Checked(1)); }
  const Error& error() const& { return *std::get_if<1>(&Checked(1)); }
  Error&& error() && { return std::move(*std::get_if<1>(&Checked(1))); }

 private:
  std::variant<T, Error>& Checked(std::size_t index) {
    if (state_.index() != index) std::abort();
    return state_;
  }
  const std::variant<T, Error>& Checked(std::size_t index) const {
    if (state_.index() != index) std::abort();
    return state_;
  }

  std::variant<T, Error> state_;
};

/// Success without a value, or an `Error`.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: by design

  bool has_value() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }

  const Error& error() const& {
    if (!error_) std::abort();
    return *error_;
  }
  Error&& error() && {
    if (!error_) std::abort();
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace vcache
