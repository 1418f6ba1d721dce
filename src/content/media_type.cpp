#include "vcache/content/media_type.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "content/ebml_number.h"
#include "content/octets.h"

namespace vcache::content {
namespace {

/// The bytes at `at`, fewer where the front ends.
std::string_view Piece(std::string_view front, std::size_t at, std::size_t length) {
  return at <= front.size() ? front.substr(at, length) : std::string_view();
}

/// What a brand of an ISO base media file (ISO/IEC 14496-12) says; `type` is empty for a brand
/// that is known not to be ours.
struct Brand {
  std::string_view name;
  std::optional<MediaType> type;
};

constexpr std::array<Brand, 40> kBrands = {{
    {"avif", MediaType::kAvif}, {"avis", MediaType::kAvif}, {"heic", MediaType::kHeic},
    {"heix", MediaType::kHeic}, {"heim", MediaType::kHeic}, {"heis", MediaType::kHeic},
    {"hevc", MediaType::kHeic}, {"hevx", MediaType::kHeic}, {"hevm", MediaType::kHeic},
    {"hevs", MediaType::kHeic}, {"qt  ", MediaType::kMov},  {"isom", MediaType::kMp4},
    {"iso2", MediaType::kMp4},  {"iso3", MediaType::kMp4},  {"iso4", MediaType::kMp4},
    {"iso5", MediaType::kMp4},  {"iso6", MediaType::kMp4},  {"iso7", MediaType::kMp4},
    {"iso8", MediaType::kMp4},  {"iso9", MediaType::kMp4},  {"mp41", MediaType::kMp4},
    {"mp42", MediaType::kMp4},  {"avc1", MediaType::kMp4},  {"hvc1", MediaType::kMp4},
    {"av01", MediaType::kMp4},  {"M4V ", MediaType::kMp4},  {"M4VH", MediaType::kMp4},
    {"M4VP", MediaType::kMp4},  {"dash", MediaType::kMp4},  {"cmfc", MediaType::kMp4},
    {"MSNV", MediaType::kMp4},  {"mmp4", MediaType::kMp4},  {"f4v ", MediaType::kMp4},
    {"M4A ", std::nullopt},     {"M4B ", std::nullopt},     {"M4P ", std::nullopt},
    {"F4A ", std::nullopt},     {"F4B ", std::nullopt},     {"jp2 ", std::nullopt},
    {"crx ", std::nullopt},  // Canon's raw photographs, which also claim to be `isom`
}};

const Brand* FindBrand(std::string_view name) {
  const auto* found = std::find_if(kBrands.begin(), kBrands.end(),
                                   [&](const Brand& brand) { return brand.name == name; });
  return found == kBrands.end() ? nullptr : found;
}

/// A file that begins with an `ftyp` box. The major brand decides where we know it; where it is
/// only a structure (`mif1`) or a maker's own (`XAVC`), the first compatible brand that we know.
std::optional<MediaType> SniffBrands(std::string_view front) {
  const std::uint64_t size = BigEndian(front, 0, 4);
  // The box holds a major brand, a version and brands of 4 bytes: no real one reaches 64 KiB, and
  // a text with "ftyp" at this place "says" hundreds of megabytes.
  if (size < 16 || size > 0xFFFF) return std::nullopt;
  if (const Brand* major = FindBrand(Piece(front, 8, 4))) return major->type;
  const std::size_t end = std::min<std::size_t>(size, front.size());
  for (std::size_t at = 16; at + 4 <= end; at += 4) {
    const Brand* brand = FindBrand(front.substr(at, 4));
    if (brand != nullptr && brand->type) return brand->type;
  }
  return std::nullopt;
}

/// QuickTime files older than `ftyp` begin with their movie, their data, or an 8-byte `wide` before
/// the data. Other first boxes (`free`, `skip`) are too common as words to go by.
bool IsOldQuickTime(std::string_view front) {
  const std::string_view box = Piece(front, 4, 4);
  if (box == "wide") {
    const std::string_view next = Piece(front, 12, 4);
    return BigEndian(front, 0, 4) == 8 && (next == "mdat" || next == "moov");
  }
  // A size from 512 MiB up would begin with a printable character, as a text does. 0 and 1 say
  // that the data go on to the end or that the size follows in 64 bits.
  const std::uint64_t size = BigEndian(front, 0, 4);
  if (size >= 0x20000000) return false;
  return (box == "moov" && size > 8) || (box == "mdat" && (size <= 1 || size >= 8));
}

/// An EBML header whose DocType is `webm`; Matroska is another DocType and not one of our types.
bool IsWebm(std::string_view front) {
  constexpr std::uint64_t kDocType = 0x4282;
  const EbmlNumber header = ReadEbmlNumber(front, 4, false);
  if (header.length == 0) return false;
  std::size_t at = 4 + header.length;
  if (header.value < front.size() - at) front = front.substr(0, at + header.value);
  while (at < front.size()) {
    const EbmlNumber id = ReadEbmlNumber(front, at, true);
    if (id.length == 0) return false;
    const EbmlNumber size = ReadEbmlNumber(front, at + id.length, false);
    if (size.length == 0) return false;
    at += id.length + size.length;
    if (size.value > front.size() - at) return false;
    if (id.value == kDocType) {
      std::string_view name = front.substr(at, size.value);
      while (name.ends_with('\0')) name.remove_suffix(1);  // strings may be padded with zeros
      return name == "webm";
    }
    at += size.value;
  }
  return false;
}

/// A program stream of MPEG-1 or MPEG-2 (told apart by the bits behind the start code), or a bare
/// video stream. Transport streams are left out: one sync byte in `kSniffBytes` proves nothing.
bool IsMpeg(std::string_view front) {
  using namespace std::string_view_literals;
  if (front.starts_with("\0\0\1\xB3"sv)) return true;
  if (!front.starts_with("\0\0\1\xBA"sv) || front.size() < 5) return false;
  return (Octet(front, 4) & 0xC0U) == 0x40U || (Octet(front, 4) & 0xF0U) == 0x20U;
}

}  // namespace

std::optional<MediaType> SniffMediaType(ByteView bytes) noexcept {
  const std::string_view front = AsText(bytes.first(std::min(bytes.size(), kSniffBytes)));
  if (front.starts_with("\xFF\xD8\xFF")) return MediaType::kJpeg;
  if (front.starts_with("\x89PNG\r\n\x1A\n")) return MediaType::kPng;
  if (front.starts_with("GIF87a") || front.starts_with("GIF89a")) return MediaType::kGif;
  if (front.starts_with("RIFF")) {
    if (Piece(front, 8, 7) == "WEBPVP8") return MediaType::kWebp;
    if (Piece(front, 8, 4) == "AVI ") return MediaType::kAvi;
    return std::nullopt;
  }
  if (front.starts_with("\x1A\x45\xDF\xA3")) {
    return IsWebm(front) ? std::optional(MediaType::kWebm) : std::nullopt;
  }
  if (IsMpeg(front)) return MediaType::kMpeg;
  if (Piece(front, 4, 4) == "ftyp") return SniffBrands(front);
  if (front.size() >= 8 && IsOldQuickTime(front)) return MediaType::kMov;
  return std::nullopt;
}

std::string_view MediaTypeName(MediaType type) noexcept {
  switch (type) {
    case MediaType::kJpeg:
      return "image/jpeg";
    case MediaType::kPng:
      return "image/png";
    case MediaType::kWebp:
      return "image/webp";
    case MediaType::kGif:
      return "image/gif";
    case MediaType::kAvif:
      return "image/avif";
    case MediaType::kHeic:
      return "image/heic";
    case MediaType::kMp4:
      return "video/mp4";
    case MediaType::kMov:
      return "video/quicktime";
    case MediaType::kWebm:
      return "video/webm";
    case MediaType::kAvi:
      return "video/x-msvideo";
    case MediaType::kMpeg:
      return "video/mpeg";
  }
  return "application/octet-stream";
}

bool IsVideo(MediaType type) noexcept {
  return type >= MediaType::kMp4;
}

}  // namespace vcache::content
