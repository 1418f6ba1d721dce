#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "vcache/core/ip_address.h"
#include "vcache/http/parsing/message.h"

namespace vcache::http {

/// Which field a site's proxies write the client's address into. Only that one is read: the
/// other may come from anybody.
enum class ForwardedField { kXForwardedFor, kForwarded };

/// Whose word on a client's address is believed.
struct ProxyTrust {
  /// With it 1, the last entry of the field is the client; with 2 the one before it, and so on.
  /// 0 with `networks`: as many as those proxies wrote.
  std::size_t hops = 0;
  /// Where requests of proxies come from. Empty with `hops`: from anywhere.
  std::vector<IpNetwork> networks{};
  ForwardedField field = ForwardedField::kXForwardedFor;

  bool any() const noexcept { return hops > 0 || !networks.empty(); }
  /// Whether a connection from there is one of a proxy, which many clients share.
  bool IsProxy(const IpAddress& peer) const noexcept;
};

/// The client that a request comes from: the peer, or what the proxies that are trusted say. Reads
/// the field from its end, where those write, so that nothing that a client put before it matters.
/// An entry that is no address (`unknown`, a name, garbage) ends the reading: then the client is
/// whoever passed it on. Reads 32 entries at most.
IpAddress ClientAddress(const Headers& headers, const IpAddress& peer, const ProxyTrust& trust);

}  // namespace vcache::http
