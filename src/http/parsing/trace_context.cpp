#include "vcache/http/parsing/trace_context.h"

#include <algorithm>

#include "vcache/core/hex.h"

namespace vcache::http {
namespace {

// version "-" trace-id "-" parent-id "-" flags
constexpr std::size_t kTraceIdAt = 3;
constexpr std::size_t kTraceIdDigits = 32;
constexpr std::size_t kParentIdAt = 36;
constexpr std::size_t kParentIdDigits = 16;
constexpr std::size_t kFlagsAt = 53;
constexpr std::size_t kLength = 55;
/// Later versions may append fields.
constexpr std::size_t kLongest = 512;

/// An id of zeros is none.
bool IsId(std::string_view text) noexcept {
  return AreLowerHex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

bool IsTraceParent(std::string_view text) noexcept {
  if (text.size() < kLength || text.size() > kLongest) return false;
  const std::string_view version = text.substr(0, 2);
  if (!AreLowerHex(version) || version == "ff") return false;
  if (text.size() > kLength && (version == "00" || text[kLength] != '-')) return false;
  return text[2] == '-' && text[kParentIdAt - 1] == '-' && text[kFlagsAt - 1] == '-' &&
         IsId(text.substr(kTraceIdAt, kTraceIdDigits)) &&
         IsId(text.substr(kParentIdAt, kParentIdDigits)) && AreLowerHex(text.substr(kFlagsAt, 2)) &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

std::string_view TraceParentOf(const Headers& headers) noexcept {
  if (headers.Count("traceparent") != 1) return {};
  const std::string_view text = *headers.Get("traceparent");
  return IsTraceParent(text) ? text : std::string_view();
}

std::string_view TraceIdOf(std::string_view trace_parent) noexcept {
  return trace_parent.empty() ? trace_parent : trace_parent.substr(kTraceIdAt, kTraceIdDigits);
}

}  // namespace vcache::http
