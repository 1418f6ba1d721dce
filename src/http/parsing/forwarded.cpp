#include "vcache/http/parsing/forwarded.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "vcache/core/ascii.h"

namespace vcache::http {
namespace {

constexpr std::size_t kMostEntries = 32;

std::string_view WithoutSpace(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Gives the entries of all fields of a name, the last one first.
class EntriesFromEnd {
 public:
  EntriesFromEnd(const Headers& headers, std::string_view name) : fields_(headers.GetAll(name)) {}

  /// Empty when there are no more. Commas in quotes do not part entries; an odd quote further to
  /// the front changes nothing behind it.
  std::optional<std::string_view> Next() {
    while (!rest_ && !fields_.empty()) {
      rest_ = fields_.back();
      fields_.pop_back();
    }
    if (!rest_) return std::nullopt;
    bool is_quoted = false;
    for (std::size_t at = rest_->size(); at > 0; --at) {
      const char c = (*rest_)[at - 1];
      if (c == '"') is_quoted = !is_quoted;
      if (c != ',' || is_quoted) continue;
      const std::string_view entry = rest_->substr(at);
      rest_ = rest_->substr(0, at - 1);
      return WithoutSpace(entry);
    }
    const std::string_view entry = *rest_;
    rest_.reset();
    return WithoutSpace(entry);
  }

 private:
  std::vector<std::string_view> fields_;
  std::optional<std::string_view> rest_;  ///< Of the last field that is left.
};

bool IsNodePort(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), IsDigit);
}

/// An address as proxies write it: bare, with a port, or in brackets (RFC 7239 section 6).
std::optional<IpAddress> NodeOf(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view behind = text.substr(end + 1);
    if (!behind.empty() && (behind[0] != ':' || !IsNodePort(behind.substr(1)))) return std::nullopt;
    const auto address = IpAddress::Parse(text.substr(1, end - 1));
    const bool is_v6 = text.substr(1, end - 1).find(':') != std::string_view::npos;
    return is_v6 ? address : std::nullopt;
  }
  const std::size_t colon = text.find(':');
  const bool has_port =
      colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos;
  if (!has_port) return IpAddress::Parse(text);
  if (!IsNodePort(text.substr(colon + 1))) return std::nullopt;
  return IpAddress::Parse(text.substr(0, colon));
}

std::string_view Unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return value;
  return value.substr(1, value.size() - 2);
}

/// The node of an element's `for`; empty without one, or with two.
std::optional<IpAddress> ForOf(std::string_view element) {
  std::optional<std::string_view> node;
  while (!element.empty()) {
    bool is_quoted = false;
    std::size_t end = 0;
    while (end < element.size() && (element[end] != ';' || is_quoted)) {
      if (element[end] == '"') is_quoted = !is_quoted;
      ++end;
    }
    const std::string_view pair = WithoutSpace(element.substr(0, end));
    element.remove_prefix(std::min(end + 1, element.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    if (!EqualsIgnoringCase(pair.substr(0, equals), "for")) continue;
    if (node) return std::nullopt;
    node = pair.substr(equals + 1);
  }
  return node ? NodeOf(Unquoted(*node)) : std::nullopt;
}

}  // namespace

bool ProxyTrust::IsProxy(const IpAddress& peer) const noexcept {
  if (networks.empty()) return hops > 0;
  return std::any_of(networks.begin(), networks.end(),
                     [&](const IpNetwork& network) { return network.Contains(peer); });
}

IpAddress ClientAddress(const Headers& headers, const IpAddress& peer, const ProxyTrust& trust) {
  IpAddress client = peer;
  const bool is_rfc_7239 = trust.field == ForwardedField::kForwarded;
  const std::size_t most = trust.hops > 0 ? std::min(trust.hops, kMostEntries) : kMostEntries;
  EntriesFromEnd entries(headers, is_rfc_7239 ? "Forwarded" : "X-Forwarded-For");
  for (std::size_t hop = 0; hop < most && trust.IsProxy(client); ++hop) {
    const auto entry = entries.Next();
    if (!entry) break;
    const auto before = is_rfc_7239 ? ForOf(*entry) : NodeOf(*entry);
    if (!before) break;
    client = *before;
  }
  return client;
}

}  // namespace vcache::http
