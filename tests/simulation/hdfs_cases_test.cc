// The hardest cases of HDFS's quorum journal, by their names there, each as a small history of a simulated cluster. What HDFS calls an
// accepted recovery is here an EpochStart that some node has stored. testRandomized is cluster_simulation itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <tuple>

#include "journal/quorum_reader.h"
#include "tests/journal/sim_cluster.h"

namespace varve {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

class HdfsCase : public ::testing::Test {
 protected:
  HdfsCase() : cluster_(1, 3, 4) {
    cluster_.segment_bytes = 32u << 10;
    world().network().set_delay({microseconds(200), microseconds(300)});
    cluster_.start_all();
    cluster_.format();
  }

  SimWorld& world() { return cluster_.world(); }
  JournalCopy& copy(unsigned node) { return cluster_.copy(node); }

  // The writer on machine rm<client> reaches these nodes only.
  void reach(unsigned client, const std::set<unsigned>& nodes) {
    for (unsigned node = 1; node <= 3; ++node) {
      const std::string name = "rm" + std::to_string(client);
      if (nodes.contains(node))
        world().network().heal(name, SimCluster::name_of(node));
      else
        world().network().cut(name, SimCluster::name_of(node));
    }
  }
  void pass(std::chrono::nanoseconds time) { world().run_for(time); }

