// Each byte flipped and each length cut of each file of a small log: opening and reading gives exactly what was acknowledged, or one
// clear line; and when opening is refused, nothing on disk has changed.
#include "tests/editlog/log_fixture.h"

namespace varve {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class LocalLogDamage : public LogFixture {
 protected:
  // Two finalized segments and one in progress, left by a clean close or by a kill.
  void make_log(bool closed) {
    open();
    append({30});
    roll();
    append({600});
    roll();
    append({40, 50});
    settle();
    append({900});
    if (closed) take(world_.wait(log_->close()));
    log_ = nullptr;
    world_.disk().settle();
    whole_ = world_.disk().snapshot();
  }

  // Opens what the damage left; the outcome must be one of the two that are allowed.
  void expect_all_or_one_line(const std::string& damage) {
    const SimDiskState damaged = world_.disk().snapshot();
    const auto before = contents();
    auto opened = world_.wait(open_test_log(world_, options_));
    if (!opened) {
      expect_one_line(opened.error(), damage);
      EXPECT_EQ(contents(), before) << damage << ": changed by an open that was refused";
      ++refused_;
      return;
    }
    log_ = kj::mv(*opened);
    log_->check_invariants();
    log_->set_committed(log_->end());
    auto frames = try_read();
    if (frames) {
      EXPECT_EQ(*frames, written_) << damage;
      ++recovered_;
    } else {
      expect_one_line(frames.error(), damage);
      ++refused_;
    }
    log_ = nullptr;
  }
  void expect_one_line(const Error& error, const std::string& damage) {
    EXPECT_THAT(error.text(), Not(HasSubstr("\n"))) << damage;
    EXPECT_THAT(error.text(), HasSubstr(kLogPath)) << damage;
    EXPECT_THAT(error.code(), AnyOf(ErrorCode::kDamaged, ErrorCode::kForeign, ErrorCode::kNewerLayout)) << damage << ": " << error.text();
  }

  void flip_each_byte(const std::string& name, std::uint64_t stride = 1) {
    const std::uint64_t size = world_.disk().size_of(path(name));
    for (std::uint64_t offset = 0; offset < size; offset += stride) {
      world_.disk().restore(whole_);
      world_.disk().flip_bits(path(name), offset, std::byte{static_cast<unsigned char>(1u << (offset % 8))});
      expect_all_or_one_line(name + " flipped at " + std::to_string(offset));
      if (HasFailure()) return;
    }
  }
  void cut_at_each_length(const std::string& name, std::uint64_t stride = 1) {
    const std::uint64_t size = world_.disk().size_of(path(name));
    for (std::uint64_t length = 0; length < size; length += stride) {
      world_.disk().restore(whole_);
      world_.disk().truncate_to(path(name), length);
      expect_all_or_one_line(name + " cut to " + std::to_string(length));
      if (HasFailure()) return;
    }
  }
  void zero_each_sector(const std::string& name) {
    const std::uint64_t size = world_.disk().size_of(path(name));
    for (std::uint64_t offset = 0; offset < size; offset += kSectorBytes) {
      world_.disk().restore(whole_);
      world_.disk().zero(path(name), offset, std::min<std::uint64_t>(kSectorBytes, size - offset));
      expect_all_or_one_line(name + " zeroed at " + std::to_string(offset));
      if (HasFailure()) return;
    }
  }

  static std::string first_segment() { return finalized_name(TxId{1}, TxId{2}); }
  static std::string second_segment() { return finalized_name(TxId{3}, TxId{5}); }
  static std::string newest_segment() { return in_progress_name(TxId{6}); }

