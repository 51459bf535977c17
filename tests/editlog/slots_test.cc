#include "editlog/slots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/editlog/segment_fixture.h"

namespace varve {
namespace {

SlotState state_with(std::uint64_t promised) {
  SlotState state;
  state.namespace_id = kTestNamespace;
  state.lineage = 3;
  state.disk_id = {8, 9};
  state.promised = Epoch{promised};
  state.promised_to = {promised, 1};
  state.mark = {TxId{100 + promised}, Epoch{2}, {11, 12}};
  state.start = {{TxId{50}, Epoch{1}, {13, 14}}, "configuration"};
  return state;
}
std::string image_of(const SlotState& state) {
  return encode_slot(state, 1);
}  // for comparing

TEST(SlotCodec, gives_back_every_field) {
  SlotState state = state_with(7);
  for (bool cut : {false, true}) {
    if (cut) state.cut = LogPosition{TxId{90}, Epoch{2}, {15, 16}};
    state.restarting = cut;
    state.tail_unknown = !cut;
    const DecodedSlot decoded = take(decode_slot(as_bytes(encode_slot(state, 41))));
    EXPECT_EQ(decoded.sequence, 41u);
    EXPECT_EQ(decoded.state.namespace_id, state.namespace_id);
    EXPECT_EQ(decoded.state.lineage, state.lineage);
    EXPECT_EQ(decoded.state.disk_id, state.disk_id);
    EXPECT_EQ(decoded.state.promised, state.promised);
    EXPECT_EQ(decoded.state.promised_to, state.promised_to);
    EXPECT_EQ(decoded.state.mark, state.mark);
    EXPECT_EQ(decoded.state.cut, state.cut);
    EXPECT_EQ(decoded.state.restarting, cut);
    EXPECT_EQ(decoded.state.tail_unknown, !cut);
    EXPECT_EQ(decoded.state.start.position, state.start.position);
    EXPECT_EQ(decoded.state.start.configuration, state.start.configuration);
  }
}

TEST(SlotCodec, takes_the_largest_configuration) {
  SlotState state = state_with(1);
  state.start.configuration = std::string(kConfigurationBytesMax, 'c');
  EXPECT_EQ(take(decode_slot(as_bytes(encode_slot(state, 1)))).state.start.configuration, state.start.configuration);
}

TEST(SlotCodec, each_flipped_byte_and_each_cut_is_found) {
  const std::string good = encode_slot(state_with(7), 41);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = static_cast<char>(changed[i] ^ 0x08);
    const auto decoded = decode_slot(as_bytes(changed));
    ASSERT_FALSE(decoded) << i;
    EXPECT_EQ(decoded.error().code(), ErrorCode::kDamaged);
  }
  for (std::size_t bytes = 0; bytes < good.size(); bytes += 1) EXPECT_FALSE(decode_slot(as_bytes(good).first(bytes)));
}

// A slot that proves itself with one byte changed.
ErrorCode code_with(std::size_t offset, char value) {
  std::string slot = encode_slot(state_with(7), 41);
  slot[offset] = value;
  const Digest self = digest_of(as_bytes(slot).first(kSlotBytes - sizeof(Digest)));
  std::memcpy(slot.data() + kSlotBytes - sizeof(self), &self, sizeof(self));
  const auto decoded = decode_slot(as_bytes(slot));
  EXPECT_FALSE(decoded);
  return decoded ? ErrorCode::kBusy : decoded.error().code();
}
TEST(SlotCodec, contradictory_fields_and_newer_layouts_are_refused) {
  EXPECT_EQ(code_with(8, 2), ErrorCode::kNewerLayout);
  EXPECT_EQ(code_with(8, 0), ErrorCode::kDamaged);
  EXPECT_EQ(code_with(12, 8), ErrorCode::kDamaged);    // unknown flag
  EXPECT_EQ(code_with(16, 0), ErrorCode::kDamaged);    // sequence 0
  EXPECT_EQ(code_with(74, 127), ErrorCode::kDamaged);  // configuration of 8 MiB
  EXPECT_EQ(code_with(128, 1), ErrorCode::kDamaged);   // a cut without its flag
  EXPECT_EQ(code_with(192 + 100, 1), ErrorCode::kDamaged);
  EXPECT_EQ(code_with(4000, 1), ErrorCode::kDamaged);
}

TEST(LogStart, its_digest_depends_on_all_of_it) {
  const Digest digest = digest_of_new_start(kTestNamespace, 1, "abc");
  EXPECT_EQ(digest, digest_of_new_start(kTestNamespace, 1, "abc"));
  EXPECT_NE(digest, digest_of_new_start(kOtherNamespace, 1, "abc"));
  EXPECT_NE(digest, digest_of_new_start(kTestNamespace, 2, "abc"));
  EXPECT_NE(digest, digest_of_new_start(kTestNamespace, 1, "abd"));
}

class SlotsOnDisk : public SegmentFixture {
 protected:
  ~SlotsOnDisk() noexcept override {}
  SlotsOnDisk() {
    take(wait(Slots::create(*directory_, state_with(1))));
    take(wait(directory_->sync()));
  }
  Result<kj::Own<Slots>> reopen() { return wait(Slots::open(*directory_)); }
  void flip(std::uint64_t offset) { world_.disk().flip_bits(path("slots"), offset); }
  // A store that stops before operation `operations` of its own.
  void store_until(std::uint64_t operations, std::uint64_t promised) {
    kj::Own<Slots> slots = take(reopen());
    world_.disk().crash_before(world_.disk().operations() + operations);
    kj::Promise<Result<void>> storing = slots->store(state_with(promised));
    world_.run_ready();
    world_.disk().power_off();
    world_.disk().crash(world_.random());
    directory_ = take(wait(world_.disk().open_directory("/log")));
  }
};

TEST_F(SlotsOnDisk, a_store_is_read_back) {
  take(wait(take(reopen())->store(state_with(2))));
  kj::Own<Slots> slots = take(reopen());
  EXPECT_EQ(image_of(slots->state()), image_of(state_with(2)));
  EXPECT_EQ(slots->damage(), std::nullopt);
  EXPECT_FALSE(slots->out_of_step());
}

TEST_F(SlotsOnDisk, a_second_file_is_not_made) {
  const auto again = wait(Slots::create(*directory_, state_with(1)));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::kExists);
}

