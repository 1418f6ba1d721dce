#pragma once

// The kinds of variables in the table.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "config/shown_value.h"
#include "config/url.h"
#include "config/values.h"
#include "config/variable.h"
#include "vcache/core/usd.h"

namespace vcache::config {

/// A number or duration within bounds. `scale` units of the field are one of the variable's.
template <typename Field>
Variable Whole(const Doc& doc, std::int64_t min, std::int64_t max, Field field,
               std::int64_t scale = 1) {
  using Value = ValueOf<Field>;
  const auto parse = [=](std::string_view text) -> std::optional<Value> {
    const auto number = ParseWhole(text);
    if (!number || *number < min || *number > max) return std::nullopt;
    return static_cast<Value>(*number * scale);
  };
  const auto show = [=](const Value& value) {
    if constexpr (std::is_integral_v<Value>) {
      return std::to_string(static_cast<std::int64_t>(value) / scale);
    } else {
      return std::to_string(value.count() / scale);
    }
  };
  return Harmless(
      MakeVariable(doc, "a whole number from " + std::to_string(min) + " to " + std::to_string(max),
                   field, parse, show));
}

inline std::string ShowText(const std::string& value) {
  return value;
}
inline std::string ShowText(const std::filesystem::path& value) {
  return value.string();
}
inline std::string ShowText(const Secret& value) {
  return value.empty() ? "" : std::string(kMasked);
}

/// A text that `allowed` accepts, unchanged. Secret, unless declared harmless.
template <typename Allowed, typename Field>
Variable Text(const Doc& doc, std::string expected, Allowed allowed, Field field) {
  const auto parse = [allowed](std::string_view text) {
    return allowed(text) ? std::optional(std::string(text)) : std::nullopt;
  };
  return MakeVariable(doc, std::move(expected), field, parse,
                      [](const auto& value) { return ShowText(value); });
}

template <typename Value, std::size_t N, typename Field>
Variable Choice(const Doc& doc, std::array<std::pair<std::string_view, Value>, N> words,
                Field field) {
  std::string expected;
  for (const auto& [word, value] : words) {
    expected += (expected.empty() ? "one of " : ", ") + std::string(word);
  }
  const auto parse = [words](std::string_view text) -> std::optional<Value> {
    for (const auto& [word, value] : words) {
      if (word == text) return value;
    }
    return std::nullopt;
  };
  const auto show = [words](Value wanted) {
    for (const auto& [word, value] : words) {
      if (value == wanted) return std::string(word);
    }
    return std::string();
  };
  return Harmless(MakeVariable(doc, std::move(expected), field, parse, show));
}

/// A comma list of vendors. A vendor named twice would be paid twice.
template <typename Field>
Variable Vendors(const Doc& doc, bool VendorInfo::*judges, Field field) {
  std::vector<VendorId> known;
  for (const VendorInfo& vendor : kVendors) {
    if (vendor.*judges) known.push_back(vendor.id);
  }
  const auto parse = [known](std::string_view text) -> std::optional<std::vector<VendorId>> {
    std::vector<VendorId> vendors;
    const auto names = ParseList(text);
    if (!names) return std::nullopt;
    for (const std::string& name : *names) {
      const VendorInfo* vendor = FindVendor(name);
      const auto is_in = [vendor](const std::vector<VendorId>& list) {
        return std::find(list.begin(), list.end(), vendor->id) != list.end();
      };
      if (vendor == nullptr || !is_in(known) || is_in(vendors)) return std::nullopt;
      vendors.push_back(vendor->id);
    }
    return vendors;
  };
  const auto show = [](const std::vector<VendorId>& vendors) {
    std::vector<std::string> names;
    for (const VendorId id : vendors) names.emplace_back(InfoOf(id).name);
    return JoinList(names);
  };
  return Harmless(MakeVariable(doc, "a comma list of these, each once at most: " + show(known),
                               field, parse, show));
}

template <typename Field>
Variable BaseUrl(const Doc& doc, Field field) {
  const auto parse = [](std::string_view text) -> std::optional<std::string> {
    const auto url = ParseUrl(text);
    if (!url || url->has_user || url->has_query || url->has_fragment) return std::nullopt;
    if (url->scheme == "http" && !IsLoopbackHost(url->host)) return std::nullopt;
    const std::size_t end = url->path.find_last_not_of('/') + 1;  // 0 when there are only slashes
    return Origin(*url) + url->path.substr(0, end);
  };
  return HarmlessOrigin(
      MakeVariable(doc,
                   "an https:// URL (http:// to this machine only) without user, query or "
                   "fragment",
                   field, parse, [](const std::string& value) { return value; }));
}

template <typename Field>
Variable Amount(const Doc& doc, Field field) {
  static constexpr Usd kMost = Usd::FromMicros(1'000'000'000);
  const auto parse = [](std::string_view text) {
    const auto amount = Usd::Parse(text);
    return amount && *amount <= kMost ? amount : std::nullopt;
  };
  return Harmless(MakeVariable(doc, "an amount from 0 to 1000 with at most six decimal places",
                               field, parse, [](Usd amount) { return amount.ToText(); }));
}

/// A spending limit; not set: none. Rejects 0, because it is ambiguous.
template <typename Field>
Variable AmountLimit(const Doc& doc, Field field) {
  static constexpr Usd kMost = Usd::FromMicros(1'000'000'000'000);
  const auto parse = [](std::string_view text) {
    const auto amount = Usd::Parse(text);
    return amount && *amount > Usd() && *amount <= kMost ? amount : std::nullopt;
  };
  const auto show = [](const std::optional<Usd>& amount) {
    return amount ? amount->ToText() : std::string();
  };
  return Harmless(
      MakeVariable(doc,
                   "an amount above 0, to 1000000, with at most six decimal places; leave it "
                   "empty for no limit",
                   field, parse, show));
}

}  // namespace vcache::config
