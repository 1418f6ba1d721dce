#include "vcache/core/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "vcache/core/parse_number.h"

namespace vcache {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

std::string AddressText(int family, const std::uint8_t* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, bytes, text.data(), text.size());
  return text.data();
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  // `inet_pton` wants an end; what is longer than any address is none.
  std::array<char, INET6_ADDRSTRLEN> ended{};
  if (text.size() >= ended.size() || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::copy(text.begin(), text.end(), ended.begin());
  IpAddress address;
  if (::inet_pton(AF_INET, ended.data(), address.bytes_.data()) == 1) {
    address.is_v4_ = true;
    return address;
  }
  if (::inet_pton(AF_INET6, ended.data(), address.bytes_.data()) != 1) return std::nullopt;
  auto& bytes = address.bytes_;
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin())) {
    std::copy(bytes.begin() + 12, bytes.end(), bytes.begin());
    std::fill(bytes.begin() + 4, bytes.end(), std::uint8_t{0});
    address.is_v4_ = true;
  }
  return address;
}

std::string IpAddress::Text() const {
  return AddressText(is_v4_ ? AF_INET : AF_INET6, bytes_.data());
}

std::string IpAddress::Group() const {
  if (is_v4_) return Text();
  std::array<std::uint8_t, 16> network{};
  std::copy(bytes_.begin(), bytes_.begin() + 8, network.begin());
  return AddressText(AF_INET6, network.data());
}

std::optional<IpNetwork> IpNetwork::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto first = IpAddress::Parse(text.substr(0, slash));
  if (!first) return std::nullopt;
  IpNetwork network;
  network.first_ = *first;
  const unsigned all = first->is_v4() ? 32 : 128;
  network.bits_ = all;
  if (slash != std::string_view::npos) {
    const auto bits = ParseNumber<unsigned>(text.substr(slash + 1));
    if (!bits || *bits > all) return std::nullopt;
    network.bits_ = *bits;
  }
  for (unsigned bit = network.bits_; bit < all; ++bit) {
    if ((first->bytes_[bit / 8] & (0x80U >> (bit % 8))) != 0) return std::nullopt;
  }
  return network;
}

bool IpNetwork::Contains(const IpAddress& address) const noexcept {
  if (address.is_v4_ != first_.is_v4_) return false;
  const unsigned whole = bits_ / 8;
  if (!std::equal(first_.bytes_.begin(), first_.bytes_.begin() + whole, address.bytes_.begin())) {
    return false;
  }
  const unsigned rest = bits_ % 8;
  if (rest == 0) return true;
  return ((first_.bytes_[whole] ^ address.bytes_[whole]) >> (8 - rest)) == 0;
}

std::string IpNetwork::Text() const {
  return first_.Text() + "/" + std::to_string(bits_);
}

}  // namespace vcache
