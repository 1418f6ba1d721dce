#pragma once

#include <optional>
#include <string>
#include <vector>

#include "content/container/file_view.h"

namespace vcache::content {

/// One thing that a manifest says was done. Texts are as the file has them, cut only.
struct C2paAction {
  std::string name;         ///< `c2pa.created`
  std::string source_type;  ///< A URI, mostly of the IPTC; often empty.
  std::string agent;        ///< The software that did it; often empty.
};

struct C2paManifest {
  std::string generator;  ///< Who wrote the claim.
  std::vector<C2paAction> actions;
};

inline constexpr std::size_t kMaxC2paActions = 64;  // of one manifest
// Of all manifests in a store: what comes later is not read.
inline constexpr std::size_t kMaxC2paStoreActions = 1024;
inline constexpr std::size_t kMaxC2paValues = 16 * 1024;

/// The manifests of a C2PA store in JUMBF boxes (C2PA 2.1, section 11; ISO/IEC 19566-5), the active
/// one last; none when there are more than we walk over. Empty when `store` is none. No signature
/// and no hash is checked: what comes out is what somebody wrote there.
std::optional<std::vector<C2paManifest>> ReadC2paStore(const FileView& store);

}  // namespace vcache::content
