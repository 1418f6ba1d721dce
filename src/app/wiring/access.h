#pragma once

#include <memory>
#include <string>
#include <vector>

#include "vcache/api/auth/authenticator.h"
#include "vcache/app/wiring/access_keys.h"
#include "vcache/config/settings.h"
#include "vcache/core/clock.h"

namespace vcache::app {

/// Whose credentials the settings accept. The clock must outlive it. kBadConfiguration names
/// JWT_PUBLIC_KEY when it holds no usable key.
Result<std::shared_ptr<const api::Authenticator>> MakeAuthenticator(
    const config::AccessSettings& settings, Clock& clock);

/// The host names that browsers may use, for `api::SiteRules`; empty: any.
std::vector<std::string> HostsOf(const config::Settings& settings);

}  // namespace vcache::app