  SimDiskState whole_;
  int recovered_ = 0;
  int refused_ = 0;
};

TEST_F(LocalLogDamage, flipped_byte_of_version) {
  make_log(true);
  flip_each_byte("VERSION");
  EXPECT_EQ(refused_, 0) << "the slots say it all";
}

TEST_F(LocalLogDamage, cut_version) {
  make_log(true);
  cut_at_each_length("VERSION");
  EXPECT_EQ(refused_, 0);
}

TEST_F(LocalLogDamage, flipped_byte_of_slots) {
  make_log(true);
  flip_each_byte("slots", 3);
  EXPECT_EQ(refused_, 0) << "one good slot is enough";
}

TEST_F(LocalLogDamage, cut_slots) {
  make_log(true);
  cut_at_each_length("slots", 7);
  EXPECT_GT(recovered_, 0);
  EXPECT_GT(refused_, 0);
}

TEST_F(LocalLogDamage, flipped_byte_of_a_finalized_segment) {
  make_log(true);
  ASSERT_THAT(files(), Contains(first_segment()));
  flip_each_byte(first_segment());
  EXPECT_EQ(recovered_, 0) << "every byte of a finalized segment counts";
}

TEST_F(LocalLogDamage, cut_finalized_segment) {
  make_log(true);
  cut_at_each_length(second_segment(), 13);
  EXPECT_EQ(recovered_, 0);
}

TEST_F(LocalLogDamage, flipped_byte_of_a_segment_in_progress_after_a_close) {
  make_log(true);
  flip_each_byte(newest_segment());
  EXPECT_GT(refused_, 0);
  EXPECT_GT(recovered_, 0) << "unwritten space";
}

// Without a mark the last append (one frame, of several sectors) is not known to have been acknowledged; but no flip makes a sector
// unwritten, so it is never taken for torn.
TEST_F(LocalLogDamage, flipped_byte_of_a_segment_in_progress_after_a_kill) {
  make_log(false);
  flip_each_byte(newest_segment());
  EXPECT_GT(refused_, 0);
}

TEST_F(LocalLogDamage, cut_segment_in_progress) {
  make_log(false);
  cut_at_each_length(newest_segment(), 11);
  EXPECT_EQ(recovered_, 0) << "it has a size of its own";
}

TEST_F(LocalLogDamage, zeroed_sectors) {
  make_log(false);
  for (const std::string& name : {first_segment(), second_segment(), newest_segment(), std::string("slots"), std::string("VERSION")})
    zero_each_sector(name);
}

TEST_F(LocalLogDamage, damaged_leftovers_do_not_matter) {
  options_ = small_log(64u << 10);
  make_log(false);
  ASSERT_THAT(files(), Contains(std::string(kReserveFile)));
  for (const std::string& name : {std::string(kPreparedFile), std::string(kReserveFile)}) {
    cut_at_each_length(name, 1001);
    flip_each_byte(name, 1001);
  }
  EXPECT_EQ(refused_, 0);
}

TEST_F(LocalLogDamage, missing_files) {
  make_log(true);
  for (const std::string& name : {first_segment(), second_segment(), std::string("slots")}) {
    world_.disk().restore(whole_);
    world_.disk().remove_file(path(name));
    expect_all_or_one_line(name + " missing");
  }
  EXPECT_EQ(recovered_, 0);
  world_.disk().restore(whole_);
  world_.disk().remove_file(path("VERSION"));
  expect_all_or_one_line("VERSION missing");
  EXPECT_EQ(recovered_, 1);
}

TEST_F(LocalLogDamage, missing_newest_segment_below_the_mark) {
  make_log(true);
  world_.disk().remove_file(path(newest_segment()));
  expect_all_or_one_line("newest missing");
  EXPECT_EQ(refused_, 1);
}

TEST_F(LocalLogDamage, doubled_files) {
  make_log(true);
  const auto first = world_.disk().read_all(path(first_segment()));
  for (const std::string& copy : {in_progress_name(TxId{1}), finalized_name(TxId{1}, TxId{1}), finalized_name(TxId{2}, TxId{2}),
                                  in_progress_name(TxId{2}), finalized_name(TxId{100}, TxId{101}), in_progress_name(TxId{1000})}) {
    world_.disk().restore(whole_);
    world_.disk().write_all(path(copy), first);
    expect_all_or_one_line(copy + " doubled");
  }
  EXPECT_EQ(recovered_, 0);
}

TEST_F(LocalLogDamage, renamed_files) {
  make_log(true);
  for (const std::string& name : {finalized_name(TxId{1}, TxId{1}), in_progress_name(TxId{1}), finalized_name(TxId{2}, TxId{2})}) {
    world_.disk().restore(whole_);
    world_.disk().rename_file(path(first_segment()), path(name));
    expect_all_or_one_line("renamed to " + name);
  }
  // The one in progress has its frames under a finalized name: no trailer.
  world_.disk().restore(whole_);
  world_.disk().rename_file(path(newest_segment()), path(finalized_name(TxId{6}, TxId{10})));
  expect_all_or_one_line("finalized by name only");
  EXPECT_GE(refused_, 3);
}

TEST_F(LocalLogDamage, empty_and_header_only_newest_files) {
  make_log(true);
  for (std::uint64_t length : {0u, 512u, 1024u, 4096u}) {
    world_.disk().restore(whole_);
    world_.disk().truncate_to(path(newest_segment()), length);
    expect_all_or_one_line("newest of " + std::to_string(length));
  }
  EXPECT_EQ(refused_, 4);
}

}  // namespace
}  // namespace varve