  std::unique_ptr<SimWriter> open(unsigned client) {
    auto writer = std::make_unique<SimWriter>(cluster_, client);
    const auto opened = writer->open(options);
    EXPECT_TRUE(opened) << opened.error().text();
    return writer;
  }
  std::unique_ptr<SimWriter> reign(unsigned client) {
    auto writer = open(client);
    const auto reigned = writer->reign();
    EXPECT_TRUE(reigned) << reigned.error().text();
    return writer;
  }
  void append(SimWriter& writer, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      const auto frame = writer.append_and_wait(text);
      ASSERT_TRUE(frame) << frame.error().text();
    }
  }
  // Sent, and never acknowledged: too few nodes are reached.
  void append_in_vain(SimWriter& writer, const std::string& text) {
    auto appending = writer.append(text).eagerlyEvaluate(nullptr);
    pass(milliseconds(50));
  }
  // Wins the promises of all it reaches; then reaches only these, until one of them has stored its EpochStart; and dies.
  void begin_and_die(unsigned client, const std::set<unsigned>& nodes) {
    auto writer = open(client);
    auto standing = writer->journal().become_writer("writer", "host", {}).eagerlyEvaluate(nullptr);
    for (unsigned left = 100'000; writer->journal().writer() == nullptr && left > 0; --left) pass(microseconds(100));
    ASSERT_NE(writer->journal().writer(), nullptr);
    const Epoch epoch = writer->journal().writer()->epoch();
    reach(client, nodes);
    const auto stored = [&] {
      for (const unsigned node : nodes)
        if (copy(node).log()->end().epoch != epoch) return false;
      return true;
    };
    for (unsigned left = 10'000; !stored() && left > 0; --left) pass(microseconds(100));
    ASSERT_TRUE(stored());
    standing = nullptr;
    writer->die();
  }
  // Three logs of which the first misses the last two transactions, and the second the last; four are acknowledged.
  void write_lengths_3_4_5() {
    auto writer = reign(1);
    append(*writer, {"a", "b", "c"});
    pass(milliseconds(50));
    reach(1, {2, 3});
    append(*writer, {"d"});
    pass(milliseconds(50));
    reach(1, {3});
    append_in_vain(*writer, "e");
    writer->die();
  }
  // All nodes that run hold the same log and know it to be committed, within some seconds.
  std::string level() {
    std::string problem;
    for (unsigned tries = 0; tries < 100; ++tries, pass(milliseconds(100))) {
      problem.clear();
      TxId highest;
      for (unsigned node = 1; node <= 3; ++node)
        if (cluster_.runs(node)) highest = std::max(highest, copy(node).log()->end().txid);
      for (unsigned node = 1; node <= 3; ++node) {
        if (!cluster_.runs(node)) continue;
        const std::shared_ptr<LocalLog> log = copy(node).log();
        const bool well = !copy(node).failure() && log->tail_certain() && log->damaged().empty() && log->committed().txid == highest;
        if (!well) problem += " n" + std::to_string(node) + ": " + std::to_string(log->committed().txid.value);
      }
      if (problem.empty()) return "";
    }
    return problem;
  }
  // The finalized segments of a node, byte for byte.
  std::map<std::string, std::vector<std::byte>> segments(unsigned node) {
    std::map<std::string, std::vector<std::byte>> found;
    const SimDisk& disk = cluster_.machine(node).disk();
    for (const std::string& name : disk.list("/journal/rm"))
      if (name.starts_with("edits_0")) found[name] = disk.read_all("/journal/rm/" + name);
    return found;
  }
  void expect_same_segments() {
    pass(seconds(1));
    EXPECT_EQ(segments(1), segments(2));
    EXPECT_EQ(segments(2), segments(3));
  }

  QuorumOptions options;
  SimCluster cluster_;
};

// --- The client ---

// A node falls away after each number of messages of one node, and after each of another: whatever was acknowledged is found.
TEST_F(HdfsCase, testRecoverAfterDoubleFailures) {
  std::vector<std::string> acknowledged;
  for (unsigned i = 0; i < 6; ++i) {
    for (unsigned j = 0; j < 6; ++j) {
      reach(1, {1, 2, 3});
      auto writer = reign(1);
      auto cuts = [&](unsigned node, unsigned after) {
        return world()
            .clock()
            .after(microseconds(300 * after))
            .then([this, node] { world().network().cut("rm1", SimCluster::name_of(node)); })
            .eagerlyEvaluate(nullptr);
      };
      auto first = cuts(1, i);
      auto second = cuts(2, j);
      std::vector<std::string> told;
      kj::Vector<kj::Promise<void>> appending;
      for (unsigned n = 0; n < 3; ++n) {
        const std::string text = "x" + std::to_string(i) + std::to_string(j) + std::to_string(n);
        auto noted = [&told, text](Result<FramePtr>&& frame) {
          if (frame) told.push_back(text);
        };
        appending.add(writer->append(text).then(kj::mv(noted)).eagerlyEvaluate(nullptr));
        pass(milliseconds(1));
      }
      pass(milliseconds(5));
      appending.clear();
      writer->die();
      auto next = reign(2);
      const std::vector<std::string> found = next->read_all();
      acknowledged.insert(acknowledged.end(), told.begin(), told.end());
      for (const std::string& text : acknowledged) ASSERT_THAT(found, ::testing::Contains(text)) << i << " " << j;
      append(*next, {"y"});
      next->die();
    }
  }
}

TEST_F(HdfsCase, testCrashAtBeginningOfSegment) {
  auto writer = reign(1);
  append(*writer, {"a", "b", "c"});
  writer->writer().roll();
  writer->die();
  auto next = reign(2);
  EXPECT_THAT(next->read_all(), ElementsAre("a", "b", "c"));
  append(*next, {"d"});
  EXPECT_EQ(level(), "");
  expect_same_segments();
}

// The first frame of a segment is on one node only, and a node is stopped when the next writer begins.
class OutOfSyncAtBeginningOfSegment : public HdfsCase, public ::testing::WithParamInterface<std::tuple<unsigned, unsigned>> {};

TEST_P(OutOfSyncAtBeginningOfSegment, testOutOfSyncAtBeginningOfSegment) {
  const auto [holder, stopped] = GetParam();
  auto writer = reign(1);
  append(*writer, {"a", "b", "c"});
  pass(milliseconds(50));
  writer->writer().roll();
  reach(1, {holder});
  append_in_vain(*writer, "d");
  writer->die();
  cluster_.kill(stopped);
  auto next = reign(2);
  const std::vector<std::string> found = next->read_all();
  EXPECT_EQ(found.size(), holder == stopped ? 3u : 4u);
  append(*next, {"e"});
  cluster_.start(stopped);
  EXPECT_EQ(level(), "");
  expect_same_segments();
}

INSTANTIATE_TEST_SUITE_P(, OutOfSyncAtBeginningOfSegment, ::testing::Combine(::testing::Values(1u, 2u, 3u), ::testing::Values(1u, 2u, 3u)));

class ChangeWritersLogsOutOfSync : public HdfsCase, public ::testing::WithParamInterface<unsigned> {};

TEST_P(ChangeWritersLogsOutOfSync, testChangeWritersLogsOutOfSync) {
  const unsigned absent = GetParam();
  write_lengths_3_4_5();
  cluster_.kill(absent);
  auto next = reign(2);
  EXPECT_EQ(next->read_all().size(), absent == 3 ? 4u : 5u);
  append(*next, {"f"});
  cluster_.start(absent);
  EXPECT_EQ(level(), "");
  expect_same_segments();
}

INSTANTIATE_TEST_SUITE_P(, ChangeWritersLogsOutOfSync, ::testing::Values(1u, 2u, 3u));

TEST_F(HdfsCase, testMissFinalizeAndNextStart) {
  auto writer = reign(1);
  append(*writer, {"a"});
  pass(milliseconds(50));
  reach(1, {2, 3});
  for (unsigned i = 0; i < 3; ++i) {
    append(*writer, {"b", "c"});
    writer->writer().roll();
  }
  reach(1, {1, 2, 3});
  append(*writer, {"d"});
  EXPECT_EQ(level(), "");
  expect_same_segments();
}

// The first recovery took four of [3, 4, 5] and was stored on one node; the next one sees that node and the one with five.
TEST_F(HdfsCase, testRecoverAfterIncompleteRecovery) {
  write_lengths_3_4_5();
  reach(2, {1, 2});
  begin_and_die(2, {2});
  cluster_.kill(1);
  auto next = reign(3);
  EXPECT_THAT(next->read_all(), ElementsAre("a", "b", "c", "d"));
  append(*next, {"f"});
  cluster_.start(1);
  EXPECT_EQ(level(), "");
}

// A short log of an epoch that came to nothing does not cut a longer one of a newer epoch.
TEST_F(HdfsCase, testNewerVersionOfSegmentWins) {
  auto writer = reign(1);
  append(*writer, {"a", "b", "c"});
  writer->die();
  begin_and_die(2, {1});
  reach(3, {2, 3});
  auto newer = reign(3);
  append(*newer, {"d", "e"});
  newer->die();
  auto next = reign(4);
  EXPECT_THAT(next->read_all(), ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_EQ(level(), "");
}

TEST_F(HdfsCase, testNewerVersionOfSegmentWins2) {
  auto writer = reign(1);
  append(*writer, {"a", "b", "c"});
  writer->die();
  begin_and_die(2, {1});
  reach(3, {2, 3});
  auto newer = reign(3);
  append(*newer, {"d", "e"});
  newer->die();
  cluster_.kill(3);
  auto next = reign(4);
  EXPECT_THAT(next->read_all(), ElementsAre("a", "b", "c", "d", "e"));
}

// A node that fetches what it missed loses its power before each of its disk's operations.
TEST_F(HdfsCase, testCrashBetweenSyncLogAndPersistPaxosData) {
  options.writer.retained_bytes = 0;
  options.writer.replication.silence_max = seconds(1);
  auto writer = reign(1);
  for (unsigned operations = 0; operations < 24; ++operations) {
    cluster_.kill(1);
    append(*writer, {"a", "b", "c"});
    writer->writer().roll();
    append(*writer, {std::string(4000, 'd')});
    cluster_.start(1);
    SimDisk& disk = cluster_.machine(1).disk();
    disk.crash_before(disk.operations() + 1 + operations);
    pass(seconds(2));
    disk.crash_before(~std::uint64_t{0});
    if (cluster_.machine(1).is_off()) {
      cluster_.lose_power(1);
      cluster_.power_on(1);
    }
    ASSERT_EQ(level(), "") << operations;
  }
  expect_same_segments();
}

// A node that does not answer holds nobody up, though more is submitted than its window takes; it is level when it answers again.
TEST_F(HdfsCase, testQueueLimiting) {
  options.writer.replication.window_bytes = 16u << 10;
  options.writer.retained_bytes = 16u << 10;
  auto writer = reign(1);
  world().network().block("rm1", "n1");
  for (unsigned i = 0; i < 100; ++i) append(*writer, {std::string(2000, 'x')});
  EXPECT_LT(copy(1).log()->end().txid, copy(2).log()->end().txid);
  world().network().heal("rm1", "n1");
  EXPECT_EQ(level(), "");
}

// What a node misses is not in the writer's memory, and it reaches nobody who has it: it is sent nothing that does not follow.
TEST_F(HdfsCase, testStopSendingEditsWhenOutOfSync) {
  options.writer.retained_bytes = 0;
  auto writer = reign(1);
  append(*writer, {"a"});
  pass(milliseconds(50));
  cluster_.kill(1);
  append(*writer, {"b", "c", "d"});
  for (const char* other : {"n2", "n3"}) world().network().cut("n1", other);
  cluster_.start(1);
  const TxId end = copy(1).log()->end().txid;
  for (unsigned i = 0; i < 20; ++i) {
    append(*writer, {"e"});
    pass(milliseconds(100));
  }
  EXPECT_EQ(copy(1).log()->end().txid, end);
  EXPECT_EQ(copy(1).counts().frames, 0u);
  world().network().heal_all();
  EXPECT_EQ(level(), "");
}

TEST_F(HdfsCase, TestEpochsAreUnique) {
  std::set<Epoch> epochs;
  for (unsigned i = 0; i < 20; ++i) {
    const unsigned client = 1 + i % 4;
    std::set<unsigned> nodes{1, 2, 3};
    nodes.erase(1 + static_cast<unsigned>(world().random().below(3)));
    reach(client, nodes);
    auto writer = reign(client);
    const Epoch epoch = writer->writer().epoch();
    EXPECT_TRUE(epochs.empty() || *epochs.rbegin() < epoch);
    epochs.insert(epoch);
    writer->die();
  }
}

// --- The node ---

// A newest file in which nothing was ever written does not keep a node from its start.
TEST_F(HdfsCase, testEmptyEditsInProgressMovedAside) {
  auto writer = reign(1);
  append(*writer, {"a", "b"});
  EXPECT_EQ(level(), "");
  const std::uint64_t next = copy(1).log()->end().txid.value + 1;
  cluster_.kill(1);
  const std::vector<std::byte> nothing(8192, std::byte{0xff});
  char name[64];
  std::snprintf(name, sizeof(name), "/journal/rm/edits_inprogress_%019llu", static_cast<unsigned long long>(next));
  cluster_.machine(1).disk().write_all(name, nothing);
  cluster_.start(1);
  ASSERT_TRUE(cluster_.runs(1));
  append(*writer, {"c"});
  EXPECT_EQ(level(), "");
}

TEST_F(HdfsCase, testEpochHandling) {
  const auto promise = [this](std::uint64_t epoch, std::uint64_t writer) {
    const auto answer = world().wait(copy(1).promise(Epoch{epoch}, Uuid{writer, writer}));
    return std::holds_alternative<wire::CopyState>(answer);
  };
  EXPECT_TRUE(promise(5, 1));
  EXPECT_TRUE(promise(5, 1));
  EXPECT_FALSE(promise(5, 2));
  EXPECT_FALSE(promise(4, 1));
  EXPECT_TRUE(promise(6, 2));
  AppendRequest old;
  old.epoch = Epoch{5};
  old.writer = Uuid{1, 1};
  old.prev = copy(1).log()->end();
  const StoreAnswer answer = world().wait(copy(1).append(std::move(old)));
  ASSERT_TRUE(std::holds_alternative<wire::Refusal>(answer));
  EXPECT_EQ(std::get<wire::Refusal>(answer).code, ErrorCode::kFenced);
}

TEST_F(HdfsCase, testNewEpochAtBeginningOfSegment) {
  auto writer = reign(1);
  append(*writer, {"a"});
  EXPECT_EQ(level(), "");
  writer->writer().roll();
  writer->die();
  const LogPosition end = copy(1).log()->end();
  const std::size_t segments = copy(1).log()->segments().size();
  const auto answer = world().wait(copy(1).promise(Epoch{end.epoch.value + 1}, Uuid{7, 7}));
  ASSERT_TRUE(std::holds_alternative<wire::CopyState>(answer));
  EXPECT_EQ(std::get<wire::CopyState>(answer).end(), end);
  EXPECT_EQ(copy(1).log()->segments().size(), segments);
}

// A segment is final only with its last frame, also after a restart.
TEST_F(HdfsCase, testFinalizeWhenEditsAreMissed) {
  auto writer = reign(1);
  append(*writer, {"a", "b"});
  pass(milliseconds(50));
  reach(1, {2, 3});
  append(*writer, {"c"});
  writer->writer().roll();
  append(*writer, {"d", "e"});
  pass(milliseconds(200));
  EXPECT_TRUE(segments(1).empty());
  EXPECT_FALSE(segments(2).empty());
  cluster_.kill(1);
  cluster_.start(1);
  EXPECT_TRUE(segments(1).empty());
  reach(1, {1, 2, 3});
  EXPECT_EQ(level(), "");
  expect_same_segments();
}

// A segment whose end only one node holds, and nobody committed, goes on as the next writer's log has it.
TEST_F(HdfsCase, testAbortOldSegmentIfFinalizeIsMissed) {
  auto writer = reign(1);
  append(*writer, {"a"});
  pass(milliseconds(50));
  reach(1, {1});
  append_in_vain(*writer, "lost");
  writer->die();
  cluster_.kill(1);
  auto next = reign(2);
  append(*next, {"b"});
  cluster_.start(1);
  EXPECT_EQ(level(), "");
  EXPECT_EQ(copy(1).counts().cuts, 1u);
  EXPECT_THAT(next->read_all(), ElementsAre("a", "b"));
  expect_same_segments();
}

// A newer writer's frame takes the place of one that is not committed, and of no other.
TEST_F(HdfsCase, testStartLogSegmentWhenAlreadyExists) {
  auto writer = reign(1);
  append(*writer, {"a", "b"});
  EXPECT_EQ(level(), "");
  const LogPosition end = copy(1).log()->end();
  writer->die();
  const auto before = world().wait(copy(1).log()->find(end.txid.previous()));
  ASSERT_TRUE(before && *before);
  FrameBuilder builder(transaction_space(1));
  builder.add(as_bytes(std::string("z")));
  FrameSeal seal;
  seal.kind = FrameKind::kData;
  seal.epoch = Epoch{end.epoch.value + 1};
  seal.first = end.txid;
  seal.lineage = copy(1).lineage();
  seal.namespace_id = copy(1).namespace_id();
  seal.previous = (*before)->digest;
  AppendRequest request;
  request.epoch = seal.epoch;
  request.writer = Uuid{9, 9};
  request.prev = **before;
  request.frames.push_back(kj::mv(builder).seal(seal));
  const StoreAnswer answer = world().wait(copy(1).append(std::move(request)));
  ASSERT_TRUE(std::holds_alternative<wire::Refusal>(answer));
  EXPECT_EQ(copy(1).log()->end(), end);
}

// What a node has stored of an epoch is told with the promise of the next; an older one is refused from then on.
TEST_F(HdfsCase, testAcceptRecoveryBehavior) {
  const auto before = world().wait(copy(1).promise(Epoch{1}, Uuid{1, 1}));
  ASSERT_TRUE(std::holds_alternative<wire::CopyState>(before));
  EXPECT_EQ(std::get<wire::CopyState>(before).end().txid, TxId{0});
  auto writer = reign(1);
  append(*writer, {"a"});
  EXPECT_EQ(level(), "");
  const LogPosition end = copy(1).log()->end();
  const auto after = world().wait(copy(1).promise(Epoch{end.epoch.value + 5}, Uuid{2, 2}));
  ASSERT_TRUE(std::holds_alternative<wire::CopyState>(after));
  EXPECT_EQ(std::get<wire::CopyState>(after).end(), end);
  const auto old = world().wait(copy(1).promise(Epoch{end.epoch.value + 4}, Uuid{3, 3}));
  EXPECT_TRUE(std::holds_alternative<wire::Refusal>(old));
}

// --- The cluster ---

// A node that was away for whole segments is level again, and nobody needs to write for it.
TEST_F(HdfsCase, TestJournalNodeSync_after_downtime) {
  options.writer.retained_bytes = 0;
  auto writer = reign(1);
  append(*writer, {"a"});
  cluster_.kill(1);
  for (unsigned i = 0; i < 10; ++i) {
    append(*writer, {"b", std::string(3000, 'c')});
    writer->writer().roll();
  }
  cluster_.start(1);
  EXPECT_EQ(level(), "");
  EXPECT_GT(copy(1).counts().frames_pulled, 0u);
  expect_same_segments();
}

TEST_F(HdfsCase, TestNNWithQJM_the_second_takes_over_and_the_first_ends_at_its_next_operation) {
  auto first = reign(1);
  append(*first, {"a"});
  auto second = reign(2);
  append(*second, {"b"});
  const auto refused = first->append_and_wait("c");
  EXPECT_FALSE(refused);
  EXPECT_THAT(second->read_all(), ElementsAre("a", "b"));
}

// --- Ours, found by seeds ---

// A bit rots in the newest segment of a node that is away; meanwhile the others purge what would mend it.
TEST_F(HdfsCase, a_hole_in_the_newest_segment_that_the_others_have_purged_holds_nobody_up) {
  auto writer = reign(1);
  append(*writer, {"a", "b", "c", "d"});
  EXPECT_EQ(level(), "");
  cluster_.kill(1);
  const std::vector<std::string> names = cluster_.machine(1).disk().list("/journal/rm");
  const auto newest = std::ranges::find_if(names, [](const std::string& name) { return name.starts_with("edits_inprogress_"); });
  ASSERT_NE(newest, names.end());
  cluster_.machine(1).disk().flip_bits("/journal/rm/" + *newest, 4096 + 3 * kSectorBytes + 16);
  for (unsigned i = 0; i < 3; ++i) {
    writer->writer().roll();
    append(*writer, {"e", "f"});
  }
  ASSERT_TRUE(world().wait(writer->journal().purge(writer->writer().committed().txid)));
  cluster_.start(1);
  ASSERT_FALSE(copy(1).log()->damaged().empty());
  append(*writer, {"g"});
  pass(seconds(60));
  EXPECT_EQ(level(), "");
}

// The one that does not answer might have it still.
TEST_F(HdfsCase, a_reader_hears_that_it_was_overtaken_by_a_purge_though_a_member_is_away) {
  auto writer = reign(1);
  append(*writer, {"a", "b"});
  auto reading = open(2);
  cluster_.kill(3);
  for (unsigned i = 0; i < 3; ++i) {
    writer->writer().roll();
    append(*writer, {"c", "d"});
  }
  ASSERT_TRUE(world().wait(writer->journal().purge(writer->writer().committed().txid)));
  QuorumReader reader(reading->journal(), LogPosition(reading->journal().start()));
  const auto frames = world().wait(reader.follow());
  ASSERT_FALSE(frames);
  EXPECT_EQ(frames.error().code(), ErrorCode::kNotFound) << frames.error().text();
}

}  // namespace
}  // namespace varve
