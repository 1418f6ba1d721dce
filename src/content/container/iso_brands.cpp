#include "content/container/iso_brands.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>

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

// Names registered at mp4ra.org, in ISO/IEC 23008-12 (HEIF) and in the AVIF specification.
constexpr std::array<Brand, 46> kBrands = {{
    {"avif", BrandSays::kPicture, MediaType::kAvif},
    {"avio", BrandSays::kPicture, MediaType::kAvif},
    {"MA1A", BrandSays::kPicture, MediaType::kAvif},
    {"MA1B", BrandSays::kPicture, MediaType::kAvif},
    {"avis", BrandSays::kSequence, MediaType::kAvif},
    {"heic", BrandSays::kPicture, MediaType::kHeic},
    {"heix", BrandSays::kPicture, MediaType::kHeic},
    {"heim", BrandSays::kPicture, MediaType::kHeic},
    {"heis", BrandSays::kPicture, MediaType::kHeic},
    {"hevc", BrandSays::kSequence, MediaType::kHeic},
    {"hevx", BrandSays::kSequence, MediaType::kHeic},
    {"hevm", BrandSays::kSequence, MediaType::kHeic},
    {"hevs", BrandSays::kSequence, MediaType::kHeic},
    {"mif1", BrandSays::kImageStructure},
    {"mif2", BrandSays::kImageStructure},
    {"msf1", BrandSays::kImageStructure},
    {"miaf", BrandSays::kImageStructure},
    {"heif", BrandSays::kImageStructure},  // unregistered; some programs write it
    {"qt  ", BrandSays::kVideo, MediaType::kMov},
    {"mp41", BrandSays::kVideo},
    {"mp42", BrandSays::kVideo},
    {"avc1", BrandSays::kVideo},
    {"hvc1", BrandSays::kVideo},
    {"hev1", BrandSays::kVideo},
    {"av01", BrandSays::kVideo},
    {"M4V ", BrandSays::kVideo},
    {"M4VH", BrandSays::kVideo},
    {"M4VP", BrandSays::kVideo},
    {"dash", BrandSays::kVideo},
    {"cmfc", BrandSays::kVideo},
    {"cmf2", BrandSays::kVideo},
    {"MSNV", BrandSays::kVideo},
    {"mmp4", BrandSays::kVideo},
    {"f4v ", BrandSays::kVideo},
    {"kddi", BrandSays::k3gpp, MediaType::k3g2},
    {"M4A ", BrandSays::kOther},
    {"M4B ", BrandSays::kOther},
    {"M4P ", BrandSays::kOther},
    {"F4A ", BrandSays::kOther},
    {"F4B ", BrandSays::kOther},
    {"jp2 ", BrandSays::kOther},
    {"jpx ", BrandSays::kOther},
    {"jpm ", BrandSays::kOther},
    {"jxl ", BrandSays::kOther},
    {"crx ", BrandSays::kOther},  // Canon's raw photographs, which also claim to be `isom`
    {"avci", BrandSays::kOther},  // H.264 images, which no vendor here accepts
}};

Brand ReadBrand(std::string_view name) {
  const auto* found = std::find_if(kBrands.begin(), kBrands.end(),
                                   [name](const Brand& brand) { return brand.name == name; });
  if (found != kBrands.end()) return *found;
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
IsoBrands AmongCompatible(const Brands& brands, const Brand& major) {
  if (const auto picture = brands.First({BrandSays::kPicture, BrandSays::kSequence})) {
    // `mif1` states a still picture, `msf1` a sequence; `iso8` implies tracks.
    const bool sequence =
        major.name == "msf1" ||
        (brands.Has(BrandSays::kSequence) &&
         (!brands.Has(BrandSays::kPicture) || major.says == BrandSays::kVideoStructure));
    return {picture->type, false, sequence};
  }
  if (brands.cut()) return {std::nullopt, true, false};
  const bool image = brands.Has(BrandSays::kImageStructure);
  if (major.says == BrandSays::kImageStructure) return {std::nullopt, true, false};
  if (major.says == BrandSays::kVideoStructure) return {major.type, image, false};
  const auto video =
      brands.First({BrandSays::kVideo, BrandSays::kVideoStructure, BrandSays::k3gpp});
  if (!video) return {std::nullopt, true, false};
  return {video->type, image, false};
}

}  // namespace

IsoBrands ReadIsoBrands(std::string_view front) {
  const Brands brands(front);
  if (brands.empty()) return {};
  const Brand major = brands.major();
  switch (major.says) {
    case BrandSays::kPicture:
      return {major.type, false, false};
    case BrandSays::kSequence:
      return {major.type, false, true};
    case BrandSays::kVideo:
      return {major.type, false, false};
    case BrandSays::k3gpp: {
      // Believe a phone's video that also lists an MP4 brand.
      const auto wider = brands.First({BrandSays::kVideo, BrandSays::kVideoStructure});
      if (!wider && brands.cut()) return {std::nullopt, true, false};
      return {wider ? wider->type : major.type, false, false};
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
