#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/fake_clock.h"
#include "vcache/api/auth/authenticator.h"

namespace vcache::test {

/// Who accepts these credentials; throws when they are not usable. The
/// clock stands still.
inline std::shared_ptr<const api::Authenticator> Accepting(api::CredentialOptions options) {
  static FakeClock clock;
  auto made = api::Authenticator::Make(std::move(options), clock);
  if (!made) throw std::runtime_error(made.error().message);
  return std::move(made).value();
}

/// Accepts one admin token and nobody else.
inline std::shared_ptr<const api::Authenticator> AcceptingAdmin(const std::string& token) {
  return Accepting({.admin_tokens = {{"ops", Secret(token), AccessScope::kAdmin}}});
}

}  // namespace vcache::test
