#include "http/parsing/request_target.h"

#include "http/parsing/field_syntax.h"
#include "http/parsing/malformed.h"
#include "vcache/core/hex.h"

namespace vcache::http {
namespace {

/// The characters of a target. Bytes above ASCII must be percent-encoded, and clients do not send
/// fragments: parsers would disagree where the path ends.
bool IsTargetChar(char c) noexcept {
  return c > ' ' && c < '\x7F' && c != '#';
}

bool IsPort(std::string_view port) noexcept {
  return port.size() <= 5 && std::all_of(port.begin(), port.end(), IsDigit);
}

bool IsNameChar(char c) noexcept {
  return IsAlpha(c) || IsDigit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

bool IsAddressChar(char c) noexcept {
  return HexValue(c) >= 0 || c == ':' || c == '.';
}

/// The authority of an absolute form; empty for other forms. Leaves the origin form in `raw`.
std::optional<std::string_view> TakeAuthority(std::string_view& raw) noexcept {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!EqualsIgnoringCase(raw.substr(0, scheme.size()), scheme)) continue;
    raw.remove_prefix(scheme.size());
    const std::string_view authority = raw.substr(0, raw.find_first_of("/?"));
    raw.remove_prefix(authority.size());
    return authority;
  }
  return std::nullopt;
}

/// Whether an escape stands for a character that needs none, or for a slash. A proxy that compares
/// paths undecoded would let `/%61pi/admin` pass its rule for `/api/admin`, and nobody agrees
/// whether an escaped slash separates (RFC 3986 section 6.2.2.2). Broken escapes are found later.
bool HidesPath(std::string_view raw) noexcept {
  for (std::size_t at = raw.find('%'); at != std::string_view::npos; at = raw.find('%', at + 1)) {
    if (raw.size() - at < 3) return false;
    const int high = HexValue(raw[at + 1]);
    const int low = HexValue(raw[at + 2]);
    if (high < 0 || low < 0) continue;
    const auto c = static_cast<char>(high * 16 + low);
    if (IsNameChar(c) || c == '/' || c == '\\') return true;
  }
  return false;
}

/// Rejects NUL and line breaks: a C string, a log or a header would read another path.
bool IsSafePath(std::string_view path) noexcept {
  return path.find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos;
}

}  // namespace

bool IsHost(std::string_view host) noexcept {
  std::string_view port;
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view address = host.substr(1, end - 1);
    if (address.size() < 2 || !std::all_of(address.begin(), address.end(), IsAddressChar)) {
      return false;
    }
    port = host.substr(end + 1);
  } else {
    const std::size_t colon = std::min(host.find(':'), host.size());
    const std::string_view name = host.substr(0, colon);
    if (name.empty() || !std::all_of(name.begin(), name.end(), IsNameChar)) return false;
    port = host.substr(colon);
  }
  return port.empty() || (port.front() == ':' && IsPort(port.substr(1)));
}

Result<std::string_view> ReadTarget(std::string_view raw, RequestHead& head) {
  if (!std::all_of(raw.begin(), raw.end(), IsTargetChar)) {
    return Malformed("The request target holds a character that must be percent-encoded.");
  }
  if (raw == "*") {
    if (head.method != "OPTIONS") return Malformed("The target * is for OPTIONS only.");
    head.target = head.path = "*";
    return std::string_view();
  }
  const std::optional<std::string_view> authority = TakeAuthority(raw);
  if (authority) {
    if (!IsHost(*authority)) return Malformed("The host of the request target is not a host.");
    // `http://host` and `http://host?query` mean the root.
    head.target = raw.starts_with('/') ? "" : "/";
  } else if (!raw.starts_with('/')) {
    return Malformed("The request target is neither a path nor an http address.");
  }
  head.target += raw;

  const std::string_view target = head.target;
  const std::size_t question = std::min(target.find('?'), target.size());
  const std::string_view raw_path = target.substr(0, question);
  if (HidesPath(raw_path)) {
    return Malformed(
        "The path escapes a letter, a digit, a slash or one of -._~; send it plainly.");
  }
  // Browsers and some proxies read it as a slash.
  if (raw_path.find('\\') != std::string_view::npos) {
    return Malformed("The path holds a backslash.");
  }
  std::optional<std::string> path = PercentDecode(raw_path);
  if (!path) return Malformed("The path holds a broken percent escape.");
  if (!IsSafePath(*path)) return Malformed("The path holds a NUL or a line break.");
  head.path = *std::move(path);
  head.query = target.substr(std::min(question + 1, target.size()));
  return authority.value_or(std::string_view());
}

}  // namespace vcache::http
