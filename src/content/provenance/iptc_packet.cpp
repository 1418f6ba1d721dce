// Data sets of IPTC's Information Interchange Model (IIM 4.2, chapter 3): the mark 0x1C, a record,
// a number, a length of 2 bytes, the data. If the length's first bit is set, the rest of it counts
// the bytes of the true length, which follows. The parser makes one forward pass.

#include <cstdint>
#include <optional>

#include "content/octets.h"
#include "content/provenance/packet_parsers.h"

namespace vcache::content {
namespace {

constexpr char kMark = '\x1C';
constexpr std::size_t kDataSetHead = 5;

/// A data set's length. Moves `at` past an extended length; empty when that is too long or cut off.
std::optional<std::uint64_t> DataLength(std::string_view packet, std::size_t& at) {
  constexpr std::uint64_t kExtended = 0x8000;
  const std::uint64_t length = BigEndian(packet, at - 2, 2);
  if ((length & kExtended) == 0) return length;
  const auto count = static_cast<std::size_t>(length - kExtended);
  if (count > 4 || count > packet.size() - at) return std::nullopt;
  at += count;
  return BigEndian(packet, at - count, count);
}

}  // namespace

IptcFacts ParseIptc(std::string_view packet) {
  constexpr std::uint64_t kApplicationRecord = 2;
  constexpr std::uint64_t kProgram = 65;
  constexpr std::uint64_t kCredit = 110;
  IptcFacts facts;
  if (packet.size() > kMaxPacketBytes) return facts;
  // Some writers put bytes of their own between the data sets.
  for (std::size_t at = packet.find(kMark); at < packet.size(); at = packet.find(kMark, at)) {
    if (packet.size() - at < kDataSetHead) break;
    const std::uint64_t record = Octet(packet, at + 1);
    const std::uint64_t number = Octet(packet, at + 2);
    at += kDataSetHead;
    const auto length = DataLength(packet, at);
    if (!length || *length > packet.size() - at) break;
    const std::string_view data = packet.substr(at, static_cast<std::size_t>(*length));
    at += data.size();
    if (record != kApplicationRecord) continue;
    std::string* fact = number == kProgram  ? &facts.program
                        : number == kCredit ? &facts.credit
                                            : nullptr;
    if (fact != nullptr && fact->empty()) *fact = std::string(data.substr(0, kMaxValueBytes));
  }
  return facts;
}

}  // namespace vcache::content
