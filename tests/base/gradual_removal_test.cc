#include "base/gradual_removal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sim/sim_world.h"

namespace varve {
namespace {

using testing::IsEmpty;

class GradualRemovalTest : public testing::Test {
 protected:
  GradualRemovalTest() { directory_ = world_.wait(world_.disk().create_directory("/d")).value(); }
  ~GradualRemovalTest() noexcept override {}

  void put(std::size_t bytes) {
    const OpenMode mode{.write = true};
    kj::Own<File> file = world_.wait(directory_->create("large", mode)).value();
    const std::string text(bytes, 'x');
    std::vector<Bytes> pieces{as_bytes(text)};
    ASSERT_TRUE(world_.wait(file->write(0, std::move(pieces))));
  }
  Result<void> remove() { return world_.wait(remove_gradually(*directory_, "large", world_.clock())); }

  SimWorld world_{1};
  kj::Own<Directory> directory_;
};

TEST_F(GradualRemovalTest, frees_no_more_than_a_step_at_once) {
  put((5u << 20) + 17);
  std::uint64_t size = world_.disk().size_of("/d/large");
  std::uint64_t largest = 0;
  unsigned steps = 0;
  world_.disk().observe([&](std::uint64_t, const SimOperation& operation) {
    if (operation.op == SimOp::kSync) return;
    const std::uint64_t now = world_.disk().exists("/d/large") ? world_.disk().size_of("/d/large") : 0;
    largest = std::max(largest, size - now);
    size = now;
    ++steps;
  });
  ASSERT_TRUE(remove());
  EXPECT_GE(steps, 6u);
  EXPECT_LE(largest, 1u << 20);
  EXPECT_THAT(world_.disk().list("/d"), IsEmpty());
}

TEST_F(GradualRemovalTest, removes_small_and_empty_files) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{1} << 20}) {
    put(bytes);
    ASSERT_TRUE(remove()) << bytes;
    EXPECT_THAT(world_.disk().list("/d"), IsEmpty());
  }
}

TEST_F(GradualRemovalTest, says_what_is_not_there) {
  const auto removed = remove();
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace varve
