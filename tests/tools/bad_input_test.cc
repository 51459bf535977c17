// One file of a whole data directory is damaged, cut, empty, missing, doubled, foreign or of a newer layout: the engine comes up with
// exactly the state that was acknowledged and goes on, or refuses in one line that names the file, with nothing changed on disk.
// Bytes and lengths are sampled here; the walks over each of them, below the engine, are editlog's and fsimage's.
#include <gmock/gmock.h>

#include "editlog/segment_format.h"
#include "editlog/version_file.h"
#include "fsimage/image_format.h"
#include "fsimage/image_names.h"
#include "tests/tools/observatory_world.h"

namespace varve {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using varve::testing::make_long_night;
using varve::testing::ObservatoryWorld;

constexpr Uuid kOtherNamespace{1, 2};

class BadInputTest : public ::testing::Test {
 protected:
  BadInputTest() {
    world_.start();
    world_.record_nights(2);
    world_.checkpoint();
    world_.record_nights(3, make_long_night());
    world_.checkpoint();
    world_.record_nights(6);
    world_.stop();
    expected_ = world_.nights();
    whole_ = disk().snapshot();
    files_ = world_.files();
    EXPECT_EQ(expected_.size(), 11u);
  }

  SimDisk& disk() { return world_.disk(); }
  std::string image(std::size_t index) { return world_.files_named("fsimage_").at(index); }
  std::string final_segment() { return world_.newest("edits_0"); }

  // Of everything but the space prepared ahead, which holds nothing and is made anew by any open that gets as far as reading the log.
  std::map<std::string, std::vector<std::byte>> contents() {
    std::map<std::string, std::vector<std::byte>> all;
    for (const std::string& path : world_.files()) {
      if (!path.ends_with(kPreparedFile)) all[path] = disk().read_all(path);
    }
    return all;
  }

  void expect_one_line(const Error& error, const std::string& what) {
    EXPECT_THAT(error.text(), Not(HasSubstr("\n"))) << what;
    EXPECT_THAT(error.text(), AnyOf(HasSubstr("/data/"), HasSubstr("image of txid"))) << what;
    EXPECT_THAT(error.code(), AnyOf(ErrorCode::kDamaged, ErrorCode::kForeign, ErrorCode::kNewerLayout)) << what << ": " << error.text();
    last_code_ = error.code();
  }

  void expect_all_or_one_line(const std::string& what) {
    const auto damaged = contents();
    const Result<void> opened = world_.try_start();
    if (!opened) {
      expect_one_line(opened.error(), what);
      EXPECT_TRUE(contents() == damaged) << what << ": changed by a start that was refused: " << opened.error().text();
      ++refused_;
      return;
    }
    EXPECT_TRUE(world_.nights() == expected_) << what << ": " << world_.nights().size() << " nights";
    world_.record_nights(1);
    world_.stop();
    ++recovered_;
  }
  // `damage` is done to the whole directory.
  template <typename Damage>
  void expect_all_or_one_line(const std::string& what, Damage damage) {
    disk().restore(whole_);
    damage();
    expect_all_or_one_line(what);
  }
  template <typename Damage>
  void expect_refused(ErrorCode code, const std::string& what, Damage damage) {
    const int before = refused_;
    expect_all_or_one_line(what, damage);
    EXPECT_EQ(refused_, before + 1) << what;
    EXPECT_EQ(last_code_, code) << what;
  }

  // Changes the record at `offset` and makes its digest hold again.
  template <typename Record, typename Change>
  void forge(const std::string& path, std::uint64_t offset, Change change) {
    const std::vector<std::byte> bytes = disk().read_all(path);
    auto record = load_as<Record>(Bytes(bytes).subspan(offset));
    change(record);
    record.self = record.compute_self();
    disk().write_at(path, offset, bytes_of(record));
  }

