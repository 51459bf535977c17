#include "base/host_port.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

TEST(HostPort, takes_names_addresses_and_the_star) {
  for (const char* text : {"localhost:1", "127.0.0.1:65535", "journal-1.example.com:8485", "[::1]:0", "[2001:db8::7]:8485", "*:8485"}) {
    EXPECT_TRUE(parse_host_port(text).has_value()) << text;
  }
  EXPECT_EQ(parse_host_port("[::1]:8485"), (HostPort{"::1", 8485}));
}

TEST(HostPort, refuses_all_else) {
  for (const char* text :
       {"",        ":",        "host",      "host:",    ":8485",       "host:65536", "host:-1",       "host:+1", "host:1x", "host: 1",
        "ho st:1", "::1:8485", "[::1:8485", "[host]:1", "256.0.0.1:1", "1.2.3:1",    "http://host:1", "host:1/", "[]:1",    "h\n:1"}) {
    EXPECT_FALSE(parse_host_port(text).has_value()) << text;
  }
}

TEST(HostPort, knows_what_other_machines_cannot_reach) {
  for (const char* text : {"localhost:1", "127.0.0.1:1", "127.8.9.10:1", "[::1]:1"})
    EXPECT_TRUE(parse_host_port(text)->is_loopback()) << text;
  for (const char* text : {"*:1", "0.0.0.0:1", "10.0.0.1:1", "[::]:1", "127.example.com:1", "localhost.example.com:1"}) {
    EXPECT_FALSE(parse_host_port(text)->is_loopback()) << text;
  }
}

}  // namespace
}  // namespace varve
