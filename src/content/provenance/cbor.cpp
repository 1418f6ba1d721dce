#include "content/provenance/cbor.h"

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
  CborReader(std::string_view bytes, std::size_t& values) : bytes_(bytes), values_(values) {}

  std::optional<CborValue> Value(int depth) {
    const auto head = Head();
    if (!head || head->is_break) return std::nullopt;
    return Value(*head, depth);
  }

  std::string_view rest() const { return bytes_.substr(at_); }

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
    if (depth > kMaxCborDepth || values_ == 0) return std::nullopt;
    --values_;
    switch (head.major) {
      case 2:
      case 3:
        return String(head);
      case 4:
        return Items(head, depth, CborValue::Kind::kArray);
      case 5:
        return Items(head, depth, CborValue::Kind::kMap);
      case 6:  // a tag: its content follows
        return Value(depth + 1);
      default:  // a number or a simple value, already read
        return CborValue();
    }
  }

  std::optional<CborValue> String(const CborHead& head) {
    if (head.argument > bytes_.size() - at_) return std::nullopt;
    const auto length = static_cast<std::size_t>(head.argument);
    CborValue value;
    if (head.major == 3) {
      value.kind = CborValue::Kind::kText;
      value.text = bytes_.substr(at_, std::min(length, kMaxCborText));
    }
    at_ += length;
    return value;
  }

  /// Skips the items of an array, or the keys and values of a map.
  std::optional<CborValue> Items(const CborHead& head, int depth, CborValue::Kind kind) {
    const std::size_t begin = at_;
    std::size_t end = at_;
    const auto whole = [&] { return CborValue{kind, {}, bytes_.substr(begin, end - begin)}; };
    for (std::uint64_t i = 0; head.indefinite || i < head.argument; ++i) {
      auto next = Head();
      if (!next) return std::nullopt;
      if (next->is_break) return head.indefinite ? std::optional(whole()) : std::nullopt;
      if (kind == CborValue::Kind::kMap) {
        if (!Value(*next, depth + 1)) return std::nullopt;
        next = Head();
        if (!next || next->is_break) return std::nullopt;
      }
      if (!Value(*next, depth + 1)) return std::nullopt;
      end = at_;
    }
    return whole();
  }

  std::string_view bytes_;
  std::size_t& values_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<CborWalk::Item> CborWalk::Next() {
  if (rest_.empty()) return std::nullopt;
  std::size_t values = kMaxCborValues;  // the first read stayed within this limit
  CborReader reader(rest_, values);
  Item item;
  if (is_map_) {
    const auto key = reader.Value(0);
    if (!key) return std::nullopt;
    item.name = key->text;
  }
  const auto value = reader.Value(0);
  if (!value) return std::nullopt;
  item.value = *value;
  rest_ = reader.rest();
  return item;
}

std::optional<CborValue> CborValue::Find(std::string_view name) const {
  if (kind != Kind::kMap) return std::nullopt;
  CborWalk walk(*this);
  while (const auto item = walk.Next()) {
    if (item->name == name) return item->value;
  }
  return std::nullopt;
}

std::string_view CborValue::TextOf(std::string_view name) const {
  const auto found = Find(name);
  return found ? found->text : std::string_view();
}

std::optional<CborValue> ReadCbor(std::string_view bytes, std::size_t& values) {
  return CborReader(bytes, values).Value(0);
}

}  // namespace vcache::content
