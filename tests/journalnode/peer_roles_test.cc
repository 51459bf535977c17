#include "tools/journalnode/peer_roles.h"

#include <gtest/gtest.h>

#include <set>

namespace varve {
namespace {

class Named final : public PeerIdentity {
 public:
  explicit Named(std::set<std::string> names) : names_(std::move(names)) {}
  bool has_name(const std::string& name) const override { return names_.contains(name); }

 private:
  std::set<std::string> names_;
};

NodeConfig secured() {
  NodeConfig config;
  config.tls_certificate = "node.pem";
  config.tls_writers = {"rm1", "rm2"};
  config.tls_readers = {"rm1", "j2"};
  config.tls_admins = {"ops"};
  return config;
}

Roles roles_of(std::set<std::string> names) {
  const Named peer(std::move(names));
  return PeerRoles(secured()).of(&peer);
}

TEST(PeerRoles, are_those_of_the_certificate_names) {
  EXPECT_EQ(roles_of({"rm1"}), (Roles{.writer = true, .reader = true}));
  EXPECT_EQ(roles_of({"rm2"}), (Roles{.writer = true}));
  EXPECT_EQ(roles_of({"j2"}), (Roles{.reader = true}));
  EXPECT_EQ(roles_of({"ops", "j2"}), (Roles{.reader = true, .admin = true}));
}

TEST(PeerRoles, are_none_for_a_good_certificate_with_no_listed_name) {
  EXPECT_FALSE(roles_of({"rm3"}).any());
  EXPECT_FALSE(roles_of({}).any());
}

TEST(PeerRoles, without_certificates_are_all_or_nothing) {
  EXPECT_EQ(PeerRoles(NodeConfig()).of(nullptr), (Roles{true, true, true}));
  EXPECT_FALSE(PeerRoles(secured()).of(nullptr).any());
}

}  // namespace
}  // namespace varve
