// What a shared directory may hold that no writer left there.
#include <gmock/gmock.h>

#include "editlog/version_file.h"
#include "journal/local_journal.h"
#include "tests/journal/shared_fixture.h"

namespace varve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SharedDamage : public SharedFixture {
 protected:
  void two_reigns() {
    lead(0);
    append(0, {"a"});
    at(0).writer->roll();
    append(0, {"b"});
    world_.run_for(std::chrono::seconds(2));
    kill(0);
    lead(1);
    append(1, {"c"});
    world_.run_for(std::chrono::seconds(2));
    kill(1);
    world_.disk().settle();
  }
  Error open_fails() {
    const auto opened = try_open(2);
    EXPECT_FALSE(opened);
    return opened ? Error(ErrorCode::kBusy, "it opened") : opened.error();
  }
};

TEST_F(SharedDamage, the_directory_of_a_file_journal_is_refused) {
  {
    auto local = world_.wait(LocalJournal::open(world_.seams(), kPath, options_, roll_));
    ASSERT_TRUE(local) << local.error().text();
  }
  const Error error = open_fails();
  EXPECT_EQ(error.code(), ErrorCode::kForeign);
  EXPECT_THAT(error.text(), HasSubstr("file://"));
}

TEST_F(SharedDamage, a_shared_directory_is_no_file_journal) {
  two_reigns();
  auto local = world_.wait(LocalJournal::open(world_.seams(), kPath, options_, roll_));
  ASSERT_FALSE(local);
  EXPECT_EQ(local.error().code(), ErrorCode::kDamaged);
}

TEST_F(SharedDamage, somebody_elses_version_is_refused) {
  world_.disk().add_directory(kPath);
  world_.disk().write_all(std::string(kPath) + "/VERSION", as_bytes("#Mon Nov 23\nnamespaceID=42\n"));
  EXPECT_EQ(open_fails().code(), ErrorCode::kForeign);
}

TEST_F(SharedDamage, a_flipped_bit_in_version_is_refused) {
  two_reigns();
  world_.disk().flip_bits(std::string(kPath) + "/VERSION", 30);
  EXPECT_EQ(open_fails().code(), ErrorCode::kDamaged);
}

TEST_F(SharedDamage, a_lost_version_is_decided_again_from_the_epochs) {
  two_reigns();
  open(2);
  const Uuid before = at(2).journal->namespace_id();
  kill(2);
  world_.disk().remove_file(std::string(kPath) + "/VERSION");
  open(2);
  EXPECT_EQ(at(2).journal->namespace_id(), before);
  EXPECT_THAT(read_all(2), ElementsAre("S2", "E2", "a", "S2", "b", "E3", "c"));
}

TEST_F(SharedDamage, names_that_are_no_epochs_are_passed_over) {
  two_reigns();
  for (const char* name : {"README", "000", ".nfs0001", "00000000000000000x9", "0000000000000000000"})
    world_.disk().write_all(fmt::format("{}/epochs/{}", kPath, name), as_bytes("x"));
  lead(2);
  EXPECT_EQ(at(2).writer->epoch(), Epoch{4});
}

TEST_F(SharedDamage, garbage_in_the_file_of_an_epoch_that_never_began_is_passed_over) {
  two_reigns();
  world_.disk().write_all(epoch_path(7), as_bytes(std::string(9000, 'g')));
  lead(2);
  EXPECT_EQ(at(2).writer->epoch(), Epoch{8});
  EXPECT_THAT(read_all(2), ElementsAre("S2", "E2", "a", "S2", "b", "E3", "c", "E8"));
}

TEST_F(SharedDamage, one_bad_slot_of_an_epoch_takes_nothing_back) {
  two_reigns();
  for (const std::uint64_t slot : {std::uint64_t{0}, kEpochSlotDistance}) {
    world_.disk().flip_bits(epoch_path(3), slot + 100);
    open(2);
    EXPECT_THAT(read_all(2), ElementsAre("S2", "E2", "a", "S2", "b", "E3", "c"));
    world_.disk().flip_bits(epoch_path(3), slot + 100);
  }
}

TEST_F(SharedDamage, every_flipped_byte_of_a_slot_is_seen) {
  SharedEpochRecord record;
  record.epoch = Epoch{3};
  record.committed.txid = TxId{9};
  const std::string good = encode_epoch_slot(record, 5);
  ASSERT_EQ(decode_epoch_slot(as_bytes(good))->record, record);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(decode_epoch_slot(as_bytes(bad))) << i;
    EXPECT_FALSE(decode_epoch_slot(as_bytes(good).first(i))) << i;
  }
}

TEST_F(SharedDamage, the_lost_file_of_an_epoch_that_reigned_is_reported) {
  two_reigns();
  world_.disk().write_all(epoch_path(3), as_bytes("garbage"));
  world_.disk().truncate_to(epoch_path(3), 0);
  const Error error = open_fails();
  EXPECT_EQ(error.code(), ErrorCode::kDamaged);
  EXPECT_THAT(error.text(), HasSubstr(epoch_path(3)));
}

TEST_F(SharedDamage, a_lost_log_of_an_epoch_that_reigned_is_reported) {
  two_reigns();
  for (const std::string& name : world_.disk().list(log_path(3))) world_.disk().remove_file(log_path(3) + "/" + name);
  const Error error = open_fails();
  EXPECT_EQ(error.code(), ErrorCode::kDamaged);
  EXPECT_THAT(error.text(), HasSubstr(log_path(3)));
}

TEST_F(SharedDamage, a_lost_segment_of_an_older_epoch_is_reported) {
  two_reigns();
  world_.disk().remove_file(log_path(2) + "/" + segments_of(2).front());
  const Error error = open_fails();
  EXPECT_EQ(error.code(), ErrorCode::kDamaged);
  EXPECT_THAT(error.text(), HasSubstr("ends at txid 3"));
}

TEST_F(SharedDamage, a_flipped_bit_below_what_was_announced_is_never_served) {
  two_reigns();
  const std::string path = log_path(3) + "/" + segments_of(3).front();
  world_.disk().flip_bits(path, kFramesOffset + 140);
  EXPECT_EQ(open_fails().code(), ErrorCode::kDamaged);
}

TEST_F(SharedDamage, a_flipped_bit_in_older_history_is_found_by_its_reader) {
  two_reigns();
  open(2);
  world_.disk().flip_bits(log_path(2) + "/" + segments_of(2).front(), kFramesOffset + 140);
  auto all = reader(2, at(2).journal->start());
  auto frames = world_.wait(all->next());
  ASSERT_FALSE(frames);
  EXPECT_EQ(frames.error().code(), ErrorCode::kDamaged);
}

// What a deposed writer wrote behind the take-over point is nobody's, whatever became of it.
TEST_F(SharedDamage, garbage_behind_the_take_over_point_harms_nobody) {
  two_reigns();
  const std::string path = log_path(2) + "/" + segments_of(2).back();
  world_.disk().write_at(path, world_.disk().size_of(path) - 8192, as_bytes(std::string(4096, 'g')));
  lead(2);
  append(2, {"d"});
  EXPECT_THAT(read_all(2), ElementsAre("S2", "E2", "a", "S2", "b", "E3", "c", "E4", "d"));
}

TEST_F(SharedDamage, a_log_of_another_namespace_is_refused) {
  two_reigns();
  VersionFile other{.namespace_id = {7, 7}, .disk_id = {7, 7}};
  world_.disk().write_all(std::string(kPath) + "/VERSION", as_bytes(encode_version(other)));
  EXPECT_EQ(open_fails().code(), ErrorCode::kForeign);
}

}  // namespace
}  // namespace varve
