#include "journal/peer_roles.h"

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

PeerRoles secured() {
  return {.secured = true, .writers = {"rm1", "rm2"}, .readers = {"rm1", "j2"}, .admins = {"ops"}};
}

std::string text(const PeerRights& rights) {
  return std::string(rights.write ? "w" : "-") + (rights.read ? "r" : "-") + (rights.admin ? "a" : "-");
}

std::string roles_of(std::set<std::string> names) {
  const Named peer(std::move(names));
  return text(secured().of(&peer));
}

TEST(PeerRoles, are_those_of_the_certificate_names) {
  EXPECT_EQ(roles_of({"rm1"}), "wr-");
  EXPECT_EQ(roles_of({"rm2"}), "w--");
  EXPECT_EQ(roles_of({"j2"}), "-r-");
  EXPECT_EQ(roles_of({"ops", "j2"}), "-ra");
}

TEST(PeerRoles, are_none_for_a_good_certificate_with_no_listed_name) {
  EXPECT_EQ(roles_of({"rm3"}), "---");
  EXPECT_EQ(roles_of({}), "---");
}

TEST(PeerRoles, without_certificates_are_all_or_nothing) {
  EXPECT_EQ(text(PeerRoles().of(nullptr)), "wra");
  EXPECT_EQ(text(secured().of(nullptr)), "---");
}

}  // namespace
}  // namespace varve
