#include "journal/node_status.h"

#include <gmock/gmock.h>

#include <functional>

#include "tests/journalnode/status_samples.h"

namespace varve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> reasons_after(const std::function<void(NodeStatus&)>& change) {
  NodeStatus node = testing::well_node();
  change(node);
  return reasons_not_ready(node);
}

TEST(ReasonsNotReady, are_none_when_all_is_well) {
  EXPECT_THAT(reasons_not_ready(testing::well_node()), IsEmpty());
  EXPECT_THAT(reasons_not_ready(testing::empty_node()), IsEmpty());
}

TEST(ReasonsNotReady, name_each_thing_that_keeps_appends_out) {
  EXPECT_THAT(reasons_after([](NodeStatus& n) { n.draining = true; }), ElementsAre(HasSubstr("draining")));
  EXPECT_THAT(reasons_after([](NodeStatus& n) { n.disk_free_bytes = n.disk_reserve_bytes - 1; }),
              ElementsAre(HasSubstr("67108863 bytes free")));
  EXPECT_THAT(reasons_after([](NodeStatus& n) { n.unopened = {"/d/rm9: no VERSION"}; }), ElementsAre(HasSubstr("/d/rm9: no VERSION")));
  EXPECT_THAT(reasons_after([](NodeStatus& n) { n.journals[1].failure = "fsync: EIO"; }),
              ElementsAre("journal rm2: takes nothing more: fsync: EIO"));
  EXPECT_THAT(reasons_after([](NodeStatus& n) { n.journals[0].tail_certain = false; }),
              ElementsAre(HasSubstr("journal rm1: where its log ends")));
  EXPECT_THAT(reasons_after([](NodeStatus& n) { n.journals[0].damage = {"edits_inprogress_0000000000000000007 at 4096"}; }),
              ElementsAre(HasSubstr("newest segment")));
}

TEST(ReasonsNotReady, hold_nothing_against_damage_that_appends_do_not_meet) {
  EXPECT_THAT(reasons_after([](NodeStatus& n) { n.journals[0].damage = {"edits_0000000000000000001-0000000000000000007 at 4096"}; }),
              IsEmpty());
  EXPECT_THAT(reasons_after([](NodeStatus& n) { n.journals[0].pulling_from = "j2:8485"; }), IsEmpty());
  EXPECT_THAT(reasons_after([](NodeStatus& n) { n.disk_free_bytes = n.disk_reserve_bytes; }), IsEmpty());
}

TEST(ReasonsNotReady, are_told_all_at_once_in_single_lines) {
  const auto reasons = reasons_after([](NodeStatus& n) {
    n.draining = true;
    n.journals[0].failure = "a";
    n.journals[1].tail_certain = false;
  });
  EXPECT_EQ(reasons.size(), 3u);
  for (const std::string& reason : reasons) EXPECT_EQ(reason.find('\n'), reason.npos);
}

}  // namespace
}  // namespace varve
