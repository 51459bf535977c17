#include "editlog/version_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/editlog/segment_fixture.h"

namespace varve {
namespace {

VersionFile a_version() {
  return {kJournalLayout, kTestNamespace, Uuid{5, 6}, 3};
}

// The digest line is the last in every layout.
std::string with_digest(const std::string& lines) {
  return lines + "digest " + to_hex(digest_of(as_bytes(lines))) + "\n";
}

ErrorCode code_of(const std::string& text) {
  const Result<VersionFile> version = decode_version(text, "/log/VERSION");
  EXPECT_FALSE(version) << text;
  if (version) return ErrorCode::kInvalidArgument;
  EXPECT_THAT(version.error().text(), testing::HasSubstr("/log/VERSION"));
  return version.error().code();
}

TEST(VersionFile, is_text_for_people) {
  const std::string lines =
      "varve journal\nlayout 1\nnamespace 99aabbccddeeff001122334455667788\n"
      "disk 00000000000000060000000000000005\nlineage 3\n";
  EXPECT_EQ(encode_version(a_version()), with_digest(lines));
  EXPECT_EQ(take(decode_version(encode_version(a_version()), "VERSION")), a_version());
}

TEST(VersionFile, each_flipped_bit_and_each_cut_is_found) {
  const std::string good = encode_version(a_version());
  for (std::size_t i = 0; i < good.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = good;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      EXPECT_EQ(code_of(changed), i < 14 ? ErrorCode::kForeign : ErrorCode::kDamaged) << i;
    }
  for (std::size_t length = 0; length < good.size(); ++length) EXPECT_EQ(code_of(good.substr(0, length)), ErrorCode::kDamaged) << length;
  EXPECT_EQ(code_of(good + "\n"), ErrorCode::kDamaged);
  EXPECT_EQ(code_of(good + good), ErrorCode::kDamaged);
}

TEST(VersionFile, newer_and_foreign_say_so) {
  EXPECT_EQ(code_of(with_digest("varve journal\nlayout 2\nsomething 7\n")), ErrorCode::kNewerLayout);
  EXPECT_EQ(code_of("#Tue Jan 01\nnamespaceID=7\nlayoutVersion=-60\n"), ErrorCode::kForeign);
  EXPECT_EQ(code_of(with_digest("varve journal\nlayout 1\n")), ErrorCode::kDamaged);
  EXPECT_EQ(code_of(with_digest("varve journal\nlayout x\n")), ErrorCode::kDamaged);
}

using VersionOnDisk = SegmentFixture;

TEST_F(VersionOnDisk, survives_a_crash_once_written) {
  take(wait(write_version(*directory_, a_version())));
  world_.disk().power_off();
  world_.disk().crash(world_.random());
  directory_ = take(wait(world_.disk().open_directory("/log")));
  EXPECT_EQ(take(wait(read_version(*directory_))), a_version());
}

TEST_F(VersionOnDisk, replaces_an_older_one_and_a_leftover) {
  world_.disk().write_all(path("VERSION.tmp"), as_bytes("half"));
  take(wait(write_version(*directory_, a_version())));
  VersionFile other = a_version();
  other.lineage = 9;
  take(wait(write_version(*directory_, other)));
  EXPECT_EQ(take(wait(read_version(*directory_))), other);
  EXPECT_THAT(world_.disk().list("/log"), testing::ElementsAre("VERSION"));
}

TEST_F(VersionOnDisk, a_missing_one_is_not_found) {
  const Result<VersionFile> version = wait(read_version(*directory_));
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().code(), ErrorCode::kNotFound);
}

TEST_F(VersionOnDisk, a_huge_file_is_not_taken_for_one) {
  world_.disk().write_all(path("VERSION"), as_bytes(encode_version(a_version()) + std::string(100'000, '\n')));
  const Result<VersionFile> version = wait(read_version(*directory_));
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().code(), ErrorCode::kDamaged);
}

}  // namespace
}  // namespace varve
