#include "base/sim/paged_bytes.h"

#include <gtest/gtest.h>

#include <string>

#include "base/sim/sim_random.h"

namespace varve {
namespace {

std::string text_of(const PagedBytes& bytes) {
  std::string text(bytes.size(), '?');
  bytes.read(0, std::as_writable_bytes(std::span(text)));
  return text;
}

TEST(PagedBytes, reads_zeros_where_nothing_was_written) {
  PagedBytes bytes;
  bytes.resize(10000);
  EXPECT_EQ(text_of(bytes), std::string(10000, '\0'));
}

TEST(PagedBytes, drops_what_lies_behind_the_end) {
  PagedBytes bytes;
  bytes.resize(3);
  bytes.write(1, as_bytes("abcdef"));
  EXPECT_EQ(text_of(bytes), std::string("\0ab", 3));
  bytes.write(3, as_bytes("x"));
  EXPECT_EQ(bytes.size(), 3u);
}

TEST(PagedBytes, forgets_what_was_cut) {
  PagedBytes bytes;
  bytes.resize(9000);
  bytes.write(0, as_bytes(std::string(9000, 'a')));
  bytes.resize(5000);
  bytes.resize(9000);
  EXPECT_EQ(text_of(bytes), std::string(5000, 'a') + std::string(4000, '\0'));
}

TEST(PagedBytes, leaves_copies_alone) {
  PagedBytes original;
  original.resize(8192);
  original.write(0, as_bytes(std::string(8192, 'a')));
  PagedBytes copy = original;
  original.write(4000, as_bytes(std::string(200, 'b')));
  original.resize(100);
  EXPECT_EQ(text_of(copy), std::string(8192, 'a'));
}

TEST(PagedBytes, does_what_a_string_does) {
  SimRandom random(1);
  PagedBytes bytes;
  std::string model;
  for (int i = 0; i < 2000; ++i) {
    if (random.percent(10)) {
      std::size_t size = random.below(20000);
      bytes.resize(size);
      model.resize(size);
    }
    std::string text(random.below(6000), static_cast<char>(random.below(256)));
    std::size_t at = random.below(20000);
    bytes.write(at, as_bytes(text));
    if (at < model.size()) model.replace(at, std::min(text.size(), model.size() - at), text, 0, model.size() - at);
    ASSERT_EQ(text_of(bytes), model);
  }
}

}  // namespace
}  // namespace varve
