#include "varve/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "base/os_error.h"
#include "base/result.h"

namespace varve {
namespace {

using testing::HasSubstr;

TEST(Error, has_a_name_of_its_own_for_each_code) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kRefused); ++code) names.insert(to_string(static_cast<ErrorCode>(code)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(ErrorCode::kRefused) + 1);
  EXPECT_EQ(to_string(ErrorCode::kNoSpace), "no_space");
}

TEST(Error, tells_what_the_caller_was_doing_first) {
  Error error(ErrorCode::kDamaged, "frame 7 is damaged");
  EXPECT_EQ(error.within("opening the journal").text(), "opening the journal: frame 7 is damaged");
  EXPECT_EQ(error.within("opening the journal").code(), ErrorCode::kDamaged);
}

TEST(OsError, gives_each_errno_its_code_and_the_operator_a_hint) {
  Error full = os_error(ENOSPC, "writing 512 bytes at offset 0 of /d/f");
  EXPECT_EQ(full.code(), ErrorCode::kNoSpace);
  EXPECT_EQ(full.text(), "writing 512 bytes at offset 0 of /d/f: No space left on device; free space on this file system");
  EXPECT_EQ(code_of_errno(EDQUOT), ErrorCode::kNoSpace);
  EXPECT_EQ(code_of_errno(EROFS), ErrorCode::kReadOnly);
  EXPECT_EQ(code_of_errno(EACCES), ErrorCode::kPermission);
  EXPECT_EQ(code_of_errno(ENOENT), ErrorCode::kNotFound);
  EXPECT_EQ(code_of_errno(EEXIST), ErrorCode::kExists);
  EXPECT_EQ(code_of_errno(EIO), ErrorCode::kIo);
  EXPECT_THAT(os_error(EMFILE, "opening x").text(), HasSubstr("limit of open files"));
}

Result<int> positive(int value) {
  if (value <= 0) return fail(ErrorCode::kInvalidArgument, "not positive");
  return value;
}

Result<int> sum_of_positives(int a, int b) {
  ASSIGN_OR_RETURN(int first, positive(a));
  ASSIGN_OR_RETURN(int second, positive(b));
  return first + second;
}

Result<void> both_positive(int a, int b) {
  TRY(positive(a));
  TRY(positive(b));
  return ok();
}

TEST(Result, returns_early_with_the_first_error) {
  EXPECT_EQ(sum_of_positives(1, 2).value(), 3);
  EXPECT_FALSE(sum_of_positives(0, 2));
  EXPECT_EQ(sum_of_positives(1, -1).error().text(), "not positive");
  EXPECT_TRUE(both_positive(1, 1));
  EXPECT_FALSE(both_positive(1, 0));
}

}  // namespace
}  // namespace varve
