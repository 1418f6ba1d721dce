#include "content/cbor.h"

#include <algorithm>
#include <cstdint>

#include "content/octets.h"

namespace vcache::content {
namespace {

/// The initial byte and its argument (RFC 8949, section 3).
struct CborHead {
  unsigned major = 0;
  std::uint64_t argument = 0;
  bool indefinite = false;
  bool is_break = false;
};

class CborReader {
 public:
  explicit CborReader(std::string_view bytes) : bytes_(bytes) {}

  std::optional<CborValue> Value(int depth) {
    const auto head = Head();
    if (!head || head->is_break) return std::nullopt;
    return Value(*head, depth);
  }

 private:
  std::optional<CborHead> Head() {
    if (at_ >= bytes_.size()) return std::nullopt;
    const unsigned char initial = Octet(bytes_, at_++);
    CborHead head;
    head.major = initial >> 5U;
    const unsigned info = initial & 0x1FU;
    if (info < 24) {
      head.argument = info;
    } else if (info < 28) {
      const std::size_t count = std::size_t{1} << (info - 24);
      if (bytes_.size() - at_ < count) return std::nullopt;
      head.argument = BigEndian(bytes_, at_, count);
      at_ += count;
    } else if (info == 31) {
      head.is_break = head.major == 7;
      head.indefinite = head.major == 4 || head.major == 5;
      if (!head.is_break && !head.indefinite) return std::nullopt;
    } else {
      return std::nullopt;
    }
    return head;
  }

  std::optional<CborValue> Value(const CborHead& head, int depth) {
    if (depth > kMaxCborDepth || ++values_ > kMaxCborValues) return std::nullopt;
    CborValue value;
    switch (head.major) {
      case 2:
      case 3:
        return String(head, std::move(value));
      case 4:
        value.kind = CborValue::Kind::kArray;
        return Items(head, depth, std::move(value));
      case 5:
        value.kind = CborValue::Kind::kMap;
        return Items(head, depth, std::move(value));
      case 6:  // a tag: what counts is behind it
        return Value(depth + 1);
      default:  // a number or a simple value, whose bytes are read already
        return value;
    }
  }

  std::optional<CborValue> String(const CborHead& head, CborValue value) {
    if (head.argument > bytes_.size() - at_) return std::nullopt;
    const auto length = static_cast<std::size_t>(head.argument);
    if (head.major == 3) {
      value.kind = CborValue::Kind::kText;
      value.text = bytes_.substr(at_, std::min(length, kMaxCborText));
    }
    at_ += length;
    return value;
  }

  /// The items of an array, or of a map with their names.
  std::optional<CborValue> Items(const CborHead& head, int depth, CborValue value) {
    // Nothing is reserved for a number that is only claimed: each item costs at least one byte.
    for (std::uint64_t i = 0; head.indefinite || i < head.argument; ++i) {
      auto next = Head();
      if (!next) return std::nullopt;
      if (next->is_break) return head.indefinite ? std::optional(std::move(value)) : std::nullopt;
      if (value.kind == CborValue::Kind::kMap) {
        auto name = Value(*next, depth + 1);
        if (!name) return std::nullopt;
        value.names.push_back(std::move(name->text));
        next = Head();
        if (!next || next->is_break) return std::nullopt;
      }
      auto item = Value(*next, depth + 1);
      if (!item) return std::nullopt;
      value.items.push_back(std::move(*item));
    }
    return value;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
};

}  // namespace

const CborValue* CborValue::Find(std::string_view name) const {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return &items[i];
  }
  return nullptr;
}

std::string_view CborValue::TextOf(std::string_view name) const {
  const CborValue* found = Find(name);
  return found != nullptr ? std::string_view(found->text) : std::string_view();
}

std::optional<CborValue> ReadCbor(std::string_view bytes) {
  return CborReader(bytes).Value(0);
}

}  // namespace vcache::content
