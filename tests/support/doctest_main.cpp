#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <csignal>

// TLS and HTTP libraries write to sockets with plain write(2): a peer that left must not end the
// test program (rule T7).
namespace {
const bool sigpipe_ignored = std::signal(SIGPIPE, SIG_IGN) != SIG_ERR;
}
