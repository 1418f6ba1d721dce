#include "vcache/content/container/media_type.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "content/container/ebml_number.h"
#include "content/container/media_front.h"
#include "content/octets.h"
#include "vcache/core/enum_table.h"

namespace vcache::content {
namespace {

std::string_view Piece(std::string_view front, std::size_t at, std::size_t length) {
  return at <= front.size() ? front.substr(at, length) : std::string_view();
}

/// QuickTime files older than `ftyp` begin with the movie, the data, or `wide` before the data.
bool IsOldQuickTime(std::string_view front) {
  const std::string_view box = Piece(front, 4, 4);
  if (box == "wide") {
    const std::string_view next = Piece(front, 12, 4);
    return BigEndian(front, 0, 4) == 8 && (next == "mdat" || next == "moov");
  }
  const std::uint64_t size = BigEndian(front, 0, 4);
  return (box == "moov" && size > 8) || (box == "mdat" && (size <= 1 || size >= 8));
}

/// A first box other than `ftyp`. `free`, `skip` and `pnot` are common words and prove nothing.
MediaFront ReadUnmarked(std::string_view front) {
  constexpr std::array<std::string_view, 9> kFirstBoxes = {"moov", "mdat", "wide", "free", "skip",
                                                           "pnot", "junk", "pict", "uuid"};
  if (front.size() < 8) return {};
  // A size of 512 MiB or more would begin with a printable character, as a text does. 0 means "to
  // the end", 1 means that a 64-bit size follows.
  if (BigEndian(front, 0, 4) >= 0x20000000) return {};
  const std::string_view box = Piece(front, 4, 4);
  if (std::find(kFirstBoxes.begin(), kFirstBoxes.end(), box) == kFirstBoxes.end()) return {};
  const auto type = IsOldQuickTime(front) ? std::optional(MediaType::kMov) : std::nullopt;
  return {type, true, false, true};
}

/// An EBML header with the DocType `webm` (Matroska has another one). Open where it is cut off.
MediaFront ReadEbmlHeader(std::string_view front) {
  constexpr std::uint64_t kDocType = 0x4282;
  const EbmlNumber header = ReadEbmlNumber(front, 4, false);
  if (header.length == 0) return {};
  std::size_t at = 4 + header.length;
  const bool whole = header.value <= front.size() - at;
  const MediaFront open = {std::nullopt, !whole};
  if (whole) front = front.substr(0, at + header.value);
  while (at < front.size()) {
    const EbmlNumber id = ReadEbmlNumber(front, at, true);
    if (id.length == 0) return {};
    const EbmlNumber size = ReadEbmlNumber(front, at + id.length, false);
    if (size.length == 0) return {};
    at += id.length + size.length;
    if (size.value > front.size() - at) return open;
    if (id.value == kDocType) {
      std::string_view name = front.substr(at, size.value);
      while (name.ends_with('\0')) name.remove_suffix(1);  // strings may be zero-padded
      if (name != "webm") return {};
      return {MediaType::kWebm};
    }
    at += size.value;
  }
  return open;
}

/// Whether these bits have that value; true also when the front ends before `at`.
bool HasBits(std::string_view front, std::size_t at, unsigned mask, unsigned value) {
  return at >= front.size() || (Octet(front, at) & mask) == value;
}

/// A program stream of MPEG-1 or MPEG-2, with the mandatory marker bits of its kind, or a bare
/// video stream whose pictures have an area. Transport streams are left out: one sync byte in
/// `kSniffBytes` proves nothing.
bool IsMpeg(std::string_view front) {
  using namespace std::string_view_literals;
  if (front.starts_with("\0\0\1\xB3"sv)) {
    return front.size() < 7 ||
           (BigEndian(front, 4, 3) >> 12U != 0 && (BigEndian(front, 4, 3) & 0xFFFU) != 0);
  }
  if (!front.starts_with("\0\0\1\xBA"sv) || front.size() < 5) return false;
  const bool second = HasBits(front, 4, 0xC4, 0x44) && HasBits(front, 6, 0x04, 0x04) &&
                      HasBits(front, 8, 0x04, 0x04) && HasBits(front, 9, 0x01, 0x01);
  const bool first = HasBits(front, 4, 0xF1, 0x21) && HasBits(front, 6, 0x01, 0x01) &&
                     HasBits(front, 8, 0x01, 0x01) && HasBits(front, 9, 0x80, 0x80);
  return first || second;
}

/// WebP in one of its three forms, or AVI; other forms (WAVE, RMID) are not supported.
MediaFront ReadRiffHead(std::string_view front) {
  const std::string_view form = Piece(front, 8, 8);
  if (form == "WEBPVP8 " || form == "WEBPVP8L" || form == "WEBPVP8X") return {MediaType::kWebp};
  if (form.starts_with("AVI ")) return {MediaType::kAvi};
  return {};
}

constexpr EnumNames<MediaType, 13> kTypes = {{"image/jpeg", "image/png", "image/webp", "image/gif",
                                              "image/avif", "image/heic", "video/mp4",
                                              "video/quicktime", "video/webm", "video/x-msvideo",
                                              "video/mpeg", "video/3gpp", "video/3gpp2"}};
static_assert(kTypes.Of(MediaType::k3g2) == "video/3gpp2");

}  // namespace

MediaFront ReadMediaFront(std::string_view front) noexcept {
  if (front.starts_with("\xFF\xD8\xFF")) return {MediaType::kJpeg};
  if (front.starts_with("\x89PNG\r\n\x1A\n")) return {MediaType::kPng};
  if (front.starts_with("GIF87a") || front.starts_with("GIF89a")) return {MediaType::kGif};
  if (front.starts_with("RIFF")) return ReadRiffHead(front);
  if (front.starts_with("\x1A\x45\xDF\xA3")) return ReadEbmlHeader(front);
  if (IsMpeg(front)) return {MediaType::kMpeg};
  if (Piece(front, 4, 4) == "ftyp") return ReadIsoBrands(front);
  return ReadUnmarked(front);
}

std::string_view MediaTypeName(MediaType type) noexcept {
  return kTypes.Of(type);
}

bool IsVideo(MediaType type) noexcept {
  return type >= MediaType::kMp4;
}

}  // namespace vcache::content
