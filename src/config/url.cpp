#include "config/url.h"

#include <arpa/inet.h>

#include <algorithm>

#include "config/values.h"
#include "vcache/core/ascii.h"

namespace vcache::config {
namespace {

bool IsHostCharacter(char c) {
  return IsAlpha(c) || IsDigit(c) || c == '-' || c == '.' || c == '_';
}

bool IsHostName(std::string_view text) {
  return !text.empty() && text.size() <= 253 && text.front() != '.' && text.front() != '-' &&
         text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), IsHostCharacter);
}

bool IsIpv6(std::string_view text) {
  in6_addr address{};
  return inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

bool IsUrlCharacter(char c) {
  return c > ' ' && c < 0x7F && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
}

bool ReadAuthority(std::string_view authority, Url& url) {
  std::string_view host = authority;
  std::string_view rest;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return false;
    host = authority.substr(1, close - 1);
    rest = authority.substr(close + 1);
    if (!IsIpv6(host)) return false;
  } else {
    host = authority.substr(0, authority.find(':'));
    rest = authority.substr(host.size());
    if (!IsHostName(host)) return false;
  }
  url.host = ToLower(host);
  if (rest.empty()) return true;
  const auto port = rest.starts_with(':') ? ParseWhole(rest.substr(1)) : std::nullopt;
  if (!port || *port < 1 || *port > 65535) return false;
  url.port = static_cast<std::uint16_t>(*port);
  return true;
}

}  // namespace

std::optional<Url> ParseUrl(std::string_view text) {
  if (!std::all_of(text.begin(), text.end(), IsUrlCharacter)) return std::nullopt;
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  Url url;
  url.scheme = ToLower(text.substr(0, colon));
  if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
  text.remove_prefix(colon + 3);

  const std::string_view authority = text.substr(0, text.find_first_of("/?#"));
  text.remove_prefix(authority.size());
  const std::size_t at = authority.rfind('@');
  url.has_user = at != std::string_view::npos;
  if (!ReadAuthority(url.has_user ? authority.substr(at + 1) : authority, url)) return std::nullopt;

  url.has_fragment = text.find('#') != std::string_view::npos;
  text = text.substr(0, text.find('#'));
  url.has_query = text.find('?') != std::string_view::npos;
  url.path = text.substr(0, text.find('?'));
  return url;
}

std::string Origin(const Url& url) {
  const bool ipv6 = url.host.find(':') != std::string::npos;
  std::string origin = url.scheme + (ipv6 ? "://[" : "://") + url.host + (ipv6 ? "]" : "");
  const std::uint16_t own_port = url.scheme == "https" ? 443 : 80;
  if (url.port && *url.port != own_port) origin.append(":").append(std::to_string(*url.port));
  return origin;
}

bool IsLoopbackHost(std::string_view host) {
  if (ToLower(host) == "localhost") return true;
  // inet_pton takes only four decimal numbers with dots. "127.1", "0x7f.0.0.1" and
  // "127.0.0.1.example.com" are names here, and so not loopback.
  const std::string text(host);
  in_addr ipv4{};
  if (inet_pton(AF_INET, text.c_str(), &ipv4) == 1) return (ntohl(ipv4.s_addr) >> 24U) == 127;
  in6_addr ipv6{};
  return inet_pton(AF_INET6, text.c_str(), &ipv6) == 1 && IN6_IS_ADDR_LOOPBACK(&ipv6) != 0;
}

bool IsHost(std::string_view text) {
  return IsHostName(text) || IsIpv6(text);
}

}  // namespace vcache::config
