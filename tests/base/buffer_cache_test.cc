#include "base/buffer_cache.h"

#include <gtest/gtest.h>

#include <thread>

namespace varve {
namespace {

TEST(BufferCache, gives_again_what_came_back) {
  const auto cache = std::make_shared<BufferCache>(64 << 10);
  auto buffer = cache->take(10'000);
  EXPECT_EQ(buffer->capacity(), 12u << 10);
  const std::byte* memory = buffer->data();
  buffer.reset();
  EXPECT_EQ(cache->take(9000)->data(), memory);
}

TEST(BufferCache, gives_at_most_twice_of_what_was_asked) {
  const auto cache = std::make_shared<BufferCache>(64 << 10);
  cache->take(48 << 10).reset();
  EXPECT_EQ(cache->take(16 << 10)->capacity(), 16u << 10);
  EXPECT_EQ(cache->take(24 << 10)->capacity(), 48u << 10);
}

TEST(BufferCache, keeps_no_more_than_its_bound_and_the_newest_of_it) {
  const auto cache = std::make_shared<BufferCache>(32 << 10);
  auto a = cache->take(16 << 10), b = cache->take(16 << 10), c = cache->take(16 << 10);
  const std::byte* newest = c->data();
  const std::byte* middle = b->data();
  a.reset(), b.reset(), c.reset();
  auto first = cache->take(16 << 10), second = cache->take(16 << 10);
  EXPECT_EQ(first->data(), newest);
  EXPECT_EQ(second->data(), middle);
  cache->take(64 << 10).reset();  // above the bound alone: drives nothing out
  first.reset();
  EXPECT_EQ(cache->take(16 << 10)->data(), newest);
}

TEST(BufferCache, lives_as_long_as_what_it_gave) {
  auto cache = std::make_shared<BufferCache>(64 << 10);
  auto buffer = cache->take(100);
  const std::weak_ptr<BufferCache> alive = cache;
  cache.reset();
  EXPECT_FALSE(alive.expired());
  buffer->data()[0] = std::byte{1};
  buffer.reset();
  EXPECT_TRUE(alive.expired());
}

TEST(BufferCache, takes_back_on_any_thread) {
  const auto cache = std::make_shared<BufferCache>(1 << 20);
  for (int round = 0; round < 100; ++round) {
    auto buffer = cache->take(4096);
    buffer->data()[0] = std::byte{7};
    std::thread([moved = std::move(buffer)]() mutable { moved.reset(); }).join();
  }
  EXPECT_EQ(cache->take(4096)->data()[0], std::byte{7});
}

}  // namespace
}  // namespace varve
