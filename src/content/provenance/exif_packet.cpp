// EXIF: a TIFF (revision 6.0, section 2) of image file directories (IFD), tags by Exif 2.32. The
// parser reads two directories once: the first one and the Exif one that it points to. It follows
// no chain and no other pointer, and ignores makers' notes.

#include <algorithm>
#include <cstdint>
#include <optional>

#include "content/octets.h"
#include "content/provenance/packet_parsers.h"

namespace vcache::content {
namespace {

constexpr std::uint64_t kMakeTag = 0x010F;
constexpr std::uint64_t kModelTag = 0x0110;
constexpr std::uint64_t kSoftwareTag = 0x0131;
constexpr std::uint64_t kExifDirectoryTag = 0x8769;
constexpr std::uint64_t kUserCommentTag = 0x9286;
constexpr std::size_t kEntryBytes = 12;

/// Types whose values are bytes: BYTE, ASCII, UNDEFINED, and UTF-8 of Exif 3.0.
bool IsText(std::uint64_t type) {
  return type == 1 || type == 2 || type == 7 || type == 129;
}

/// Types of a pointer to a directory: LONG, and IFD of TIFF's first supplement.
bool IsPointer(std::uint64_t type) {
  return type == 4 || type == 13;
}

/// Entries may share bytes, so a small packet could claim the same bytes for many values. Therefore
/// the sum of all values read is at most the packet's size.
class TiffWalk {
 public:
  explicit TiffWalk(std::string_view packet) : packet_(packet), room_(packet.size()) {}

  /// Calls `use(tag, type, entry)` for each entry of the first directory, in file order.
  template <typename Use>
  void FirstDirectory(Use use) {
    using namespace std::string_view_literals;
    if (packet_.starts_with("MM\0\x2A"sv)) {
      big_endian_ = true;
    } else if (!packet_.starts_with("II\x2A\0"sv)) {
      return;
    }
    if (packet_.size() >= 8) Directory(Number(4, 4), use);
  }

  /// The same for the directory at `at`; skips one that exceeds the packet.
  template <typename Use>
  void Directory(std::uint64_t at, Use use) {
    if (at > packet_.size() || packet_.size() - at < 2) return;
    const std::uint64_t count = Number(at, 2);
    if ((packet_.size() - at - 2) / kEntryBytes < count) return;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t entry = at + 2 + i * kEntryBytes;
      use(Number(entry, 2), Number(entry + 2, 2), entry);
    }
  }

  /// The bytes of an entry with byte values; empty where they exceed the packet.
  std::string_view Bytes(std::uint64_t entry) {
    const std::uint64_t count = Number(entry + 4, 4);
    const std::uint64_t at = count <= 4 ? entry + 8 : Number(entry + 8, 4);
    if (at > packet_.size() || count > packet_.size() - at || count > room_) return {};
    room_ -= static_cast<std::size_t>(count);
    return packet_.substr(static_cast<std::size_t>(at), static_cast<std::size_t>(count));
  }

  std::uint64_t Pointer(std::uint64_t entry) const { return Number(entry + 8, 4); }

 private:
  std::uint64_t Number(std::uint64_t at, std::size_t count) const {
    const auto place = static_cast<std::size_t>(at);
    return big_endian_ ? BigEndian(packet_, place, count) : LittleEndian(packet_, place, count);
  }

  std::string_view packet_;
  std::size_t room_;  ///< Bytes of values that may still be read.
  bool big_endian_ = false;
};

std::string TextOf(std::string_view bytes) {
  return std::string(bytes.substr(0, bytes.find('\0')).substr(0, kMaxValueBytes));
}

/// The bytes of a user comment after its 8-byte encoding mark, without UTF-16's NULs.
std::string CommentOf(std::string_view bytes) {
  constexpr std::size_t kMarkBytes = 8;
  std::string comment;
  if (bytes.size() <= kMarkBytes) return comment;
  // Half of the bytes are NULs, so twice the limit is enough.
  const std::string_view text = bytes.substr(kMarkBytes, 2 * kMaxValueBytes);
  for (const char c : text) {
    if (c != '\0' && comment.size() < kMaxValueBytes) comment += c;
  }
  return comment;
}

}  // namespace

ExifFacts ParseExif(std::string_view packet) {
  ExifFacts facts;
  if (packet.size() > kMaxPacketBytes) return facts;
  TiffWalk tiff(packet);
  std::optional<std::uint64_t> exif_directory;
  const auto take = [&](std::string& fact, std::uint64_t type, std::uint64_t entry) {
    if (fact.empty() && IsText(type)) fact = TextOf(tiff.Bytes(entry));
  };
  tiff.FirstDirectory([&](std::uint64_t tag, std::uint64_t type, std::uint64_t entry) {
    if (tag == kMakeTag) take(facts.make, type, entry);
    if (tag == kModelTag) take(facts.model, type, entry);
    if (tag == kSoftwareTag) take(facts.software, type, entry);
    if (tag == kExifDirectoryTag && IsPointer(type) && !exif_directory) {
      exif_directory = tiff.Pointer(entry);
    }
  });
  if (!exif_directory) return facts;
  tiff.Directory(*exif_directory, [&](std::uint64_t tag, std::uint64_t type, std::uint64_t entry) {
    if (tag != kUserCommentTag || !IsText(type) || !facts.comment.empty()) return;
    facts.comment = CommentOf(tiff.Bytes(entry));
  });
  return facts;
}

}  // namespace vcache::content
