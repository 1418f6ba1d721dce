#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vcache {

/// An amount of US dollars, exact to a millionth; below 0 for a refund.
class Usd {
 public:
  constexpr Usd() = default;
  static constexpr Usd FromMicros(std::int64_t micros) noexcept { return Usd(micros); }
  /// Reads texts such as `12`, `12.5` or `0.000001`: at most six decimal places, no sign.
  static std::optional<Usd> Parse(std::string_view text);

  constexpr std::int64_t micros() const noexcept { return micros_; }
  /// For JSON and log lines.
  constexpr double dollars() const noexcept { return static_cast<double>(micros_) / 1e6; }
  /// The shortest text that `Parse` reads as this amount, with at least `least_places` decimals.
  /// Only for amounts from 0 up.
  std::string ToText(std::size_t least_places = 0) const;

  constexpr Usd& operator+=(Usd other) noexcept { return *this = *this + other; }
  constexpr Usd& operator-=(Usd other) noexcept { return *this = *this - other; }
  friend constexpr Usd operator+(Usd a, Usd b) noexcept { return Usd(a.micros_ + b.micros_); }
  friend constexpr Usd operator-(Usd a, Usd b) noexcept { return Usd(a.micros_ - b.micros_); }
  friend constexpr Usd operator*(Usd a, std::int64_t count) noexcept {
    return Usd(a.micros_ * count);
  }
  friend constexpr Usd operator/(Usd a, std::int64_t parts) noexcept {
    return Usd(a.micros_ / parts);
  }
  friend constexpr auto operator<=>(Usd, Usd) noexcept = default;

 private:
  explicit constexpr Usd(std::int64_t micros) noexcept : micros_(micros) {}

  std::int64_t micros_ = 0;
};

/// How many units of `size` are begun by `count`: vendors charge a started unit as a whole one.
template <std::integral Count>
constexpr std::int64_t StartedUnits(Count count, std::int64_t size) noexcept {
  return (static_cast<std::int64_t>(count) + size - 1) / size;
}

}  // namespace vcache
