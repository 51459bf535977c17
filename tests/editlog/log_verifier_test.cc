// Every single flipped byte of a log's directory is found, and nothing that is well is called damaged.
#include "editlog/log_verifier.h"

#include "tests/editlog/log_fixture.h"
#include "tests/support/exhaustive_stride.h"

namespace varve {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LogVerifierTest : public LogFixture {
 protected:
  // Finalized segments, one in progress with unwritten space, a prepared one, a reserve, slots.
  void make_log() {
    options_ = small_log(16u << 10);
    open();
    append({30});
    roll();
    append({600, 0});
    roll();
    append({40});
    settle();
  }
  LogVerification verify() {
    auto directory = take(world_.wait(world_.disk().open_directory(kLogPath)));
    return take(world_.wait(verify_log(*directory)));
  }
  static std::string text_of(const LogVerification& verification) {
    std::string text;
    for (const LogFinding& finding : verification.findings.all())
      text += fmt::format("{} at {}: {}\n", finding.file, finding.offset, finding.what);
    return text;
  }
  void expect_found(const std::string& file, std::uint64_t offset) {
    const LogVerification verification = verify();
    EXPECT_TRUE(verification.damaged()) << file << " at " << offset << "\n" << text_of(verification);
    bool named = false;
    for (const LogFinding& finding : verification.findings.all())
      named |= finding.kind == LogFinding::Kind::kDamage && finding.file == file && finding.offset <= offset;
    EXPECT_TRUE(named) << file << " at " << offset << "\n" << text_of(verification);
  }
  void flip_each_byte() {
    const SimDiskState whole = world_.disk().snapshot();
    for (const std::string& file : files()) {
      const std::uint64_t size = world_.disk().size_of(path(file));
      // Space that is one pattern is not looked at byte by byte, but for its ends.
      const bool plain = file == kReserveFile || file == kPreparedFile;
      for (std::uint64_t offset = 0; offset < size; offset += plain && offset > 5000 && offset + 600 < size ? 37 : kExhaustiveStride) {
        world_.disk().restore(whole);
        world_.disk().flip_bits(path(file), offset, std::byte{static_cast<unsigned char>(1u << (offset % 8))});
        expect_found(file, offset);
        if (HasFailure()) return;
      }
    }
  }
};

TEST_F(LogVerifierTest, finds_nothing_in_a_log_that_was_closed) {
  make_log();
  close();
  const LogVerification verification = verify();
  EXPECT_THAT(verification.findings.all(), IsEmpty()) << text_of(verification);
  EXPECT_EQ(verification.segments, 3u);
  EXPECT_EQ(verification.frames, written_.size());
  EXPECT_EQ(verification.last, source_.end().txid);
}

TEST_F(LogVerifierTest, notes_only_what_a_killed_process_leaves) {
  make_log();
  kill();
  const LogVerification verification = verify();
  EXPECT_FALSE(verification.damaged()) << text_of(verification);
}

TEST_F(LogVerifierTest, finds_each_flipped_byte_of_a_closed_log) {
  make_log();
  close();
  flip_each_byte();
}

TEST_F(LogVerifierTest, finds_each_flipped_byte_after_a_kill) {
  make_log();
  kill();
  flip_each_byte();
}

TEST_F(LogVerifierTest, finds_a_cut_file) {
  make_log();
  close();
  const SimDiskState whole = world_.disk().snapshot();
  for (const std::string& file : files()) {
    if (file == kReserveFile || file == kPreparedFile) continue;
    for (std::uint64_t length = 0; length < world_.disk().size_of(path(file)); length += 97) {
      world_.disk().restore(whole);
      world_.disk().truncate_to(path(file), length);
      EXPECT_TRUE(verify().damaged()) << file << " cut to " << length;
    }
    world_.disk().restore(whole);
  }
}

TEST_F(LogVerifierTest, finds_missing_and_doubled_files) {
  make_log();
  close();
  const SimDiskState whole = world_.disk().snapshot();
  for (const std::string& file : files()) {
    if (file == kReserveFile || file == kPreparedFile) continue;
    world_.disk().restore(whole);
    world_.disk().remove_file(path(file));
    EXPECT_TRUE(verify().damaged()) << file;
  }
  world_.disk().restore(whole);
  const std::string first = finalized_name(TxId{1}, TxId{2});
  world_.disk().write_all(path(in_progress_name(TxId{1})), as_bytes(content(first)));
  EXPECT_TRUE(verify().damaged());
}

TEST_F(LogVerifierTest, notes_a_torn_tail) {
  open();
  append({100});
  const std::uint64_t offset = kFramesOffset + log_->segment_bytes_used();
  append({2000});
  const std::string newest = in_progress_name(TxId{1});
  const auto salt = load_as<PreallocationRecord>(as_bytes(content(newest)).subspan(kPreallocationOffset)).salt;
  kill();
  std::vector<std::byte> pattern(kSectorBytes);
  fill_unwritten(kTestNamespace, salt, offset + kSectorBytes, pattern);
  world_.disk().write_at(path(newest), offset + kSectorBytes, pattern);
  const LogVerification verification = verify();
  EXPECT_FALSE(verification.damaged()) << text_of(verification);
  EXPECT_THAT(text_of(verification), HasSubstr("tail.torn_body"));
}

TEST_F(LogVerifierTest, lists_foreign_names) {
  make_log();
  close();
  world_.disk().write_all(path("notes.txt"), as_bytes("mine"));
  const LogVerification verification = verify();
  EXPECT_FALSE(verification.damaged());
  EXPECT_THAT(text_of(verification), HasSubstr("notes.txt"));
}

TEST_F(LogVerifierTest, has_nothing_to_say_about_a_directory_without_a_log) {
  for (const std::string& name : files()) world_.disk().remove_file(path(name));
  auto directory = take(world_.wait(world_.disk().open_directory(kLogPath)));
  EXPECT_EQ(world_.wait(verify_log(*directory)).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace varve