TEST_F(SlotsOnDisk, a_missing_file_is_not_found) {
  world_.disk().remove_file(path("slots"));
  EXPECT_EQ(reopen().error().code(), ErrorCode::kNotFound);
}

TEST_F(SlotsOnDisk, any_rotten_byte_in_one_slot_takes_nothing_back) {
  take(wait(take(reopen())->store(state_with(2))));
  const SimDiskState good = world_.disk().snapshot();
  for (std::uint64_t offset = 0; offset < kSlotsFileBytes; ++offset) {
    world_.disk().restore(good);
    directory_ = take(wait(world_.disk().open_directory("/log")));
    flip(offset);
    kj::Own<Slots> slots = take(reopen());
    ASSERT_EQ(slots->state().promised, Epoch{2});
    ASSERT_TRUE(slots->damage().has_value() && slots->out_of_step());
    if (offset % 64 != 0) continue;
    take(wait(slots->store(slots->state())));
    EXPECT_EQ(take(reopen())->damage(), std::nullopt) << "the store mends it";
  }
}

TEST_F(SlotsOnDisk, two_rotten_slots_are_damage) {
  flip(5);
  flip(kSlotBytes + 5);
  const auto slots = reopen();
  ASSERT_FALSE(slots);
  EXPECT_EQ(slots.error().code(), ErrorCode::kDamaged);
  EXPECT_THAT(slots.error().text(), testing::HasSubstr("/log/slots"));
}

TEST_F(SlotsOnDisk, any_other_length_is_told_and_mended) {
  const SimDiskState good = world_.disk().snapshot();
  for (std::uint64_t size : {0u, 1u, 4095u, 4096u, 4097u, 8191u, 8193u, 20000u}) {
    world_.disk().restore(good);
    directory_ = take(wait(world_.disk().open_directory("/log")));
    world_.disk().truncate_to(path("slots"), size);
    auto slots = reopen();
    ASSERT_EQ(slots.has_value(), size >= kSlotBytes) << size;
    if (!slots) continue;
    EXPECT_TRUE((*slots)->damage().has_value());
    take(wait((*slots)->store((*slots)->state())));
    EXPECT_EQ(world_.disk().size_of(path("slots")), kSlotsFileBytes);
    EXPECT_EQ(take(reopen())->damage(), std::nullopt);
  }
}

TEST_F(SlotsOnDisk, a_slot_of_a_newer_layout_is_not_overwritten) {
  std::string newer = encode_slot(state_with(9), 9);
  newer[8] = 2;
  const Digest self = digest_of(as_bytes(newer).first(kSlotBytes - sizeof(Digest)));
  std::memcpy(newer.data() + kSlotBytes - sizeof(self), &self, sizeof(self));
  world_.disk().write_at(path("slots"), 0, as_bytes(newer));
  EXPECT_EQ(reopen().error().code(), ErrorCode::kNewerLayout);
}

