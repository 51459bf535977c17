// A disk that fails under one journal of a node, at each of its files and in each way: that journal refuses with the reason, the other one
// does not notice, and when the disk is well again so is the journal.
#include <fmt/format.h>

#include <set>

#include "tests/journal/node_fixture.h"

namespace varve {
namespace {

using std::chrono::seconds;

class NodeDiskFaults : public NodeFixture {
 protected:
  void SetUp() override {
    NodeFixture::SetUp();
    if (HasFatalFailure()) return;
    ASSERT_TRUE(honest_writer_goes_on("rm"));
    ASSERT_TRUE(honest_writer_goes_on("other"));
  }
  void TearDown() override {
    EXPECT_TRUE(fault_was_met_);
    node_ = nullptr;
  }
  // Every reign rolls nothing; a purge, a cut and a closing mark touch the other files.
  void meet(const SimFault& fault) {
    disk().inject(fault);
    for (int i = 0; i < 3; ++i) {
      auto done = world_.wait(reign_once("rm"));
      if (!done) {
        fault_was_met_ = true;
        EXPECT_EQ(done.error().text().find('\n'), std::string::npos) << done.error().text();
      }
      EXPECT_TRUE(honest_writer_goes_on("other"));
      pass(seconds(2));
    }
    disk().clear_faults();
    pass(std::chrono::minutes(3));  // it is tried again at least once a minute
    EXPECT_TRUE(honest_writer_goes_on("rm")) << fmt::format("after error {} of operation {} at {}", fault.error,
                                                            fault.op ? static_cast<int>(*fault.op) : -1, fault.path_part);
    EXPECT_TRUE(honest_writer_goes_on("other"));
  }

  bool fault_was_met_ = false;
};

TEST_F(NodeDiskFaults, each_kind_of_operation_on_each_file_fails_for_a_while) {
  std::set<std::string> files{"/journal/rm"};
  for (const std::string& name : disk().list("/journal/rm")) files.insert("/journal/rm/" + name);
  ASSERT_GE(files.size(), 4u);
  for (const std::string& file : files)
    for (const SimOp op : {SimOp::kWrite, SimOp::kSync, SimOp::kRead, SimOp::kOpen, SimOp::kCreate})
      for (const int error : {EIO, ENOSPC, EROFS}) meet({.op = op, .path_part = file, .times = SimFault::kForever, .error = error});
}

TEST_F(NodeDiskFaults, every_operation_fails_for_a_while) {
  for (const int error : {EIO, ENOSPC, EROFS, EMFILE}) meet({.path_part = "/journal/rm", .times = SimFault::kForever, .error = error});
}

TEST_F(NodeDiskFaults, each_operation_of_a_reign_fails_once) {
  for (const int error : {EIO, ENOSPC})
    for (std::uint64_t skip = 0; skip < 24; ++skip) meet({.path_part = "/journal/rm", .skip = skip, .times = 1, .error = error});
}

TEST_F(NodeDiskFaults, a_full_disk_refuses_both_journals_and_both_go_on_when_there_is_space) {
  disk().set_capacity(0);
  fault_was_met_ = !format("third");
  disk().set_capacity(std::nullopt);
  pass(std::chrono::minutes(3));
  EXPECT_TRUE(honest_writer_goes_on("rm"));
  EXPECT_TRUE(honest_writer_goes_on("other"));
}

TEST_F(NodeDiskFaults, a_disk_that_turns_read_only_refuses_and_says_so) {
  disk().set_read_only(true);
  const auto refused = world_.wait(reign_once("rm"));
  ASSERT_FALSE(refused);
  fault_was_met_ = true;
  EXPECT_NE(refused.error().text().find("journal rm on n1"), std::string::npos) << refused.error().text();
  disk().set_read_only(false);
  pass(std::chrono::minutes(3));
  EXPECT_TRUE(honest_writer_goes_on("rm"));
  EXPECT_TRUE(honest_writer_goes_on("other"));
}

TEST_F(NodeDiskFaults, a_format_that_the_disk_refuses_is_finished_by_the_next_one) {
  for (std::uint64_t skip = 0; skip < 20; ++skip) {
    const std::string name = fmt::format("new{}", skip);
    disk().inject({.path_part = "/journal/" + name, .skip = skip, .times = 1, .error = EIO});
    const auto refused = format(name);
    fault_was_met_ = fault_was_met_ || !refused;
    disk().clear_faults();
    pass(std::chrono::minutes(3));
    const auto again = format(name);
    EXPECT_TRUE(again) << skip << ": " << again.error().text();
    EXPECT_TRUE(honest_writer_goes_on(name)) << skip;
  }
}

TEST_F(NodeDiskFaults, a_journal_that_cannot_be_opened_does_not_keep_the_others_from_being_served) {
  node_ = nullptr;
  disk().inject({.op = SimOp::kRead, .path_part = "/journal/rm/", .times = SimFault::kForever, .error = EIO});
  start();
  fault_was_met_ = true;
  EXPECT_TRUE(honest_writer_goes_on("other"));
  const ErrorCode code = refusal_of(to_append(Epoch{9}, {1, 1}));
  EXPECT_TRUE(code == ErrorCode::kIo) << to_string(code);
  EXPECT_EQ(refusal_of(wire::Request(format_request())), ErrorCode::kIo);
  disk().clear_faults();
}

}  // namespace
}  // namespace varve
