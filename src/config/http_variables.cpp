#include <algorithm>

#include "config/values.h"
#include "config/variable_kinds.h"

namespace vcache::config {
namespace {

constexpr std::size_t kLongestHeaderName = 128;
constexpr std::size_t kMostNetworks = 256;

/// Header names that browsers understand literally: tokens (RFC 9110 section 5.6.2). `*` is
/// excluded, because its meaning depends on the request.
std::optional<std::vector<std::string>> ParseHeaderNames(std::string_view text) {
  auto names = ParseList(text);
  const auto is_name = [](const std::string& name) {
    return name.size() <= kLongestHeaderName && name != "*" && IsToken(name);
  };
  if (names && !std::all_of(names->begin(), names->end(), is_name)) names.reset();
  return names;
}

std::optional<std::vector<IpNetwork>> ParseNetworks(std::string_view text) {
  const auto parts = ParseList(text);
  if (!parts || parts->size() > kMostNetworks) return std::nullopt;
  std::vector<IpNetwork> networks;
  for (const std::string& part : *parts) {
    const auto network = IpNetwork::Parse(part);
    if (!network) return std::nullopt;
    networks.push_back(*network);
  }
  return networks;
}

std::string ShowNetworks(const std::vector<IpNetwork>& networks) {
  std::vector<std::string> texts;
  for (const IpNetwork& network : networks) texts.push_back(network.Text());
  return JoinList(texts);
}

}  // namespace

// The upper bounds limit idle connections' memory; the lower ones suffice for proxied browsers.
std::vector<Variable> HttpVariables() {
  return {
      Whole({"MAX_HEADER_BYTES", "bytes",
             "Longest head of a request: request line and header fields"},
            4'096, 262'144, &ServerSettings::max_header_bytes),
      Whole({"MAX_HEADER_FIELDS", "", "Most header fields of a request"}, 16, 1'000,
            &ServerSettings::max_header_fields),
      Whole({"MAX_TARGET_BYTES", "bytes",
             "Longest path and query of a request; below MAX_HEADER_BYTES"},
            256, 65'536, &ServerSettings::max_target_bytes),
      Harmless(MakeVariable({"CORS_HEADERS", "",
                             "Headers that pages of CORS_ORIGINS may send besides those that the "
                             "API reads, as a comma "
                             "list"},
                            "a comma list of header names, without *",
                            &ServerSettings::cors_headers, ParseHeaderNames, JoinList)),
      Choice<bool, 2>(
          {"CORS_CREDENTIALS", "",
           "1: pages of CORS_ORIGINS may send cookies, which a proxy in front may ask for; 0: they "
           "may not"},
          {{{"0", false}, {"1", true}}}, &ServerSettings::cors_credentials),
      Whole({"TRUSTED_PROXY_HOPS", "",
             "How many proxies in front write the client's address into TRUSTED_PROXY_HEADER; logs "
             "and limits then use that address; 0 believes it of TRUSTED_PROXIES only"},
            0, 32, &ServerSettings::trusted_proxy_hops),
      Harmless(MakeVariable({"TRUSTED_PROXIES", "",
                             "Addresses of those proxies, as a comma list: 10.0.0.0/8,2001:db8::1; "
                             "with it, others are not believed"},
                            "a comma list of addresses and networks (10.0.0.0/8, without bits "
                            "behind the length)",
                            &ServerSettings::trusted_proxies, ParseNetworks, ShowNetworks)),
      Choice<bool, 2>({"TRUSTED_PROXY_HEADER", "",
                       "Which header they write: x-forwarded-for, or forwarded (RFC 7239); the "
                       "other is never read"},
                      {{{"x-forwarded-for", false}, {"forwarded", true}}},
                      &ServerSettings::reads_forwarded),
  };
}

}  // namespace vcache::config