  ObservatoryWorld world_;
  std::vector<std::string> expected_;
  SimDiskState whole_;
  std::vector<std::string> files_;
  int recovered_ = 0;
  int refused_ = 0;
  ErrorCode last_code_ = ErrorCode::kIo;
};

TEST_F(BadInputTest, flipped_bytes) {
  for (const std::string& path : files_) {
    const std::size_t size = disk().size_of(path);
    for (std::size_t offset = 0; offset < size && !HasFailure(); offset += 1 + size / 200)
      expect_all_or_one_line(path + " flipped at " + std::to_string(offset), [&] { disk().flip_bits(path, offset); });
  }
  EXPECT_GT(recovered_, 200) << "what has a second good copy, and space that holds nothing";
  EXPECT_GT(refused_, 150) << "segments";
}

TEST_F(BadInputTest, cut_files) {
  for (const std::string& path : files_) {
    const std::size_t size = disk().size_of(path);
    for (std::size_t length = 0; length < size && !HasFailure(); length += 1 + size / 50)
      expect_all_or_one_line(path + " cut to " + std::to_string(length), [&] { disk().truncate_to(path, length); });
  }
  EXPECT_GT(recovered_, 100);
  EXPECT_GT(refused_, 50);
}

TEST_F(BadInputTest, missing_files) {
  for (const std::string& path : files_) {
    const int before = refused_;
    expect_all_or_one_line(path + " missing", [&] { disk().remove_file(path); });
    const bool only_copy =
        path.find("/edits_0") != std::string::npos || path.find("/edits_in") != std::string::npos || path.ends_with("/slots");
    EXPECT_EQ(refused_ - before, only_copy ? 1 : 0) << path;
  }
}

TEST_F(BadInputTest, doubled_files) {
  const std::string segment = final_segment();
  const std::string newest = image(1);
  const auto copy = [this](const std::string& from, const std::string& to) { disk().write_all(to, disk().read_all(from)); };
  expect_refused(ErrorCode::kDamaged, "a segment twice", [&] { copy(segment, "/data/journal/" + in_progress_name(TxId{1})); });
  expect_refused(ErrorCode::kDamaged, "a segment under a later name",
                 [&] { copy(segment, "/data/journal/" + finalized_name(TxId{1000}, TxId{1003})); });
  expect_all_or_one_line("an image under another name", [&] { copy(newest, "/data/images/" + image_name(TxId{3})); });
  expect_all_or_one_line("an image under a later name", [&] { copy(newest, "/data/images/" + image_name(TxId{1000})); });
  expect_all_or_one_line("an older image in place of the newest", [&] { copy(image(0), newest); });
  EXPECT_EQ(recovered_, 3);
}

TEST_F(BadInputTest, files_of_another_namespace) {
  const auto change = [](auto& record) { record.namespace_id = kOtherNamespace; };
  expect_refused(ErrorCode::kForeign, "a segment", [&] { forge<SegmentHeader>(final_segment(), 0, change); });
  expect_refused(ErrorCode::kForeign, "VERSION", [&] {
    const std::string text = encode_version({.namespace_id = kOtherNamespace});
    disk().write_all("/data/journal/VERSION", as_bytes(text));
  });
  for (const std::size_t index : {0u, 1u})
    expect_refused(ErrorCode::kForeign, "an image", [&] { forge<ImageHeader>(image(index), 0, change); });
  expect_refused(ErrorCode::kForeign, "images without a journal", [&] {
    for (const std::string& path : files_) {
      if (path.starts_with("/data/journal/")) disk().remove_file(path);
    }
  });
}

TEST_F(BadInputTest, files_of_a_newer_layout) {
  const auto change = [](auto& record) { record.layout = 2; };
  expect_refused(ErrorCode::kNewerLayout, "a finalized segment", [&] { forge<SegmentHeader>(final_segment(), 0, change); });
  expect_refused(ErrorCode::kNewerLayout, "the open segment", [&] { forge<SegmentHeader>(world_.newest("edits_inprogress_"), 0, change); });
  expect_refused(ErrorCode::kNewerLayout, "VERSION", [&] {
    auto version = decode_version(as_text(disk().read_all("/data/journal/VERSION")), "VERSION");
    version->layout = 2;
    disk().write_all("/data/journal/VERSION", as_bytes(encode_version(*version)));
  });
  expect_refused(ErrorCode::kNewerLayout, "the newest image", [&] { forge<ImageHeader>(image(1), 0, change); });
}

TEST_F(BadInputTest, foreign_names_are_left_alone) {
  for (const std::string directory : {"/data/journal/", "/data/images/"}) {
    for (const std::string name : {"edits_1-2", "fsimage_7", "fsimage_0000000000000000007.md5", "notes.txt"}) {
      expect_all_or_one_line(directory + name, [&] { disk().write_all(directory + name, as_bytes("mine")); });
      EXPECT_EQ(as_text(disk().read_all(directory + name)), "mine") << directory << name;
    }
  }
  EXPECT_EQ(refused_, 0);
}

}  // namespace
}  // namespace varve
