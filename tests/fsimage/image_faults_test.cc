// Each disk operation of a save, a load and a retention fails in turn: the error says so, published images stay as they are.
#include <cerrno>

#include "tests/fsimage/image_fixture.h"

namespace varve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;

class ImageFaults : public ImageFixture {
 protected:
  ImageFaults() {
    EXPECT_TRUE(save(small_state(), 5));
    EXPECT_TRUE(save(small_state(), 6));
  }

  // Whatever failed: old images are good, no half image bears a name, and the next save succeeds.
  void expect_unharmed(const std::string& what) {
    world_.disk().clear_faults();
    world_.disk().set_capacity(std::nullopt);
    EXPECT_TRUE(verify(5)) << what;
    EXPECT_TRUE(verify(6)) << what;
    for (const std::string& name : files()) EXPECT_FALSE(parse_image_tmp_name(name)) << what << ": " << name;
    const auto saved = save(small_state(), 7);
    EXPECT_TRUE(saved) << what << ": " << saved.error().text();
    EXPECT_TRUE(verify(7)) << what;
  }
};

TEST_F(ImageFaults, every_operation_of_a_save_may_fail) {
  images();
  const SimDiskState before = world_.disk().snapshot();
  std::uint64_t failed = 0;
  for (const int error : {EIO, ENOSPC}) {
    for (std::uint64_t n = 1;; ++n) {
      world_.disk().clear_faults();
      world_.disk().restore(before);
      open();
      const std::uint64_t number = world_.disk().operations() + n;
      world_.disk().inject({.number = number, .error = error, .bytes_done = n % 2 == 0 ? 512u : 0u});
      const auto saved = save(small_state(), 7);
      const bool reached = world_.disk().operations() >= number;
      if (!reached) {
        EXPECT_TRUE(saved);
        break;
      }
      const std::string what = "operation " + std::to_string(n);
      ASSERT_FALSE(saved) << what;
      ++failed;
      EXPECT_EQ(saved.error().code(), error == EIO ? ErrorCode::kIo : ErrorCode::kNoSpace) << what << ": " << saved.error().text();
      EXPECT_THAT(saved.error().text(), HasSubstr(image_path(7))) << what;
      EXPECT_THAT(listed(), ElementsAre(6, 5)) << what;
      expect_unharmed(what);
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(failed, 20u);
}

TEST_F(ImageFaults, a_failed_sync_is_never_believed_later) {
  world_.disk().inject({.op = SimOp::kSync, .path_part = ".tmp", .error = EIO});
  EXPECT_FALSE(save(small_state(), 7));
  world_.disk().inject({.op = SimOp::kSyncDirectory, .error = EIO});
  EXPECT_FALSE(save(small_state(), 7));
  EXPECT_THAT(listed(), ElementsAre(6, 5));
  expect_unharmed("failed syncs");
}

TEST_F(ImageFaults, a_step_sync_that_fails_on_the_way_fails_the_save) {
  SampleState state;
  state.sections.push_back({{.id = 1}, {std::vector<std::string>(80, std::string(1u << 20, 'z'))}});
  world_.disk().inject({.op = SimOp::kSync, .path_part = ".tmp", .error = EIO});
  const auto saved = save(state, 7, {});
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code(), ErrorCode::kIo);
  expect_unharmed("step sync");
}

TEST_F(ImageFaults, a_full_disk_leaves_the_old_images) {
  for (const std::uint64_t room : {0u, 100u, 4096u, 5000u, 7000u, 9000u}) {
    world_.disk().set_capacity(0);
    const std::uint64_t used = world_.disk().size_of(image_path(5)) + world_.disk().size_of(image_path(6));
    world_.disk().set_capacity(used + room);
    const auto saved = save(small_state(), 8);
    ASSERT_FALSE(saved) << room;
    EXPECT_EQ(saved.error().code(), ErrorCode::kNoSpace) << saved.error().text();
    EXPECT_THAT(listed(), ElementsAre(6, 5));
    for (const std::string& name : files()) EXPECT_FALSE(parse_image_tmp_name(name));
  }
  expect_unharmed("full disk");
}

TEST_F(ImageFaults, a_read_only_disk_says_so) {
  world_.disk().set_read_only(true);
  const auto saved = save(small_state(), 7);
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code(), ErrorCode::kReadOnly);
  world_.disk().set_read_only(false);
  expect_unharmed("read-only disk");
}

// What the disk gives back differs from what was written: found before the image gets its name.
TEST_F(ImageFaults, rot_between_writing_and_reading_back_is_found) {
  bool flipped = false;
  world_.disk().observe([&](std::uint64_t, const SimOperation& operation) {
    if (flipped || operation.op != SimOp::kOpen || operation.path.find(".tmp") == std::string::npos) return;
    flipped = true;
    world_.disk().flip_bits(operation.path, kChunksOffset + 200);
  });
  const auto saved = save(small_state(), 7);
  world_.disk().observe({});
  ASSERT_TRUE(flipped);
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code(), ErrorCode::kDamaged);
  EXPECT_THAT(listed(), ElementsAre(6, 5));
  expect_unharmed("rot");
}

TEST_F(ImageFaults, every_read_of_a_load_may_fail) {
  std::uint64_t n = 0;
  while (true) {
    world_.disk().inject({.op = SimOp::kRead, .skip = n, .error = EIO});
    const auto loaded = load(6);
    world_.disk().clear_faults();
    if (loaded) break;
    EXPECT_EQ(loaded.error().code(), ErrorCode::kIo);
    EXPECT_THAT(loaded.error().text(), HasSubstr(image_path(6)));
    ++n;
  }
  EXPECT_GT(n, 6u);  // header, trailer, table, chunks
}

TEST_F(ImageFaults, every_operation_of_a_retention_may_fail) {
  ASSERT_TRUE(save(small_state(), 7));
  const SimDiskState before = world_.disk().snapshot();
  for (std::uint64_t n = 1; n <= 3; ++n) {
    world_.disk().restore(before);
    open();
    world_.disk().inject({.number = world_.disk().operations() + n, .error = EIO});
    EXPECT_FALSE(world_.wait(images().retain(1))) << n;
    open();
    EXPECT_TRUE(verify(7));
    const auto retained = world_.wait(images().retain(1));
    ASSERT_TRUE(retained);
    EXPECT_THAT(files(), ElementsAre(image_name(TxId{7})));
  }
}

TEST_F(ImageFaults, an_unreadable_image_does_not_keep_the_others_from_being_opened) {
  world_.disk().inject({.op = SimOp::kOpen, .path_part = image_name(TxId{6}), .error = EIO});
  open();
  EXPECT_THAT(listed(), ElementsAre(6, 5));
  EXPECT_TRUE(world_.log_contains(image_name(TxId{6})));
}

}  // namespace
}  // namespace varve
