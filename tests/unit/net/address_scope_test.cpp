#include "net/address_scope.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/un.h>

#include <string>

using vcache::net::AddressScope;
using vcache::net::ScopeOf;

namespace {

/// By the address alone and as a socket address, which must agree.
AddressScope Scope(const std::string& text) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  AddressScope alone = AddressScope::kOther;
  if (auto* four = reinterpret_cast<sockaddr_in*>(&storage);
      inet_pton(AF_INET, text.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    size = sizeof *four;
    alone = ScopeOf(four->sin_addr);
  } else {
    auto* six = reinterpret_cast<sockaddr_in6*>(&storage);
    REQUIRE(inet_pton(AF_INET6, text.c_str(), &six->sin6_addr) == 1);
    six->sin6_family = AF_INET6;
    size = sizeof *six;
    alone = ScopeOf(six->sin6_addr);
  }
  CHECK(ScopeOf(reinterpret_cast<const sockaddr&>(storage), size) == alone);
  return alone;
}

void CheckAll(AddressScope scope, std::initializer_list<const char*> addresses) {
  for (const char* address : addresses) {
    CAPTURE(address);
    CHECK(Scope(address) == scope);
  }
}

}  // namespace

TEST_CASE("ScopeOf: hosts of the Internet are public, up to the edges of what is not (C7)") {
  CheckAll(
      AddressScope::kPublic,
      {"1.0.0.0",        "8.8.8.8",         "9.255.255.255", "11.0.0.0",        "100.63.255.255",
       "100.128.0.0",    "126.255.255.255", "128.0.0.0",     "169.253.255.255", "169.255.0.0",
       "172.15.255.255", "172.32.0.0",      "192.0.1.0",     "192.0.3.0",       "192.88.98.255",
       "192.88.100.0",   "192.167.255.255", "192.169.0.0",   "198.17.255.255",  "198.20.0.0",
       "198.51.99.255",  "198.51.101.0",    "203.0.112.255", "203.0.114.0",     "223.255.255.255"});
  CheckAll(AddressScope::kPublic,
           {"2001:200::1", "2001:4860:4860::8888", "2001:db7:ffff::1", "2001:db9::1", "2003::1",
            "2606:4700:4700::1111", "2a00:1450:4001::1", "3ffe:ffff::1", "3fff:1000::1"});
}

TEST_CASE("ScopeOf: no special-purpose IPv4 address is public (C7)") {
  CheckAll(
      AddressScope::kOther,
      {"0.0.0.0",         "0.255.255.255",  "10.0.0.0",        "10.255.255.255",  "100.64.0.0",
       "100.127.255.255", "169.254.0.0",    "169.254.169.254", "169.254.255.255", "172.16.0.0",
       "172.31.255.255",  "192.0.0.0",      "192.0.0.255",     "192.0.2.0",       "192.0.2.255",
       "192.88.99.0",     "192.168.0.0",    "192.168.255.255", "198.18.0.0",      "198.19.255.255",
       "198.51.100.0",    "198.51.100.255", "203.0.113.0",     "203.0.113.255",   "224.0.0.0",
       "239.255.255.255", "240.0.0.0",      "255.255.255.254", "255.255.255.255"});
}

TEST_CASE("ScopeOf: no special-purpose IPv6 address is public (C7)") {
  CheckAll(AddressScope::kOther, {"::",
                                  "::2",
                                  "100::1",
                                  "2001::1",
                                  "2001:1ff:ffff::1",
                                  "2001:0:102:304::1",
                                  "2001:10::1",
                                  "2001:20::1",
                                  "2001:db8::1",
                                  "2001:db8:ffff::1",
                                  "3fff::1",
                                  "3fff:fff:ffff::1",
                                  "4000::1",
                                  "5f00::1",
                                  "fc00::1",
                                  "fd12:3456::1",
                                  "fdff:ffff::1",
                                  "fe00::1",
                                  "fe80::1",
                                  "febf::1",
                                  "fec0::1",
                                  "ff02::1",
                                  "ff0e::1",
                                  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"});
}

TEST_CASE("ScopeOf: this machine, in each way of writing it") {
  CheckAll(AddressScope::kLoopback, {"127.0.0.0", "127.0.0.1", "127.255.255.255", "::1",
                                     "::ffff:127.0.0.1", "::ffff:127.1.2.3"});
}

TEST_CASE("ScopeOf: an address within an address leads where the inner one does (C7)") {
  CheckAll(AddressScope::kPublic,
           {"::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2002:808:808:1::ffff"});
  CheckAll(AddressScope::kOther,
           {"::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0.0.0.0", "::ffff:224.0.0.1",
            // Compatible and translated addresses are out of use, whatever they carry.
            "::10.0.0.1", "::127.0.0.1", "::8.8.8.8", "::ffff:0:8.8.8.8", "::ffff:0:10.0.0.1",
            // A translator's loopback would be its own.
            "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254",
            "64:ff9b:1::8.8.8.8", "64:ff9b:1::10.0.0.1", "64:ff9b:0:1::8.8.8.8", "2002:7f00:1::1",
            "2002:a00:1::1", "2002:a9fe:a9fe::1", "2002:c0a8:101::1", "2002::1", "2002:e000:1::1"});
}

TEST_CASE("ScopeOf: what is no whole IP address is not public") {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  CHECK(ScopeOf(reinterpret_cast<const sockaddr&>(local), sizeof local) == AddressScope::kOther);
  sockaddr_storage storage{};
  auto* four = reinterpret_cast<sockaddr_in*>(&storage);
  four->sin_family = AF_INET;
  REQUIRE(inet_pton(AF_INET, "8.8.8.8", &four->sin_addr) == 1);
  const auto& generic = reinterpret_cast<const sockaddr&>(storage);
  CHECK(ScopeOf(generic, sizeof *four) == AddressScope::kPublic);
  CHECK(ScopeOf(generic, sizeof *four - 1) == AddressScope::kOther);
  storage.ss_family = AF_INET6;
  CHECK(ScopeOf(generic, sizeof(sockaddr_in6) - 1) == AddressScope::kOther);
}
