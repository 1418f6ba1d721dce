#include "vcache/http/parsing/forwarded.h"

#include <doctest/doctest.h>

#include <initializer_list>

using namespace vcache;
using namespace vcache::http;

namespace {

constexpr const char* kPeer = "10.0.0.9";

std::string Client(const ProxyTrust& trust, std::initializer_list<const char*> fields,
                   const char* peer = kPeer) {
  Headers headers;
  const bool is_rfc = trust.field == ForwardedField::kForwarded;
  for (const char* field : fields) headers.Add(is_rfc ? "forwarded" : "x-forwarded-for", field);
  return ClientAddress(headers, IpAddress::Parse(peer).value(), trust).Text();
}

ProxyTrust Behind(std::size_t hops, std::initializer_list<const char*> networks = {}) {
  ProxyTrust trust{.hops = hops};
  for (const char* network : networks) trust.networks.push_back(IpNetwork::Parse(network).value());
  return trust;
}

ProxyTrust BehindRfc7239(std::size_t hops) {
  ProxyTrust trust = Behind(hops);
  trust.field = ForwardedField::kForwarded;
  return trust;
}

}  // namespace

TEST_CASE("ClientAddress: by default no field is believed") {
  CHECK(Client({}, {"192.0.2.1"}) == kPeer);
  CHECK_FALSE(ProxyTrust().any());
}

TEST_CASE("ClientAddress: so many entries from the end, over all fields") {
  CHECK(Client(Behind(1), {"192.0.2.1"}) == "192.0.2.1");
  CHECK(Client(Behind(1), {"203.0.113.6, 192.0.2.1"}) == "192.0.2.1");
  CHECK(Client(Behind(2), {"203.0.113.6, 192.0.2.1, 198.51.100.7"}) == "192.0.2.1");
  CHECK(Client(Behind(2), {"203.0.113.6, 192.0.2.1", "198.51.100.7"}) == "192.0.2.1");
  CHECK(Client(Behind(3), {"192.0.2.1"}) == "192.0.2.1");
  CHECK(Client(Behind(1), {}) == kPeer);
}

TEST_CASE("ClientAddress: of trusted proxies only, up to the first that is none") {
  const ProxyTrust trust = Behind(0, {"10.0.0.0/8", "2001:db8::/32"});
  CHECK(Client(trust, {"203.0.113.6, 192.0.2.1, 10.1.2.3"}) == "192.0.2.1");
  CHECK(Client(trust, {"10.3.3.3, 10.1.2.3"}) == "10.3.3.3");
  CHECK(Client(trust, {"192.0.2.1, 2001:db8::5"}) == "192.0.2.1");
  CHECK(Client(trust, {"192.0.2.1"}, "198.51.100.7") == "198.51.100.7");
  CHECK(Client(Behind(1, {"10.0.0.0/8"}), {"192.0.2.1, 10.1.2.3"}) == "10.1.2.3");
}

TEST_CASE("ClientAddress: ports and brackets, as proxies write them") {
  CHECK(Client(Behind(1), {"192.0.2.1:4711"}) == "192.0.2.1");
  CHECK(Client(Behind(1), {"[2001:db8::1]:4711"}) == "2001:db8::1");
  CHECK(Client(Behind(1), {"[2001:db8::1]"}) == "2001:db8::1");
  CHECK(Client(Behind(1), {"2001:db8::1"}) == "2001:db8::1");
  CHECK(Client(Behind(1), {"::ffff:192.0.2.1"}) == "192.0.2.1");
}

TEST_CASE("ClientAddress: what is no address ends the reading with who passed it on") {
  for (const char* entry :
       {"unknown", "_hidden", "", "192.0.2.1.", "192.0.2.1:", "192.0.2.1:123456", "[192.0.2.1]",
        "[2001:db8::1", "[2001:db8::1]x", "192.0.2.1;"}) {
    CAPTURE(entry);
    CHECK(Client(Behind(1), {entry}) == kPeer);
    CHECK(Client(Behind(2), {entry, "198.51.100.7"}) == "198.51.100.7");
  }
}

TEST_CASE("ClientAddress: Forwarded with its parameters, quotes and case") {
  CHECK(Client(BehindRfc7239(1), {"for=192.0.2.1"}) == "192.0.2.1");
  CHECK(Client(BehindRfc7239(1), {"proto=https;For=\"192.0.2.1:80\";by=_x"}) == "192.0.2.1");
  CHECK(Client(BehindRfc7239(1), {"for=203.0.113.6, for=\"[2001:db8::1]:80\""}) == "2001:db8::1");
  CHECK(Client(BehindRfc7239(1), {"for=192.0.2.1;by=\"a,b;for=1.2.3.4\""}) == "192.0.2.1");
  CHECK(Client(BehindRfc7239(2), {"for=192.0.2.1", "for=198.51.100.7"}) == "192.0.2.1");
  for (const char* element : {"for=unknown", "by=192.0.2.1", "for=192.0.2.1;for=192.0.2.2",
                              "for = 192.0.2.1", "192.0.2.1", "for=\"192.0.2.1", ";", "="}) {
    CAPTURE(element);
    CHECK(Client(BehindRfc7239(1), {element}) == kPeer);
  }
}

TEST_CASE("ClientAddress: nothing that a client writes before the proxy's entry matters") {
  for (const char* forged : {"for=\"", "\"", "for=\"\\", ",,,,", "for=1.2.3.4;;;\"", "\\\""}) {
    CAPTURE(forged);
    const std::string field = std::string(forged) + ", for=192.0.2.1";
    CHECK(Client(BehindRfc7239(1), {field.c_str()}) == "192.0.2.1");
    CHECK(Client(BehindRfc7239(1), {forged, "for=192.0.2.1"}) == "192.0.2.1");
    CHECK(Client(Behind(1), {(std::string(forged) + ", 192.0.2.1").c_str()}) == "192.0.2.1");
  }
}

TEST_CASE("ClientAddress: only the field that the proxies write is read") {
  Headers headers;
  headers.Add("Forwarded", "for=192.0.2.1");
  const IpAddress peer = IpAddress::Parse(kPeer).value();
  CHECK(ClientAddress(headers, peer, Behind(1)) == peer);
}

TEST_CASE("ClientAddress: reads 32 entries at most") {
  std::string field = "192.0.2.1";
  for (int i = 0; i < 40; ++i) field += ", 10.0.0." + std::to_string(i);
  CHECK(Client(Behind(0, {"10.0.0.0/8"}), {field.c_str()}) == "10.0.0.8");
}
