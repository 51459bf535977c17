#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

#include "memory_image.h"
#include "rm/encoder.h"
#include "rm/image_sections.h"
#include "rm/rm_state.h"
#include "rm/snapshot.h"
#include "samples.h"

namespace varve {
namespace {

using namespace rm;

void submit(RmState& state, const Transaction& transaction) {
  const EncodedTransaction encoded(transaction);
  ASSERT_FALSE(RmState::refused(state.apply(TxId{1}, encoded.bytes())));
}

Transaction everything() {
  Transaction all = one_of_each();
  all.pop_back();  // but the deletion
  return all;
}

TEST(RmImage, gives_back_all_that_was_saved) {
  RmState state;
  submit(state, everything());
  const MemoryImage image = save(state);
  RmState loaded;
  ASSERT_TRUE(load(loaded, image));
  loaded.check_invariants();
  EXPECT_EQ(snapshot_of(*loaded.view()).value(), snapshot_of(*state.view()).value());
  EXPECT_EQ(save(loaded), image);
}

TEST(RmImage, of_an_empty_state_has_the_record_of_meta) {
  RmState state;
  const MemoryImage image = save(state);
  EXPECT_EQ(image.size(), 6u);
  ASSERT_EQ(image.at(kMetaSection).chunks.size(), 1u);
  RmState loaded;
  submit(loaded, everything());
  ASSERT_TRUE(load(loaded, image));
  EXPECT_EQ(snapshot_of(*loaded.view()).value(), Snapshot{});
}

TEST(RmImage, is_divided_by_the_number_of_records_alone) {
  RmState state;
  Transaction transaction;
  const std::uint32_t applications = 2 * kPartRecords + 1;
  for (std::uint32_t id = 0; id < applications; id++) transaction.emplace_back(StoreApplication{{.id = application_id(id)}});
  submit(state, transaction);
  MemorySink sink;
  state.save(state.freeze(), sink);
  EXPECT_EQ(sink.parts(kApplicationsSection), 3u);
  const MemoryImage image = sink.produce(1 << 16);
  RmState loaded;
  ASSERT_TRUE(load(loaded, image));
  loaded.check_invariants();
  EXPECT_EQ(loaded.statistics().applications, applications);
  EXPECT_EQ(save(loaded, loaded.freeze(), 1 << 16), image);
}

// The same end by other ways: shuffled, with detours, with views held meanwhile, across an image.
TEST(RmImage, has_the_same_bytes_whatever_the_history) {
  Transaction end;
  for (std::uint32_t id = 0; id < 500; id++) {
    end.emplace_back(StoreApplication{completed(sample_application(id), id)});
    for (std::uint32_t number = 1; number <= id % 4; number++) end.emplace_back(StoreAttempt{ended(sample_attempt(id, number))});
    end.emplace_back(StoreToken{sample_token(id)});
    end.emplace_back(StoreReservation{sample_reservation("plan " + std::to_string(id % 7), id)});
  }
  RmState direct;
  submit(direct, end);
  const MemoryImage expected = save(direct);
  for (unsigned seed = 0; seed < 5; seed++) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    std::shuffle(end.begin(), end.end(), random);
    RmState state;
    std::vector<std::shared_ptr<const StateView>> views;
    for (std::uint32_t i = 0; i < end.size(); i++) {
      const std::uint32_t stranger = 1000 + i;
      submit(state, {StoreApplication{sample_application(stranger)}, StoreAttempt{sample_attempt(stranger, 1)},
                     UpdateApplication{sample_application(i % 500)}});
      submit(state, {RemoveApplication{application_id(stranger)}, RemoveApplication{application_id(i % 500)}});
      if (random() % 50 == 0) views.push_back(state.freeze());
      if (views.size() > 3) views.erase(views.begin());
    }
    for (const Operation& operation : end) submit(state, {operation});
    EXPECT_EQ(save(state), expected);
    RmState loaded;
    ASSERT_TRUE(load(loaded, save(state)));
    EXPECT_EQ(save(loaded), expected);
  }
}

TEST(RmImage, is_saved_while_transactions_go_on) {
  RmState state;
  for (std::uint32_t id = 0; id < 3000; id++)
    submit(state, {StoreApplication{sample_application(id)}, StoreAttempt{sample_attempt(id, 1)}});
  const MemoryImage expected = save(state);
  auto view = state.freeze();
  MemoryImage image;
  std::thread saver([&] { image = save(state, std::exchange(view, nullptr)); });
  for (std::uint32_t id = 0; id < 3000; id++) {
    submit(state, {UpdateApplication{completed(sample_application(id), id)}});
    submit(state, {RemoveApplication{application_id(id / 2)}, StoreApplication{sample_application(id + 3000)}});
  }
  saver.join();
  EXPECT_EQ(image, expected);
  EXPECT_GT(state.statistics().copied_bytes, 0u);
  for (int i = 0; i < 3000; i++) submit(state, {RemoveToken{1}});
  EXPECT_EQ(state.statistics().held_bytes, 0u);
}

TEST(RmImage, of_a_view_whose_state_is_gone) {
  auto state = std::make_unique<RmState>();
  submit(*state, everything());
  const MemoryImage expected = save(*state);
  auto view = state->freeze();
  state.reset();
  EXPECT_EQ(save(RmState(), std::move(view)), expected);
}

class DamagedRmImageTest : public testing::Test {
 protected:
  DamagedRmImageTest() {
    RmState state;
    submit(state, everything());
    for (std::uint32_t id = 100; id < 300; id++) submit(state, {StoreApplication{sample_application(id)}});
    image = save(state);
  }
  ErrorCode load_error() {
    RmState state;
    const auto loaded = load(state, image);
    EXPECT_FALSE(loaded);
    EXPECT_THAT(loaded.error().text(), testing::HasSubstr("image of txid 7"));
    return loaded.error().code();
  }

