#include <gtest/gtest.h>

#include "tools/journalnode/nearest_word.h"
#include "tools/journalnode/printable.h"

namespace varve {
namespace {

TEST(NearestWord, is_the_one_with_the_fewest_slips) {
  const std::vector<std::string> words = {"listen", "log.segment_bytes", "log.mark_delay_ms", "http"};
  EXPECT_EQ(nearest_word("log.segmnt_byte", words), "log.segment_bytes");
  EXPECT_EQ(nearest_word("lisetn", words), "listen");
  EXPECT_EQ(nearest_word("htp", words), "http");
  EXPECT_EQ(nearest_word("", {"a", "b"}), "a");
}

TEST(Printable, keeps_one_bounded_line_that_no_terminal_obeys) {
  EXPECT_EQ(printable("jörn"), "jörn");
  EXPECT_EQ(printable("a\nb\x1b[2J\xff"), "a?b?[2J?");
  EXPECT_LT(printable(std::string(100'000, 'x')).size(), 300u);
}

}  // namespace
}  // namespace varve
