#pragma once

#include <optional>
#include <string>
#include <vector>

#include "content/container/file_view.h"

namespace vcache::content {

/// One action of a manifest. Texts are unchanged, except that long ones are cut.
struct C2paAction {
  std::string name;         ///< `c2pa.created`
  std::string source_type;  ///< A URI, usually of the IPTC; often empty.
  std::string agent;        ///< The software that performed the action; often empty.
};

struct C2paManifest {
  std::string generator;  ///< The software that wrote the claim.
  std::vector<C2paAction> actions;
};

inline constexpr std::size_t kMaxC2paActions = 64;  // in one manifest
// In all manifests of a store; the reader skips the rest.
inline constexpr std::size_t kMaxC2paStoreActions = 1024;
inline constexpr std::size_t kMaxC2paValues = 16 * 1024;

/// The manifests of a C2PA store in JUMBF boxes (C2PA 2.1, section 11; ISO/IEC 19566-5), the active
/// one last. Empty when `store` is not one; no manifests when there are more than the reader walks
/// over. Nothing checks signatures or hashes: the file's author may have written anything.
std::optional<std::vector<C2paManifest>> ReadC2paStore(const FileView& store);

}  // namespace vcache::content