  MemoryImage image;
};

TEST_F(DamagedRmImageTest, with_chunks_swapped_is_refused) {
  auto& chunks = image.at(kApplicationsSection).chunks;
  ASSERT_GT(chunks.size(), 2u);
  std::swap(chunks[1], chunks[2]);
  EXPECT_EQ(load_error(), ErrorCode::kDamaged);
}

TEST_F(DamagedRmImageTest, with_records_swapped_is_refused) {
  auto& records = image.at(kApplicationsSection).chunks[0].records;
  std::swap(records[0], records[1]);
  EXPECT_EQ(load_error(), ErrorCode::kDamaged);
}

TEST_F(DamagedRmImageTest, with_a_record_that_is_none_is_refused) {
  image.at(kAttemptsSection).chunks[0].records[0] = {0xffffffffffffffff};
  EXPECT_EQ(load_error(), ErrorCode::kDamaged);
}

TEST_F(DamagedRmImageTest, with_an_empty_record_is_refused) {
  image.at(kTokensSection).chunks[0].records[0] = {};
  EXPECT_EQ(load_error(), ErrorCode::kDamaged);
}

TEST_F(DamagedRmImageTest, without_meta_is_refused) {
  image.erase(kMetaSection);
  EXPECT_EQ(load_error(), ErrorCode::kDamaged);
}

TEST_F(DamagedRmImageTest, can_be_followed_by_a_good_one) {
  RmState state;
  const MemoryImage good = image;
  image.erase(kMetaSection);
  EXPECT_FALSE(load(state, image));
  ASSERT_TRUE(load(state, good));
  EXPECT_EQ(save(state), good);
}

// No flipped bit of a record may do worse than change what is loaded or end the load with an error.
TEST_F(DamagedRmImageTest, with_any_byte_flipped_does_no_harm) {
  image.at(kApplicationsSection).chunks.resize(1);
  image.at(kApplicationsSection).chunks[0].records.resize(2);
  for (auto& [id, section] : image)
    for (MemoryChunk& chunk : section.chunks)
      for (auto& record : chunk.records)
        for (std::byte& byte : std::as_writable_bytes(std::span(record))) {
          byte ^= std::byte{0xff};
          RmState state;
          if (load(state, image)) (void)snapshot_of(*state.view());
          byte ^= std::byte{0xff};
        }
}

}  // namespace
}  // namespace varve
