// X-Forwarded-For and Forwarded as anybody may send them: rule H15.

#include <string>

#include "fuzz/fuzz_target.h"
#include "vcache/http/parsing/forwarded.h"

using namespace vcache;
using namespace vcache::http;
using vcache::fuzz::Require;

namespace {

const IpAddress kFuzzedPeer = IpAddress::Parse("10.0.0.9").value();
const IpAddress kFuzzedClient = IpAddress::Parse("192.0.2.1").value();

IpAddress ReadFrom(const std::string& value, const ProxyTrust& trust) {
  Headers headers;
  const bool is_rfc = trust.field == ForwardedField::kForwarded;
  headers.Add(is_rfc ? "Forwarded" : "X-Forwarded-For", value);
  return ClientAddress(headers, kFuzzedPeer, trust);
}

void CheckField(std::string_view input, ForwardedField field, const std::string& real) {
  const std::string forged(input);
  const ProxyTrust one{.hops = 1, .field = field};
  const ProxyTrust listed{.networks = {IpNetwork::Parse("10.0.0.0/8").value()}, .field = field};
  Require(ReadFrom(forged + ", " + real, one) == kFuzzedClient, "what is before changes nothing");
  Require(ReadFrom(forged + ", " + real, listed) == kFuzzedClient, "nor for trusted proxies");
  Require(ReadFrom(forged, {.field = field}) == kFuzzedPeer, "nobody is believed by default");
  const IpAddress any = ReadFrom(forged, {.hops = 32, .field = field});
  Require(IpAddress::Parse(any.Text()) == any, "an address has a spelling");
  Require(IpAddress::Parse(any.Group()).has_value(), "a group is an address");
}

void CheckNetwork(std::string_view input) {
  const auto network = IpNetwork::Parse(input);
  if (!network) return;
  const auto again = IpNetwork::Parse(network->Text());
  Require(again && again->Text() == network->Text(), "a network has one spelling");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = vcache::fuzz::Text(data, size);
  CheckField(input, ForwardedField::kXForwardedFor, "192.0.2.1:80");
  CheckField(input, ForwardedField::kForwarded, "proto=https;for=\"192.0.2.1:80\"");
  CheckNetwork(input);
  return 0;
}