TEST_F(SlotsOnDisk, a_crash_anywhere_in_a_store_leaves_the_old_or_the_new_state) {
  const SimDiskState good = world_.disk().snapshot();
  for (std::uint64_t operations = 1; operations <= 5; ++operations)
    for (int chance = 0; chance < 200; ++chance) {
      world_.disk().restore(good);
      directory_ = take(wait(world_.disk().open_directory("/log")));
      store_until(operations, 2);
      kj::Own<Slots> slots = take(reopen());
      const Epoch promised = slots->state().promised;
      ASSERT_TRUE(promised == Epoch{1} || promised == Epoch{2});
      ASSERT_TRUE(operations < 5 || promised == Epoch{2});
      // Half-way the newer state counts only once it is in both.
      ASSERT_TRUE(promised == Epoch{1} || operations > 3 || slots->out_of_step());
    }
}

// A process stores and is killed, or meets a failing sync; the next one reads its page cache and settles; the power fails somewhere.
TEST_F(SlotsOnDisk, what_stood_in_the_page_cache_only_is_settled_without_a_moment_of_two_bad_slots) {
  for (const std::uint64_t failing_sync : {0u, 1u})
    for (std::uint64_t operations = 1; operations <= 9; ++operations)
      for (int chance = 0; chance < 200; ++chance) {
        take(wait(take(reopen())->settle()));
        const Epoch before = take(reopen())->state().promised;
        world_.disk().inject({.op = SimOp::kSync, .path_part = "slots", .skip = failing_sync});
        ASSERT_FALSE(wait(take(reopen())->store(state_with(before.value + 1))));
        world_.disk().clear_faults();
        kj::Own<Slots> slots = take(reopen());
        const Epoch seen = slots->state().promised;
        world_.disk().crash_before(world_.disk().operations() + operations);
        const bool settled = operations > 4;
        kj::Promise<Result<void>> settling = slots->settle();
        kj::Promise<Result<void>> storing = slots->store(state_with(before.value + 2));
        world_.run_ready();
        world_.disk().power_off();
        world_.disk().crash(world_.random());
        directory_ = take(wait(world_.disk().open_directory("/log")));
        auto left = reopen();
        ASSERT_TRUE(left.has_value()) << "sync " << failing_sync << ", " << operations << " operations: " << left.error().text();
        ASSERT_GE((*left)->state().promised, settled ? seen : before);
      }
}

// The better slot is not touched before the other is good again: with one slot rotten, a crash in the mending store loses nothing.
TEST_F(SlotsOnDisk, a_crash_while_mending_a_rotten_slot_loses_nothing) {
  for (std::uint64_t rotten : {0u, 4096u}) {
    take(wait(take(reopen())->store(state_with(2))));
    flip(rotten + 100);
    const SimDiskState damaged = world_.disk().snapshot();
    for (std::uint64_t operations = 1; operations <= 5; ++operations)
      for (int chance = 0; chance < 50; ++chance) {
        world_.disk().restore(damaged);
        directory_ = take(wait(world_.disk().open_directory("/log")));
        store_until(operations, 3);
        ASSERT_GE(take(reopen())->state().promised, Epoch{2});
      }
  }
}

TEST_F(SlotsOnDisk, stores_at_the_same_time_take_turns) {
  kj::Own<Slots> slots = take(reopen());
  world_.disk().set_latency({.write = std::chrono::milliseconds(3), .sync = std::chrono::milliseconds(5)});
  kj::Promise<Result<void>> first = slots->store(state_with(2));
  kj::Promise<Result<void>> second = slots->store(state_with(3));
  take(wait(kj::mv(second)));
  take(wait(kj::mv(first)));
  EXPECT_EQ(slots->state().promised, Epoch{3});
  EXPECT_EQ(take(reopen())->state().promised, Epoch{3});
}

TEST_F(SlotsOnDisk, after_an_error_they_are_of_no_more_use) {
  kj::Own<Slots> slots = take(reopen());
  world_.disk().inject({.op = SimOp::kSync, .path_part = "slots"});
  const Result<void> failed = wait(slots->store(state_with(2)));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kIo);
  const Result<void> again = wait(slots->store(state_with(3)));
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().text(), testing::HasSubstr("reopen"));
  EXPECT_EQ(slots->state().promised, Epoch{1}) << "what was not stored does not count";
}

TEST_F(SlotsOnDisk, a_dropped_store_leaves_them_of_no_more_use) {
  kj::Own<Slots> slots = take(reopen());
  world_.disk().set_latency({.write = std::chrono::milliseconds(3)});
  { kj::Promise<Result<void>> dropped = slots->store(state_with(2)); }
  EXPECT_FALSE(wait(slots->store(state_with(3))));
}

}  // namespace
}  // namespace varve
