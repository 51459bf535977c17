#include "journal/journal_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(JournalUrl, names_a_local_directory) {
  const auto url = parse_journal_url("file:///var/lib/rm/journal/");
  ASSERT_TRUE(url) << url.error().text();
  EXPECT_EQ(url->kind, JournalUrl::Kind::kFile);
  EXPECT_EQ(url->path, "/var/lib/rm/journal");
}

TEST(JournalUrl, names_a_shared_directory) {
  const auto url = parse_journal_url("shared:///mnt/nfs/journal");
  ASSERT_TRUE(url) << url.error().text();
  EXPECT_EQ(url->kind, JournalUrl::Kind::kShared);
  EXPECT_EQ(url->path, "/mnt/nfs/journal");
}

TEST(JournalUrl, names_the_members_of_a_quorum) {
  const auto url = parse_journal_url("quorum://h1:8485,10.0.0.2:8486,h3:1/rm-1");
  ASSERT_TRUE(url) << url.error().text();
  EXPECT_EQ(url->kind, JournalUrl::Kind::kQuorum);
  EXPECT_THAT(url->hosts, ElementsAre("h1:8485", "10.0.0.2:8486", "h3:1"));
  EXPECT_EQ(url->name, "rm-1");
}

struct BadUrl {
  const char* url;
  const char* why;
};
class JournalUrlRefuses : public ::testing::TestWithParam<BadUrl> {};

TEST_P(JournalUrlRefuses, with_the_reason) {
  const auto url = parse_journal_url(GetParam().url);
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(url.error().text(), HasSubstr(GetParam().why));
  EXPECT_THAT(url.error().text(), HasSubstr(GetParam().url));
}

INSTANTIATE_TEST_SUITE_P(Each, JournalUrlRefuses,
                         ::testing::Values(BadUrl{"", "unknown kind"}, BadUrl{"/var/lib/rm", "unknown kind"},
                                           BadUrl{"http://h/x", "unknown kind"}, BadUrl{"file://", "not absolute"},
                                           BadUrl{"file://var/lib", "not absolute"}, BadUrl{"file:///", "root directory"},
                                           BadUrl{"shared://x", "not absolute"}, BadUrl{"quorum://h1:1", "name is missing"},
                                           BadUrl{"quorum://h1:1/", "name is not"}, BadUrl{"quorum://h1:1/a/b", "name is not"},
                                           BadUrl{"quorum://h1:1/.hidden", "name is not"}, BadUrl{"quorum:///rm", "not HOST:PORT"},
                                           BadUrl{"quorum://h1/rm", "not HOST:PORT"}, BadUrl{"quorum://h1:0/rm", "port"},
                                           BadUrl{"quorum://h1:65536/rm", "port"}, BadUrl{"quorum://h1:8x/rm", "port"},
                                           BadUrl{"quorum://h1:1,h1:1/rm", "twice"}, BadUrl{"quorum://h1:1,,h2:1/rm", "not HOST:PORT"}));

}  // namespace
}  // namespace varve
