#include "base/bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace varve {
namespace {

TEST(Bytes, rounds_to_units) {
  EXPECT_EQ(round_up(0, 512), 0u);
  EXPECT_EQ(round_up(1, 512), 512u);
  EXPECT_EQ(round_up(512, 512), 512u);
  EXPECT_EQ(round_down(1023, 512), 512u);
}

TEST(Bytes, knows_zeros) {
  std::string text(100, '\0');
  EXPECT_TRUE(all_zero(as_bytes(text)));
  EXPECT_TRUE(all_zero({}));
  text.back() = 1;
  EXPECT_FALSE(all_zero(as_bytes(text)));
}

TEST(Bytes, loads_a_layout_from_any_address) {
  std::array<std::byte, 16> memory{};
  std::uint64_t value = 0x1122334455667788;
  std::memcpy(memory.data() + 3, &value, sizeof value);
  EXPECT_EQ(load_as<std::uint64_t>(Bytes(memory).subspan(3)), value);
  EXPECT_EQ(bytes_of(value)[0], std::byte{0x88});
}

TEST(AlignedBuffer, is_aligned_to_a_page_and_at_least_as_large_as_asked) {
  AlignedBuffer buffer(5000);
  EXPECT_EQ(buffer.capacity(), 8192u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % kPageBytes, 0u);
  EXPECT_EQ(buffer.span(512, 10).data(), buffer.data() + 512);
  EXPECT_FALSE(AlignedBuffer());
}

}  // namespace
}  // namespace varve
