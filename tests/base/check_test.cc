#include "base/check.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

TEST(CheckDeathTest, ends_the_process_with_condition_and_values) {
  int txid = 17;
  EXPECT_DEATH(CHECK(txid == 18, txid, "segment"), "check_test.cc:[0-9]+: CHECK\\(txid == 18\\) failed; values: 17 segment");
}

TEST(Check, lets_the_truth_pass_and_evaluates_it_once) {
  int calls = 0;
  CHECK(++calls == 1);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace varve
