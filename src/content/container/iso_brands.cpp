#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "content/container/media_front.h"
#include "content/octets.h"

namespace vcache::content {
namespace {

enum class BrandSays {
  kNothing,         ///< Unknown.
  kPicture,         ///< An image of this codec.
  kSequence,        ///< An image sequence of this codec.
  kImageStructure,  ///< Images or sequences of any codec.
  kVideo,           ///< A video format.
  kVideoStructure,  ///< A container version of most videos and some images.
  k3gpp,
  kOther  ///< Audio, raw photographs: known and not supported.
};

struct Brand {
  std::string_view name;
  BrandSays says;
  MediaType type = MediaType::kMp4;
};

struct BrandGroup {
  BrandSays says;
  MediaType type;
  std::initializer_list<std::string_view> names;
};

// Names registered at mp4ra.org, in ISO/IEC 23008-12 (HEIF) and in the AVIF specification.
const BrandGroup kBrands[] = {
    {BrandSays::kPicture, MediaType::kAvif, {"avif", "avio", "MA1A", "MA1B"}},
    {BrandSays::kSequence, MediaType::kAvif, {"avis"}},
    {BrandSays::kPicture, MediaType::kHeic, {"heic", "heix", "heim", "heis"}},
    {BrandSays::kSequence, MediaType::kHeic, {"hevc", "hevx", "hevm", "hevs"}},
    // `heif` is unregistered; some programs write it.
    {BrandSays::kImageStructure, MediaType::kMp4, {"mif1", "mif2", "msf1", "miaf", "heif"}},
    {BrandSays::kVideo, MediaType::kMov, {"qt  "}},
    {BrandSays::kVideo,
     MediaType::kMp4,
     {"mp41", "mp42", "avc1", "hvc1", "hev1", "av01", "M4V ", "M4VH", "M4VP", "dash", "cmfc",
      "cmf2", "MSNV", "mmp4", "f4v "}},
    {BrandSays::k3gpp, MediaType::k3g2, {"kddi"}},
    {BrandSays::kOther,
     MediaType::kMp4,
     {"M4A ", "M4B ", "M4P ", "F4A ", "F4B ", "jp2 ", "jpx ", "jpm ", "jxl "}},
    // Canon's raw photographs, which also claim to be `isom`, and H.264 images.
    {BrandSays::kOther, MediaType::kMp4, {"crx ", "avci"}},
};

Brand ReadBrand(std::string_view name) {
  for (const BrandGroup& group : kBrands) {
    if (std::find(group.names.begin(), group.names.end(), name) == group.names.end()) continue;
    return {name, group.says, group.type};
  }
  // Families whose names contain a release: `isom`, `iso2` to `isoc`; `3gp4`, `3gr6`; `3g2a`.
  if (name.starts_with("iso")) return {name, BrandSays::kVideoStructure};
  if (name.starts_with("3g2")) return {name, BrandSays::k3gpp, MediaType::k3g2};
  if (name.starts_with("3g")) return {name, BrandSays::k3gpp, MediaType::k3gp};
  return {name, BrandSays::kNothing};
}

/// The brands of an `ftyp` box: the major brand, then the compatible ones.
class Brands {
 public:
  /// Reads the box at the start of `front`; has no brands where it is not an `ftyp` box.
  explicit Brands(std::string_view front) {
    if (front.size() < 12) return;
    const std::uint64_t size = BigEndian(front, 0, 4);
    // The box holds a major brand, a version and brands of 4 bytes, and never reaches 64 KiB. A
    // text with "ftyp" at this offset would claim hundreds of megabytes.
    if (size < 16 || size > 0xFFFF) return;
    box_ = front.substr(0, static_cast<std::size_t>(size));
    cut_ = size > front.size();
  }

  bool empty() const noexcept { return box_.empty(); }
  bool cut() const noexcept { return cut_; }
  Brand major() const noexcept { return ReadBrand(box_.substr(8, 4)); }

  std::optional<Brand> First(std::initializer_list<BrandSays> sayings) const noexcept {
    for (std::size_t at = 8; at + 4 <= box_.size(); at += at == 8 ? 8 : 4) {
      const Brand brand = ReadBrand(box_.substr(at, 4));
      if (std::find(sayings.begin(), sayings.end(), brand.says) != sayings.end()) return brand;
    }
    return std::nullopt;
  }
  bool Has(BrandSays saying) const noexcept { return First({saying}).has_value(); }

 private:
  std::string_view box_;
  bool cut_ = false;
};

/// Decides by the compatible brands when the major brand leaves it open.
MediaFront AmongCompatible(const Brands& brands, const Brand& major) {
  if (const auto picture = brands.First({BrandSays::kPicture, BrandSays::kSequence})) {
    // `mif1` states a still picture, `msf1` a sequence; `iso8` implies tracks.
    const bool sequence =
        major.name == "msf1" ||
        (brands.Has(BrandSays::kSequence) &&
         (!brands.Has(BrandSays::kPicture) || major.says == BrandSays::kVideoStructure));
    return {picture->type, false, sequence};
  }
  if (brands.cut()) return {std::nullopt, true};
  const bool image = brands.Has(BrandSays::kImageStructure);
  if (major.says == BrandSays::kImageStructure) return {std::nullopt, true};
  if (major.says == BrandSays::kVideoStructure) return {major.type, image};
  const auto video =
      brands.First({BrandSays::kVideo, BrandSays::kVideoStructure, BrandSays::k3gpp});
  if (!video) return {std::nullopt, true};
  return {video->type, image};
}

}  // namespace

MediaFront ReadIsoBrands(std::string_view front) {
  const Brands brands(front);
  if (brands.empty()) return {};
  const Brand major = brands.major();
  switch (major.says) {
    case BrandSays::kPicture:
    case BrandSays::kVideo:
      return {major.type};
    case BrandSays::kSequence:
      return {major.type, false, true};
    case BrandSays::k3gpp: {
      // Believe a phone's video that also lists an MP4 brand.
      const auto wider = brands.First({BrandSays::kVideo, BrandSays::kVideoStructure});
      if (!wider && brands.cut()) return {std::nullopt, true};
      return {wider ? wider->type : major.type};
    }
    case BrandSays::kOther:
      return {};
    case BrandSays::kNothing:
    case BrandSays::kImageStructure:
    case BrandSays::kVideoStructure:
      break;
  }
  return AmongCompatible(brands, major);
}

}  // namespace vcache::content
